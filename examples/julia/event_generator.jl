# Z + jet features from Julia: draws from the flow that the demonstration trained, and trains a small
# flow of its own on what it drew.
#
#   julia event_generator.jl MODEL.safetensors
using Castalia
using Statistics

const NAMES = ("z_mass", "z_pt", "polar", "azimuthal", "boost", "jet_pt", "jet_eta", "jet_mass", "opening")

function main(path)
    flow = load(path)
    x = sample(flow, 20_000; seed = 1)  # (feature, event)
    println("medians of $(size(x, 2)) events:")
    for (name, row) in zip(NAMES, eachrow(x))
        println("  ", rpad(name, 12), round(median(row); digits = 3))
    end

    # The mass of the Z and its transverse momentum alone, by a flow of two features.
    small = CouplingFlow(; features = 2, layers = 4, hidden = 32,
                         preprocessing = ["breit_wigner(91.1876, 2.4952, 0.25, 150); standardise", "log; standardise"])
    fit!(small, x[1:2, :]; steps = 200)
    y = sample(small, 20_000; seed = 2)
    println("median mass by the small flow: ", round(median(y[1, :]); digits = 2), " GeV")
end

main(ARGS[1])

# pp -> Z(mu+ mu-) + jet, drawn from the flow that the demonstration trained: the events of the Fortran
# program for the same seed.
#
#   julia event_generator.jl MODEL.safetensors OUTPUT.h5 [EVENTS [SEED]]
#
# writes the data set `particles`: E px py pz in GeV of the mu+, the mu- and the jet.
using Castalia

include("kinematics.jl")
using .Kinematics

const BATCH = 4096
const TURN_STAGE = 1  # the stream of random numbers that turns and mirrors the event

function generate(flow, n, seed)
    sampler = Sampler(flow, seed)
    features, turn = Matrix{Float64}(undef, 9, BATCH), Matrix{Float64}(undef, 2, BATCH)
    events = Array{Float64}(undef, 4, 3, n)
    made = 0
    while made < n
        uniform!(turn, seed; event = tell(sampler), stage = TURN_STAGE)
        next!(features, sampler)
        for i in 1:BATCH
            isphysical(view(features, :, i)) || continue
            side = turn[2, i] < 0.5 ? -1.0 : 1.0
            event = eventof(view(features, :, i), π * (2turn[1, i] - 1), side)
            isaccepted(event) || continue
            events[:, :, made += 1] = event
            made == n && break
        end
    end
    return events
end

function main(model, output, n = "10000", seed = "1")
    events = generate(load(model), parse(Int, n), parse(Int, seed))
    hdf5write(output, "particles", events; replace = true)
    println("Wrote $n events to $output")
end

main(ARGS...)

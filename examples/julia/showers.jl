# Learns positrons' showers in a calorimeter from Geant4's, and draws new ones of any energy: CaloFlow
# (arXiv:2106.05285).
#
#     julia showers.jl DATA.h5
#
# DATA.h5 is examples/data/eplus_showers.h5: `showers` and `incident_energies`, in MeV.

using Castalia, Printf, Statistics

const CELLS = [12, 16, 4]  # of each layer

"Mean and spread of the energy in the calorimeter over the incident one, the share of its first layer, and how
many cells are not empty."
function printfigures(name, x, energies)
    total = vec(sum(x; dims = 1))
    response = total ./ vec(energies)
    first = vec(sum(view(x, 1:CELLS[1], :); dims = 1)) ./ total
    @printf("%s response %.5f spread %.5f first %.4f active %.2f\n", name, mean(response),
            std(response; corrected = false), mean(first), count(>(0), x) / size(x, 2))
end

geant4, energies = hdf5read(ARGS[1], "showers"), hdf5read(ARGS[1], "incident_energies")
printfigures("geant4", geant4, energies)

model = Caloflow(cells = CELLS, noise = 0.1, threshold = 0.1, layers = 2, hidden = 64, energy_layers = 4)
fit!(model, geant4; context = energies, steps = 600, batch = 128, learning_rate = 0.005,
     schedule = "one_cycle", clip_norm = 20, ema = 0.99, progress = false)
drawn = sample(model, size(geant4, 2); T = Float64, context = energies, seed = 1)
printfigures("teacher", drawn, energies)

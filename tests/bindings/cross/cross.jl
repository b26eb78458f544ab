# One of four programs that do the same in four languages; cross.c says what.
using Castalia

function train(path)
    x = normal!(zeros(2, 1000), 42)
    model = CouplingFlow(features = 2, layers = 2, hidden = 16, hidden_layers = 1, bins = 4, seed = 3)
    fit!(model, x; progress = false, steps = 30, batch = 128, validation = 0.2, seed = 5)
    save(model, path)
end

function draw(path, file)
    model = load(path)
    whole = sample(model, 50; seed = 7, first_event = 100, T = Float64)
    sampler = seek!(Sampler(model, 7), 100)
    drawn = hcat((next!(sampler, 10; T = Float64) for _ in 1:5)...)
    hdf5write(file, "whole", whole; replace = true)
    hdf5write(file, "drawn", drawn)
end

ARGS[1] == "train" ? train(ARGS[2]) : draw(ARGS[2], ARGS[3])

# Finds the parameters at which the mean of a simulator's events is least. The simulator has no derivatives:
# those of a generative model of its events, trained near the present parameters, are followed.
#
#     julia optimise.jl

using Castalia, Printf

const LEAST = [0.5, -0.3]

"A bowl, with noise that is a function of the event's number."
function simulator(parameters, rows, x)
    noise = normal!(Matrix{Float64}(undef, 1, length(rows)), 7; event = first(rows), stage = 1)
    return sum((parameters .- LEAST) .^ 2) .+ 0.1 .* noise
end

model = Gan(features = 1, context_features = 2, latent = 2, generator_hidden = 32, critic_hidden = 32)
search = Surrogate(simulator, [-0.4, 0.5]; model, region = [0.3], points = 8, events = 32, moves = 5,
                   training = (steps = 80, batch = 128, learning_rate = 0.003, validation = 0))
advance!(search, 8)
found = status(search)
@printf("first %.5f second %.5f objective %.5f simulated %d\n", found.best[1], found.best[2], found.objective,
        found.simulated)

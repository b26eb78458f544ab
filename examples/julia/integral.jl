# Integrates three resonances over the unit cube: a flow learns to draw where the integrand is large, from
# the integrand alone, and the mean weight of its draws is the integral.
#
#     julia integral.jl

using Castalia, Printf

const MASS = [0.3, 0.5, 0.8]
const WIDTH = 0.1
const EVENTS = 20000

"The logarithm of the integrand, product of 1 / ((x - mass)^2 + width^2), and its gradient."
function integrand(x)
    square = (x .- MASS) .^ 2 .+ WIDTH^2
    return (vec(-sum(log, square; dims = 1)), -2 .* (x .- MASS) ./ square)
end

flow = CouplingFlow(features = 3, layers = 6, hidden = 32, tails = "none", base = "uniform",
                    preprocessing = fill("interval(0, 1)", 3))
target = Target(integrand, 3; gradient = true)
fit!(flow; target, objective = "reverse_kl", steps = 200, batch = 256, learning_rate = 0.005,
     progress = false)
found = weigh(flow, target, EVENTS; seed = 1)
exact = sum(log.((atan.((1 .- MASS) ./ WIDTH) .+ atan.(MASS ./ WIDTH)) ./ WIDTH))
@printf("log_z %.5f error %.5f exact %.5f effective %.3f acceptance %.3f\n", found.log_z,
        found.log_z_error, exact, found.effective_sample_size / EVENTS, found.acceptance)

# P14 from Julia: one event a call. Answers "run SIDE SECONDS" (bench/peers/serve.py) with the times of
# blocks of calls.
#
# usage: julia call_julia.jl MODEL_FILE
using Castalia

const CALLS_A_BLOCK = 100

# A function, so that the compiler knows the types.
function block!(x, model, event)
    start = time_ns()
    for i in 1:CALLS_A_BLOCK
        Castalia.sample!(x, model; seed = 1, first_event = event + i)
    end
    return 1e-9 * (time_ns() - start)
end

function answer(model, seconds, event)
    x = Matrix{Float32}(undef, 2, 1)
    times = Float64[]
    finish = time() + seconds
    while isempty(times) || time() < finish
        push!(times, block!(x, model, event))
        event += CALLS_A_BLOCK
    end
    println("ok ", join(times, " "))
    flush(stdout)
    return event
end

function serve(model, event = 0)
    for line in eachline(stdin)
        event = answer(model, parse(Float64, split(line)[3]), event)
    end
end

serve(Castalia.load(ARGS[1]))

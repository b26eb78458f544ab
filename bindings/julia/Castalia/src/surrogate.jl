# Optimisation of a simulator without derivatives, by a generative model of it near the present parameters.

# A function of the user's, as the library reaches it.
mutable struct Simulation
    f::Any
end

# The library's memory is there for the time of the call: the function gets copies.
function simulator_trampoline(parameters::Int64, at::Ptr{Float64}, rows::Int64, inputs::Int64,
                              x::Ptr{Float64}, firstrow::Int64, outputs::Int64, y::Ptr{Float64},
                              user::Ptr{Cvoid})::Cint
    try
        simulation = unsafe_pointer_to_objref(user)::Simulation
        given = x == C_NULL ? nothing : copy(unsafe_wrap(Array, x, (inputs, rows)))
        at_now = copy(unsafe_wrap(Array, at, (parameters,)))
        events = simulation.f(at_now, firstrow:(firstrow + rows - 1), given)
        size(events) == (outputs, rows) || throw(DimensionMismatch(
            "the simulator's events have size $(size(events)), not $((outputs, rows))"))
        copyto!(unsafe_wrap(Array, y, (outputs, rows)), events)
        return 0
    catch exception
        THROWN[] = exception
        return 1
    end
end

"""
    Surrogate(simulator, start; model, inputs = nothing, objective = nothing, training = NamedTuple(),
              options...)

Makes small the mean of an objective over a simulator's events (arXiv 2002.04632). `simulator(parameters,
rows, x)` gives the events `y[output, event]` at these parameters: `rows` are their numbers, counted over
the whole search from 0, and `x[input, event]` is what they start from, `nothing` without `inputs[input,
n]`. `model`, of any architecture whose samples can be differentiated, has the outputs as features and as
context the parameters followed by the inputs. `objective` is a `Target` with a gradient whose value is made
small in the mean, by default the sum of an event's columns. What the simulator throws comes out of
`advance!`; what was simulated is kept. `surrogatefields()` lists the options.
"""
mutable struct Surrogate <: Handle
    handle::Ptr{Cvoid}
    simulation::Simulation  # kept alive: the library calls them
    objective::Union{Target,Nothing}
    count::Int
end

function Surrogate(simulator, start::AbstractVector; model::Model, inputs = nothing, objective = nothing,
                   training = NamedTuple(), options...)
    simulation = Simulation(simulator)
    trampoline = @cfunction(simulator_trampoline, Cint,
                            (Int64, Ptr{Float64}, Int64, Int64, Ptr{Float64}, Int64, Int64, Ptr{Float64},
                             Ptr{Cvoid}))
    fields = Config(pairs(training))
    settings = Config(options)
    data = inputs === nothing || inputs isa Dataset ? inputs : Dataset(inputs)
    handle = witharrays(convert(Vector{Float64}, start)) do at
        gethandle() do out
            LibCastalia.castalia_surrogate_create(model, fields, settings, at, pointer_or_null(data),
                                                  pointer_or_null(objective), trampoline,
                                                  pointer_from_objref(simulation), out)
        end
    end
    made = Surrogate(handle, simulation, objective, length(start))
    return owned(made, LibCastalia.castalia_surrogate_destroy)
end

"Takes steps. After an error the next call goes on from there."
function advance!(s::Surrogate, steps::Integer = 1)
    for _ in 1:steps
        GC.@preserve s check(LibCastalia.castalia_surrogate_advance(s, 1))
        yield()
    end
    return s
end

"""
`(step, simulated, parameters, best, objective, error)`: steps and simulated events so far, the present
parameters, and the simulated point with the least mean objective, `NaN` before the first.
"""
function status(s::Surrogate)
    (step, simulated, objective, error) = (Ref(Int64(0)), Ref(Int64(0)), Ref(NaN), Ref(NaN))
    (parameters, best) = (Vector{Float64}(undef, s.count), Vector{Float64}(undef, s.count))
    witharrays(parameters, best) do p, b
        check(LibCastalia.castalia_surrogate_status(s, step, simulated, p, b, objective, error))
    end
    return (; step = step[], simulated = simulated[], parameters, best, objective = objective[],
            error = error[])
end

"`step`, `simulated` (events so far), `parameters`, `best`, `history`, `points`."
describe(s::Surrogate) = parsejson(gettext(out -> LibCastalia.castalia_surrogate_describe(s, out)))

"The options of a `Surrogate`."
surrogatefields() = parsejson(gettext(LibCastalia.castalia_surrogate_fields))

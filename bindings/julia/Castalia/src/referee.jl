# The referee: metrics that tell a good generator from a bad one, and observables of events.

"The metrics: name, family, summary, description, fields, references."
metrics() = parsejson(gettext(LibCastalia.castalia_metrics))

"The sets of observables: name, summary, description, fields, references."
observablesets() = parsejson(gettext(LibCastalia.castalia_observable_sets))

function progress_trampoline(step::Int64, steps::Int64, ::Float64, ::Float64, user::Ptr{Cvoid})::Cint
    try
        return unsafe_pointer_to_objref(user)[](step / steps) === false
    catch exception
        THROWN[] = exception
        return 1
    end
end

# Not inlined: what crosses this call lies on the heap, where the library's pointer to it finds an object.
@noinline withpointer(f, kept::Ref{Any}) = GC.@preserve kept f(pointer_from_objref(kept))

"""
    evaluate(metric, generated, reference; training = nothing, seed = 0, callback = nothing, fields...)

How far generated events are from reference events by a metric (`metrics()` lists them). Samples are arrays
`x[feature, event]`, or a `Dataset` where there are weights or context; `training` is what the generator
learned from, for the metrics that ask for it. Further keywords are fields of the metric.
`callback(share)`, from 0 to 1, runs now and then; when it gives `false` the evaluation stops.

Gives `(value, error, null_value, null_error, report)`: the figure to quote, its standard deviation, and what
two samples of one distribution and of these sizes give (NaN where no law gives it); the report holds all
figures, settings and details.
"""
function evaluate(metric::AbstractString, generated, reference; training = nothing, seed = 0,
                  callback = nothing, settings = nothing, fields...)
    (value, error, null_value, null_error) = (Ref(NaN), Ref(NaN), Ref(NaN), Ref(NaN))
    (a, b) = (dataset(generated), dataset(reference))
    learned = training === nothing ? nothing : dataset(training)
    config = Config(fields)
    step = callback === nothing ? C_NULL :
           @cfunction(progress_trampoline, Cint, (Int64, Int64, Float64, Float64, Ptr{Cvoid}))
    text = withpointer(Ref{Any}(callback)) do user
        gettext() do out
            LibCastalia.castalia_evaluate(pointer_or_null(settings), metric, a, b, pointer_or_null(learned),
                                          config, seed, step, user, value, error, null_value, null_error, out)
        end
    end
    return (value = value[], error = error[], null_value = null_value[], null_error = null_error[],
            report = parsejson(text))
end

dataset(events::Dataset) = events
dataset(events::AbstractMatrix) = Dataset(events)

"""
    observe(dataset, set; fields...)

A set of observables of every event (`observablesets()`), with the events' context and weights.
"""
function observe(d::Dataset, set::AbstractString; settings = nothing, fields...)
    config = Config(fields)
    handle = gethandle() do out
        LibCastalia.castalia_dataset_observe(pointer_or_null(settings), d, set, config, out)
    end
    return owned(Dataset(handle), LibCastalia.castalia_dataset_destroy)
end

"""
    describe(dataset)

Columns (name, units, meaning), and details of the whole sample where it was made by `observe`.
"""
describe(d::Dataset) = parsejson(gettext(out -> LibCastalia.castalia_dataset_describe(d, out)))

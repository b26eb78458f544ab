# Training: step by step, so that Ctrl-C, the collector and other tasks get their turn.

"""
    Trainer(model, dataset = nothing; target = nothing, fields...)

Step-wise training, on events, towards a target, or both; `trainingfields()` lists the fields. While it
lives its model is busy to others.
"""
mutable struct Trainer <: Handle
    handle::Ptr{Cvoid}
    target::Union{Target,Nothing}  # kept alive: the library calls it
end

function Trainer(m::Model, data::Union{Dataset,Nothing} = nothing; target = nothing, fields...)
    config = Config(fields)
    events = pointer_or_null(data)
    handle = gethandle() do out
        target === nothing ? LibCastalia.castalia_trainer_create(m, events, config, out) :
        LibCastalia.castalia_trainer_create_target(m, target, events, config, out)
    end
    return owned(Trainer(handle, target), LibCastalia.castalia_trainer_destroy)
end

"Takes up to `steps` further steps."
function advance!(t::Trainer, steps::Integer)
    GC.@preserve t check(LibCastalia.castalia_trainer_advance(t, steps))
    return t
end

"`(step, steps, loss, validation_loss, finished)`; losses are NaN before the first."
function status(t::Trainer)
    (step, steps, finished) = (Ref(Int64(0)), Ref(Int64(0)), Ref(Int32(0)))
    (loss, validation) = (Ref(NaN), Ref(NaN))
    check(LibCastalia.castalia_trainer_status(t, step, steps, loss, validation, finished))
    return (step = step[], steps = steps[], loss = loss[], validation_loss = validation[],
            finished = finished[] != 0)
end

"Writes the state of training, atomically."
checkpoint(t::Trainer, path::AbstractString) =
    (check(LibCastalia.castalia_trainer_checkpoint(t, path)); nothing)

"""
Lists of step, loss, validation loss and learning rate; with a target of log_z, log_z_error and
effective_fraction of the draws, too.
"""
history(t::Trainer) = parsejson(gettext(out -> LibCastalia.castalia_trainer_history(t, out)))

"Puts the best weights so far into the model and frees it for other use."
finish!(t::Trainer) = (check(LibCastalia.castalia_trainer_finish(t)); t)

"""
    fit!(model, x; context = nothing, weights = nothing, progress = true, callback = nothing, fields...)
    fit!(model, dataset; progress = true, callback = nothing, fields...)
    fit!(model; target, objective, steps, progress = true, callback = nothing, fields...)

Trains on `x[feature, event]`, towards a `Target`, or both: `objective` is `reverse_kl`, `forward_kl`,
`variance` or, with events, `symmetric_kl`. Further keywords are fields of training, such as `steps`.
`callback(status)` runs now and then; when it gives `false` training stops, keeping the best weights. Ctrl-C
and exceptions leave the model as it was.
"""
function fit!(m::Model, data::Union{Dataset,Nothing} = nothing; progress::Bool = isa(stderr, Base.TTY),
              callback = nothing, fields...)
    trainer = Trainer(m, data; fields...)
    meter = Meter(progress)
    pace = Pace()
    try
        state = status(trainer)
        while !state.finished
            advance!(trainer, pace.steps)
            state = status(trainer)
            adjust!(pace)
            show!(meter, state)
            callback === nothing || callback(state) !== false || break
            yield()
        end
        stopped = get(history(trainer), "stopped", "")
        if !isempty(stopped) && !occursin("training.patience", stopped)
            @warn "step $(status(trainer).step): $stopped"
        end
        finish!(trainer)
    finally
        finish!(meter)
        close(trainer)
    end
    return m
end

fit!(m::Model, x::AbstractMatrix; context = nothing, weights = nothing, keywords...) =
    fit!(m, Dataset(x; context = context, weights = weights); keywords...)

# How many steps to take between looks at the outside: about a tenth of a second of them.
mutable struct Pace
    steps::Int
    since::Float64
end
Pace() = Pace(1, time())

function adjust!(p::Pace)
    now = time()
    p.steps = clamp(round(Int, p.steps * 0.1 / max(now - p.since, 1e-4)), 1, 2 * p.steps)
    p.since = now
end

# A line on stderr, drawn again and again.
mutable struct Meter
    shown::Bool
    started::Float64
    drawn::Float64
end
Meter(shown) = Meter(shown, time(), 0.0)

function show!(m::Meter, state)
    m.shown || return
    now = time()
    state.finished || now - m.drawn > 0.1 || return
    m.drawn = now
    done = state.step / max(state.steps, 1)
    bar = repeat('=', round(Int, 30done))
    left = (now - m.started) * (1 - done) / max(done, 1e-9)
    @printf(stderr, "\r[%-30s] %d/%d  loss %.4f  validation %.4f  %.0f s left ", bar, state.step, state.steps,
            state.loss, state.validation_loss, left)
end

finish!(m::Meter) = m.shown && m.drawn > 0 && println(stderr)

# Does what the lines of a file say and prints what came of each; runner.py says more.
using Castalia

const SMALL = (features = 2, layers = 2, hidden = 16, hidden_layers = 1, bins = 4)

struct OwnError <: Exception end

integer(case, key, default) = parse(Int, get(case, key, string(default)))

function matrix(rows, columns, case)
    x = normal!(zeros(columns, rows), 1)
    haskey(case, "constant") && fill!(x, parse(Float64, case["constant"]))
    if haskey(case, "row")
        x[integer(case, "column", 0)+1, integer(case, "row", 0)+1] = parse(Float64, case["value"])
    end
    return x
end

function context(case)
    haskey(case, "context_rows") || return nothing
    values = normal!(zeros(integer(case, "context_columns", 1), integer(case, "context_rows", 1)), 2)
    haskey(case, "value") && (values[1, 3] = parse(Float64, case["value"]))
    return values
end

function dataset(case)
    rows = integer(case, "rows", 200)
    weights = nothing
    if haskey(case, "weight") || haskey(case, "weights")
        weights = fill(parse(Float64, get(case, "weights", "1")), rows)
        haskey(case, "weight") && (weights[4] = parse(Float64, case["weight"]))
    end
    x = matrix(rows, integer(case, "columns", 2), case)
    return Dataset(x; context = context(case), weights = weights)
end

fields(text) = (; (Symbol(name) => value for (name, value) in Castalia.parsejson(text))...)
training(case) = merge((steps = 5, batch = 64), fields(get(case, "training", "{}")))
flow() = load("flow.safetensors")

create(case) = Model(case["architecture"]; fields(case["json"])...)
fit(case) = fit!(CouplingFlow(; SMALL...), dataset(case); progress = false, training(case)...)

function fit_in_use(case)
    model = flow()
    sampler = Sampler(model, 1)
    try
        fit!(model, dataset(case); progress = false, training(case)...)
    finally
        close(sampler)
    end
end

function two_trainers(case)
    (model, data) = (flow(), dataset(case))
    trainer = Trainer(model, data; training(case)...)
    try
        Trainer(model, data; training(case)...)
    finally
        close(trainer)
    end
end

fit_callback(case) =
    fit!(flow(), dataset(case); progress = false, callback = status -> throw(OwnError()), training(case)...)

function fit_target(case)
    mode = get(case, "mode", "")
    target = Target(2) do x
        mode == "fail" && throw(OwnError())
        values = vec(-0.5 .* sum(abs2, x; dims = 1))
        mode == "nan" && (values[4] = NaN)
        mode == "zero" && (values[4] = -Inf)
        return values
    end
    given = merge((; objective = "reverse_kl"), (; training(case)...))
    fit!(CouplingFlow(; SMALL...); target = target, progress = false, given...)
end

function draw(case)
    model = load(get(case, "model", "flow") * ".safetensors")
    sample!(zeros(integer(case, "columns", 2), 4), model;
            seed = 1, first_event = integer(case, "first_event", 0), context = context(case))
end

function event(case)
    writer = EventWriter("event.lhe", "lhe")
    energy = parse(Float64, case["energy"])
    momenta = [50 50 energy 50; 0 0 50 -50; 0 0 0 0; 50 -50 0 0]
    writeevent!(writer, [2, -2, 13, -13], [-1, -1, 1, 1], [0 0 1 1; 0 0 2 2], momenta, zeros(4))
end

options(case) = fields(get(case, "options", "{}"))

"Events beside those of the case."
reference(case) = Dataset(normal!(zeros(integer(case, "reference_columns", 2), 200), 3))

function stale(case)
    (data, model) = (dataset(case), flow())
    close(case["operation"] == "encode" ? model : data)
    case["operation"] == "evaluate" && return evaluate("mmd", data, reference(case))
    case["operation"] == "observe" && return observe(data, "kinematics")
    case["operation"] == "describe" && return describe(data)
    return encode(model, data)
end

function after_destroy(case)
    model = flow()
    sampler = Sampler(model, 1)
    if case["object"] == "model"
        close(model)
        sample(model, 1)
    else
        close(sampler)
        next!(sampler, 1)
    end
end

const OPERATIONS = Dict(
    "create" => create,
    "threads" => case -> Context(sampling = integer(case, "threads", 1)),
    "device" => case -> Context(device = case["device"]),
    "dataset" => dataset,
    "dataset_open" => case -> Dataset(case["path"], case["x"]),
    "fit" => fit,
    "fit_in_use" => fit_in_use,
    "two_trainers" => two_trainers,
    "fit_callback" => fit_callback,
    "fit_target" => fit_target,
    "target" => case -> Target(case["target"]),
    "sample" => draw,
    "sample_untrained" => case -> sample(CouplingFlow(; SMALL...), 1),
    "seek" => case -> seek!(Sampler(flow(), 1), integer(case, "event", 0)),
    "log_prob" => case -> logprob(flow(), matrix(4, integer(case, "columns", 2), case)),
    "uniform" => case -> uniform!(zeros(1, 1), 1; stage = integer(case, "stage", 0)),
    "evaluate" => case -> evaluate(case["metric"], dataset(case), reference(case); options(case)...),
    "observe" => case -> observe(dataset(case), case["set"]; options(case)...),
    "encode" => case -> encode(load(get(case, "model", "flow") * ".safetensors"), dataset(case)),
    "weights" => case -> weights(dataset(case); first = integer(case, "first", 0), n = 4),
    "stale" => stale,
    "load" => case -> load(case["path"]),
    "save" => case -> save(flow(), case["path"]),
    "event_file" => case -> EventWriter(case["path"], case["format"]),
    "event" => event,
    "after_destroy" => after_destroy,
)

function main(path)
    model = flow()
    before = sample(model, 4; seed = 1)
    for line in eachline(path)
        parts = split(line, '\t')
        (name, operation) = parts
        pairs = (split(part, '='; limit = 2) for part in parts[3:end])
        case = Dict(String(key) => String(value) for (key, value) in pairs)
        (status, message) = ("OK", "")
        try
            OPERATIONS[operation](case)
        catch exception
            if exception isa CastaliaError
                (status, message) = (exception.code, exception.message)
            elseif exception isa OwnError
                (status, message) = ("RAISED", "the callback's own")
            else
                rethrow()
            end
        end
        println(name, '\t', status, '\t', message)
    end
    println("alive\t", sample(model, 4; seed = 1) == before ? "OK" : "CHANGED", "\t")
end

main(ARGS[1])

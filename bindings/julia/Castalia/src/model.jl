# Models and samplers.

"""
    Model{:architecture}(; fields...)

A model of the catalogue. `CouplingFlow(; features = 9)` is `Model{:coupling_flow}(; features = 9)`.
"""
mutable struct Model{A} <: Handle
    handle::Ptr{Cvoid}
end

ownedmodel(name, handle) = owned(Model{Symbol(name)}(handle), LibCastalia.castalia_model_destroy)

function Model{A}(; settings = nothing, fields...) where {A}
    config = Config(fields)
    handle = gethandle() do out
        LibCastalia.castalia_model_create(pointer_or_null(settings), String(A), config, out)
    end
    return ownedmodel(A, handle)
end

"""
    Model(architecture; fields...)

By the architecture's name: `Model("coupling_flow"; features = 9)`.
"""
Model(architecture::Union{Symbol,AbstractString}; keywords...) = Model{Symbol(architecture)}(; keywords...)

function modelshape(m::Model)
    (f, c, p) = (Ref(Int64(0)), Ref(Int64(0)), Ref(Int64(0)))
    check(LibCastalia.castalia_model_shape(m, f, c, p))
    return (features = f[], context_features = c[], parameters = p[])
end

Base.show(io::IO, m::Model{A}) where {A} =
    m.handle == C_NULL ? print(io, "Model{:$A}, destroyed") : begin
        shape = modelshape(m)
        print(io, "Model{:$A}, $(shape.features) features, $(shape.context_features) context features, ",
              "$(shape.parameters) parameters")
    end

"Architecture, specification, preprocessing, parameters and training of a model, as a dictionary."
describe(m::Model) = parsejson(gettext(out -> LibCastalia.castalia_model_describe(m, out)))

"What runs to compute this for so many events at a time: steps, bytes, and a table of them."
plan(m::Model; computes = "sample", events = 256) =
    parsejson(gettext(out -> LibCastalia.castalia_model_plan(m, computes, events, out)))

"""
    sample(model, n; seed = 0, first_event = 0, context = nothing, T = Float32)

Events `first_event`, `first_event + 1`, ... of the sample that the seed names, as `x[feature, event]`.
An event is the same in whatever range it is drawn.
"""
sample(m::Model, n::Integer; T::Type = Float32, keywords...) =
    sample!(Matrix{T}(undef, modelshape(m).features, n), m; keywords...)

"As `sample`, into the caller's array."
function sample!(x::AbstractMatrix, m::Model; seed = 0, first_event = 0, context = nothing)
    witharrays(maybe_readable(context), writable(x)) do c, a
        check(LibCastalia.castalia_model_sample(m, seed, first_event, c, a))
    end
    return x
end

# One number for each event of `x[feature, event]`, by a function of the interface.
function onenumber(compute, m::Model, x::AbstractMatrix, context)
    x = readable(x)
    numbers = Vector{eltype(x)}(undef, size(x, 2))
    witharrays(x, maybe_readable(context), numbers) do a, c, n
        check(compute(m, a, c, n))
    end
    return numbers
end

"""
    logprob(model, x; context = nothing)

The natural logarithm of the density at each event of `x[feature, event]`.
"""
logprob(m::Model, x::AbstractMatrix; context = nothing) =
    onenumber(LibCastalia.castalia_model_log_prob, m, x, context)

"""
    score(model, x; context = nothing)

A classifier's response to each event of `x[feature, event]`.
"""
score(m::Model, x::AbstractMatrix; context = nothing) =
    onenumber(LibCastalia.castalia_model_score, m, x, context)

"`(z, logdet)`: data to latent, and log |det dz/dx| of each event."
transform(m::Model, x::AbstractMatrix; context = nothing) =
    mapevents(LibCastalia.castalia_model_transform, m, x, context)

"`(x, logdet)`: latent back to data, and log |det dx/dz| of each event."
inverse(m::Model, z::AbstractMatrix; context = nothing) =
    mapevents(LibCastalia.castalia_model_inverse, m, z, context)

"""
    encode(model, dataset)

The events of a data set in latent space, with their context and weights: features of which `evaluate` takes
any metric.
"""
function encode(m::Model, d::Dataset)
    handle = gethandle(out -> LibCastalia.castalia_model_encode(m, d, out))
    return owned(Dataset(handle), LibCastalia.castalia_dataset_destroy)
end

function mapevents(f, m, from, context)
    from = readable(from)
    to = similar(from, size(from)...)
    determinants = Vector{eltype(from)}(undef, size(from, 2))
    witharrays(from, maybe_readable(context), to, determinants) do a, c, b, d
        check(f(m, a, c, b, d))
    end
    return (to, determinants)
end

"Writes the model as one safetensors file; on any failure an older file of this name is whole."
save(m::Model, path::AbstractString) = (check(LibCastalia.castalia_model_save(m, path)); nothing)

"Writes an ONNX file (FILE.onnx) that computes \"log_prob\" or \"transform\" of x, or \"inverse\" of z."
exportmodel(m::Model, path::AbstractString; computes = "log_prob") =
    (check(LibCastalia.castalia_model_export(m, computes, path)); nothing)

"""
    load(path; verify = true, products = "float32")

A model from its file. With `verify` the golden events that the file carries are computed and compared.

`products`: what the matrix products of a `Float32` model read when it is evaluated: `"float32"`, their
operands as they are; `"bfloat16"`, which a processor with AVX512_BF16 or a CUDA device does faster; `"tf32"`,
on a CUDA device alone; or `"bfloat16_emulated"`. Training is in `Float32`.
"""
function load(path::AbstractString; verify::Bool = true, products = "float32", settings = nothing)
    options = Config((verify = verify, products = products))
    handle = gethandle(out -> LibCastalia.castalia_model_load(pointer_or_null(settings), path, options, out))
    return named(handle)
end

# The type of a model carries its architecture, which the file or its source knows.
function named(handle)
    unnamed = ownedmodel(:unnamed, handle)
    architecture = describe(unnamed)["architecture"]
    check(LibCastalia.castalia_model_retain(unnamed))
    return ownedmodel(architecture, handle)
end

"A copy that computes in `Float32` or `Float64`."
convertmodel(m::Model, T::Type{<:Union{Float32,Float64}}) =
    named(gethandle(out -> LibCastalia.castalia_model_convert(m, dtypecode(T), out)))

"All parameters as one vector, in the order of `describe`."
function parameters(m::Model)
    values = Vector{Float64}(undef, modelshape(m).parameters)
    witharrays(values) do v
        check(LibCastalia.castalia_model_get_parameters(m, v))
    end
    return values
end

function parameters!(m::Model, values::AbstractVector)
    witharrays(readable(values)) do v
        check(LibCastalia.castalia_model_set_parameters(m, v))
    end
    return m
end

"""
    Sampler(model, seed = 0)

Draws the events of a seed in order: `next!`, `seek!`, `tell`. While it lives its model cannot be trained;
`close` ends it.
"""
mutable struct Sampler <: Handle
    handle::Ptr{Cvoid}
    features::Int64
end

function Sampler(m::Model, seed = 0)
    handle = gethandle(out -> LibCastalia.castalia_sampler_create(m, seed, out))
    return owned(Sampler(handle, modelshape(m).features), LibCastalia.castalia_sampler_destroy)
end

"The next n events as `x[feature, event]`, or those that fill an array."
next!(s::Sampler, n::Integer; T::Type = Float32, context = nothing) =
    next!(Matrix{T}(undef, s.features, n), s; context = context)
function next!(x::AbstractMatrix, s::Sampler; context = nothing)
    witharrays(maybe_readable(context), writable(x)) do c, a
        check(LibCastalia.castalia_sampler_next(s, c, a))
    end
    return x
end

"The next event drawn is number `event`, counted from 0."
seek!(s::Sampler, event::Integer) = (check(LibCastalia.castalia_sampler_seek(s, event)); s)

"The number of the next event."
function tell(s::Sampler)
    event = Ref(Int64(0))
    check(LibCastalia.castalia_sampler_tell(s, event))
    return event[]
end

"Destroys an object now rather than when it is collected; using it after is an error."
Base.close(object::Handle) = finalize(object)

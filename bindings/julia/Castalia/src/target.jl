# Targets: densities of any norm that a model is trained to follow without events of them, or that its events
# are weighed by.

# A function of the user's, as the library reaches it.
mutable struct Density
    f::Any
    gradient::Bool
end

# The library's memory is there for the time of the call: the function gets copies.
function density_trampoline(rows::Int64, features::Int64, x::Ptr{Float64}, contextfeatures::Int64,
                            condition::Ptr{Float64}, logdensity::Ptr{Float64}, gradient::Ptr{Float64},
                            user::Ptr{Cvoid})::Cint
    try
        density = unsafe_pointer_to_objref(user)::Density
        points = copy(unsafe_wrap(Array, x, (features, rows)))
        answer = condition == C_NULL ? density.f(points) :
                 density.f(points, copy(unsafe_wrap(Array, condition, (contextfeatures, rows))))
        (values, slopes) = density.gradient ? answer : (answer, nothing)
        put!(unsafe_wrap(Array, logdensity, (rows,)), values, "the log-density")
        gradient == C_NULL || put!(unsafe_wrap(Array, gradient, (features, rows)), slopes, "the gradient")
        return 0
    catch exception
        THROWN[] = exception
        return 1
    end
end

function put!(to::Array{Float64}, values, what)
    size(values) == size(to) ||
        throw(DimensionMismatch("$what of the target has size $(size(values)), not $(size(to))"))
    copyto!(to, values)
end

"""
    Target(name; fields...)
    Target(f, features; gradient = false)

A target that is built in (`targets()` lists them), or a function: `f(x)`, or `f(x, context)` where there is a
context, gives the natural logarithms of the density at the points `x[feature, point]`, `-Inf` where it is
zero; with `gradient` a pair of them and their derivatives, of the shape of `x`. What it throws comes out of
the call that asked for it.
"""
mutable struct Target <: Handle
    handle::Ptr{Cvoid}
    density::Union{Density,Nothing}  # kept alive: the library calls it
end

function Target(name::Union{AbstractString,Symbol}; fields...)
    config = Config(fields)
    handle = gethandle(out -> LibCastalia.castalia_target_create(C_NULL, String(name), config, out))
    return owned(Target(handle, nothing), LibCastalia.castalia_target_destroy)
end

function Target(f, features::Integer; gradient::Bool = false)
    density = Density(f, gradient)
    trampoline = @cfunction(density_trampoline, Cint,
                            (Int64, Int64, Ptr{Float64}, Int64, Ptr{Float64}, Ptr{Float64}, Ptr{Float64},
                             Ptr{Cvoid}))
    handle = gethandle() do out
        LibCastalia.castalia_target_create_callback(C_NULL, features, gradient, trampoline,
                                                    pointer_from_objref(density), out)
    end
    return owned(Target(handle, density), LibCastalia.castalia_target_destroy)
end

"Name, features, whether there is a gradient, and the integral's logarithm where it is known."
describe(t::Target) = parsejson(gettext(out -> LibCastalia.castalia_target_describe(t, out)))

"The targets that are built in: name, summary, references, fields."
targets() = parsejson(gettext(LibCastalia.castalia_targets))

"""
    logdensity(target, x; context = nothing, gradient = false)

The natural logarithm of the density at each point of `x[feature, point]`; with `gradient` a pair of it
and its derivatives.
"""
function logdensity(t::Target, x::AbstractMatrix; context = nothing, gradient::Bool = false)
    densities = Vector{Float64}(undef, size(x, 2))
    slopes = gradient ? Matrix{Float64}(undef, size(x)...) : nothing
    witharrays(readable(x), maybe_readable(context), densities, slopes) do a, c, l, g
        GC.@preserve t check(LibCastalia.castalia_target_log_density(t, a, c, l, g))
    end
    return gradient ? (densities, slopes) : densities
end

"""
    weigh(model, target, n; seed = 0, first_event = 0, context = nothing)

Events as `sample` gives them, in `Float64`, with their weights towards a target:
`(x, log_weights, log_z, log_z_error, effective_sample_size, acceptance)`. `log_z` estimates the logarithm of
the target's integral; `acceptance` is mean weight / largest weight, what unweighting keeps.
"""
function weigh(m::Model, t::Target, n::Integer; seed = 0, first_event = 0, context = nothing)
    x = Matrix{Float64}(undef, modelshape(m).features, n)
    log_weights = Vector{Float64}(undef, n)
    figures = (Ref(NaN), Ref(NaN), Ref(NaN), Ref(NaN))
    witharrays(maybe_readable(context), x, log_weights) do c, a, w
        GC.@preserve t check(LibCastalia.castalia_model_weigh(m, t, seed, first_event, c, a, w, figures...))
    end
    (log_z, log_z_error, effective_sample_size, acceptance) = getindex.(figures)
    return (; x, log_weights, log_z, log_z_error, effective_sample_size, acceptance)
end

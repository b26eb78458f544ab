# Configurations and contexts.

mutable struct Config <: Handle
    handle::Ptr{Cvoid}
    Config(handle::Ptr{Cvoid}) = new(handle)
end

setfield_c!(c::Config, name, value::Bool) = LibCastalia.castalia_config_set_boolean(c, name, value)
setfield_c!(c::Config, name, value::Integer) = LibCastalia.castalia_config_set_integer(c, name, value)
setfield_c!(c::Config, name, value::Real) = LibCastalia.castalia_config_set_real(c, name, value)
setfield_c!(c::Config, name, value::AbstractString) = LibCastalia.castalia_config_set_text(c, name, value)
setfield_c!(c::Config, name, value::Symbol) = setfield_c!(c, name, String(value))
# Lists and nested values.
setfield_c!(c::Config, name, value) =
    LibCastalia.castalia_config_set_json(c, writejson(Dict(String(name) => value)))

"A configuration from keyword arguments."
function Config(fields)
    config = owned(Config(gethandle(LibCastalia.castalia_config_create)), LibCastalia.castalia_config_destroy)
    for (name, value) in pairs(fields)
        check(setfield_c!(config, String(name), value))
    end
    return config
end

const LOGS = Any[]

function log_trampoline(level::Int32, message::Cstring, user::Ptr{Cvoid})::Cint
    try
        unsafe_pointer_to_objref(user)[](level, unsafe_string(message))
        return 0
    catch exception
        THROWN[] = exception
        return 1
    end
end

"""
    Context(; sampling = 1, training = 0, device = "cpu", log = nothing)

Settings that calls share: threads for sampling and training (0: all cores), the device, and a function
`log(level, message)` that gets messages (level 0 debug, 1 information, 2 warning).
"""
mutable struct Context <: Handle
    handle::Ptr{Cvoid}
    log::Any  # kept alive: the library calls it
end

function Context(; sampling = 1, training = 0, device = "cpu", log = nothing)
    kept = log === nothing ? nothing : Ref{Any}(log)
    context = Context(gethandle(LibCastalia.castalia_context_create), kept)
    owned(context, LibCastalia.castalia_context_destroy)
    check(LibCastalia.castalia_context_set_threads(context, sampling, training))
    check(LibCastalia.castalia_context_set_device(context, device))
    if log !== nothing
        # Objects made with a context may outlive it and still log: such a function stays for good.
        push!(LOGS, context.log)
        trampoline = @cfunction(log_trampoline, Cint, (Int32, Cstring, Ptr{Cvoid}))
        user = Base.unsafe_convert(Ptr{Cvoid}, pointer_from_objref(context.log))
        check(LibCastalia.castalia_context_set_log(context, trampoline, user))
    end
    return context
end

pointer_or_null(::Nothing) = C_NULL
pointer_or_null(object::Handle) = object

"Version, instruction set, cores, devices and libraries, as a dictionary."
info() = parsejson(gettext(out -> LibCastalia.castalia_info(C_NULL, out)))

"The architectures of the catalogue: name, family, summary, fields, capabilities, references."
models() = parsejson(gettext(LibCastalia.castalia_catalogue))
"What adversarial models are trained with: losses, regularisers, conditioning; name, kind, summary, ..."
adversarial() = parsejson(gettext(LibCastalia.castalia_adversarial))

"The bijections that composed flows are made of: name, summary, references, fields, tails, ..."
bijections() = parsejson(gettext(LibCastalia.castalia_bijections))

"The transformers that flows are made of: name, summary, references, fields, tails."
transformers() = parsejson(gettext(LibCastalia.castalia_transformers))

"The fields of training: name, type, default, range or choices, meaning."
trainingfields() = parsejson(gettext(LibCastalia.castalia_training_fields))

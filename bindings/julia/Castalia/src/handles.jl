# Errors, text and the life of objects.

"""
    CastaliaError(code, message)

A call that failed. `code` is a symbol such as `:NOT_FOUND`; the message names the cause and the field,
row, column or file.
"""
struct CastaliaError <: Exception
    code::Symbol
    message::String
end

Base.showerror(io::IO, e::CastaliaError) = print(io, "CastaliaError(", e.code, "): ", e.message)

# What a callback threw, kept until the call that ran it has come back.
const THROWN = Ref{Any}(nothing)

check(code::Integer) = code == CASTALIA_OK ? nothing : fail(Cint(code))

@noinline function fail(code::Cint)
    exception = THROWN[]
    THROWN[] = nothing
    throw(exception === nothing ? failure(code) : exception)
end

@noinline function failure(code::Cint)
    name = unsafe_string(LibCastalia.castalia_status_name(code))
    return CastaliaError(Symbol(name), unsafe_string(LibCastalia.castalia_last_error()))
end

"Calls f(pointer to text) and gives the text."
function gettext(f)
    out = Ref{Cstring}(C_NULL)
    check(f(out))
    return unsafe_string(out[])
end

"Calls f(pointer to handle) and gives the handle."
function gethandle(f)
    out = Ref{Ptr{Cvoid}}(C_NULL)
    check(f(out))
    return out[]
end

abstract type Handle end

# An object is destroyed with the variable that held it; the collector may do so on any thread.
function owned(object::Handle, destroy)
    finalizer(o -> (destroy(o.handle); o.handle = C_NULL), object)
    return object
end

Base.cconvert(::Type{Ptr{Cvoid}}, object::Handle) = object
function Base.unsafe_convert(::Type{Ptr{Cvoid}}, object::Handle)
    object.handle == C_NULL &&
        throw(CastaliaError(:INVALID_HANDLE, "this $(nameof(typeof(object))) was closed"))
    return object.handle
end

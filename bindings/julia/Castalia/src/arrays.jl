# Arrays of Julia as the library sees them: where they lie, axes in the opposite order, so that
# x[feature, event] is (events, features) there.

dtypecode(::Type{Float32}) = CASTALIA_FLOAT32
dtypecode(::Type{Float64}) = CASTALIA_FLOAT64
dtypecode(::Type{Int32}) = CASTALIA_INT32
dtypecode(::Type{Int64}) = CASTALIA_INT64

const Element = Union{Float32,Float64,Int32,Int64}

# What has an address and strides.
const Laid{T,N} = Union{StridedArray{T,N},PermutedDimsArray{T,N,P,Q,<:StridedArray{T,N}} where {P,Q}}

padded(values) = ntuple(i -> i <= length(values) ? Int64(values[i]) : Int64(0), LibCastalia.MAX_RANK)

function carray(x::Laid{T,N}) where {T<:Element,N}
    N <= LibCastalia.MAX_RANK || throw(ArgumentError("an array of $N axes; at most 8 are taken"))
    return CArray(
        Ptr{Cvoid}(pointer(x)),
        dtypecode(T),
        N,
        padded(reverse(size(x))),
        padded(reverse(strides(x))),
        LibCastalia.CASTALIA_CPU,
        0,
        C_NULL,
        (0, 0, 0, 0),
    )
end

# What the library reads: Float32 and Float64 as they lie; other real numbers become Float64; arrays
# without strides are collected.
readable(x::Laid{<:Union{Float32,Float64}}) = x
readable(x::AbstractArray{<:Union{Float32,Float64}}) = collect(x)
readable(x::AbstractArray{<:Real}) = convert(Array{Float64}, x)
readable(x::AbstractArray) = throw(ArgumentError("elements of type $(eltype(x)) are not real numbers"))

# What it writes to must be the caller's own memory.
writable(x::Laid{<:Union{Float32,Float64}}) = x
writable(x::AbstractArray) =
    throw(ArgumentError("results need a strided array of Float32 or Float64, not $(typeof(x))"))

"""
Calls f with pointers to descriptions of the arrays; `nothing` becomes NULL. The arrays stay where they
are until f is done.
"""
function witharrays(f, arrays...)
    described = map(a -> a === nothing ? nothing : Ref(carray(a)), arrays)
    GC.@preserve arrays described begin
        f(map(d -> d === nothing ? Ptr{CArray}(C_NULL) : Base.unsafe_convert(Ptr{CArray}, d), described)...)
    end
end

maybe_readable(::Nothing) = nothing
maybe_readable(x) = readable(x)

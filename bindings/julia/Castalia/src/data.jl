# Data sets, HDF5 files, random numbers.

"""
    Dataset(x; context = nothing, weights = nothing)
    Dataset(path, x; context = nothing, weights = nothing)

Events to train on: from arrays `x[feature, event]`, `context[feature, event]`, `weights[event]`, which
are copied, or from data sets of an HDF5 file by their names.
"""
mutable struct Dataset <: Handle
    handle::Ptr{Cvoid}
end

function Dataset(x::AbstractMatrix; context = nothing, weights = nothing, settings = nothing)
    handle = witharrays(readable(x), maybe_readable(context), maybe_readable(weights)) do a, c, w
        gethandle(out -> LibCastalia.castalia_dataset_create(pointer_or_null(settings), a, c, w, out))
    end
    return owned(Dataset(handle), LibCastalia.castalia_dataset_destroy)
end

function Dataset(path::AbstractString, x::AbstractString;
                 context = nothing, weights = nothing, settings = nothing)
    text(name) = name === nothing ? C_NULL : name
    handle = gethandle() do out
        open_dataset(pointer_or_null(settings), path, x, text(context), text(weights), out)
    end
    return owned(Dataset(handle), LibCastalia.castalia_dataset_destroy)
end

# Cstring takes no C_NULL for a String argument's place before Julia 1.6, hence the conversion.
asc(name::AbstractString) = name
asc(::Ptr) = Cstring(C_NULL)
open_dataset(settings, path, x, c, w, out) =
    LibCastalia.castalia_dataset_open(settings, path, x, asc(c), asc(w), out)

"(events, features, context features) of a data set."
function Base.size(d::Dataset)
    (n, f, c) = (Ref(Int64(0)), Ref(Int64(0)), Ref(Int64(0)))
    check(LibCastalia.castalia_dataset_shape(d, n, f, c))
    return (events = n[], features = f[], context_features = c[])
end

"""
    weights(dataset; first = 0, n = all)

The weights of the events `first`, `first + 1`, ... (from 0); 1 for each where there are none.
"""
function weights(d::Dataset; first = 0, n = size(d).events - first)
    values = Vector{Float64}(undef, n)
    witharrays(values) do a
        check(LibCastalia.castalia_dataset_weights(d, first, a))
    end
    return values
end

"The extents of a data set of an HDF5 file, in Julia's order."
function hdf5shape(path::AbstractString, dataset::AbstractString)
    rank = Ref(Int32(0))
    extents = zeros(Int64, LibCastalia.MAX_RANK)
    check(LibCastalia.castalia_hdf5_shape(path, dataset, rank, extents))
    return Tuple(reverse(extents[1:rank[]]))
end

"""
    hdf5read(path, dataset, T = Float64; first = 0, rows = all)

Rows of a data set as an array whose last axis counts them.
"""
function hdf5read(path::AbstractString, dataset::AbstractString, T::Type = Float64; first = 0, rows = nothing)
    extents = hdf5shape(path, dataset)
    rows = rows === nothing ? extents[end] - first : rows
    x = Array{T}(undef, extents[1:end-1]..., rows)
    witharrays(x) do a
        check(LibCastalia.castalia_hdf5_read(path, dataset, first, a))
    end
    return x
end

"Appends rows to a data set; file and data set are made where they are missing."
function hdf5write(path::AbstractString, dataset::AbstractString, x::AbstractArray; replace = false)
    witharrays(x isa Laid{<:Element} ? x : readable(x)) do a
        check(LibCastalia.castalia_hdf5_write(path, dataset, a, replace))
    end
    return nothing
end

"""
    uniform!(x, seed; event = 0, stage = 0)
    normal!(x, seed; event = 0, stage = 0)

Numbers in (0, 1), or of mean 0 and variance 1, into `x[j, i]`: each a function of the seed, the event
`event + i - 1`, the stage (0 to 999) and j alone.
"""
uniform!(x::AbstractMatrix, seed; event = 0, stage = 0) =
    fillrandom!(LibCastalia.castalia_uniform, x, seed, event, stage)
"See `uniform!`."
normal!(x::AbstractMatrix, seed; event = 0, stage = 0) =
    fillrandom!(LibCastalia.castalia_normal, x, seed, event, stage)

function fillrandom!(f, x, seed, event, stage)
    witharrays(writable(x)) do a
        check(f(seed, event, stage, a))
    end
    return x
end

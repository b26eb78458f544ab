# Event files.

"""
    EventWriter(path, format; fields...)

Writes events in `"lhe"` (Les Houches 3.0) or `"hepmc3"` (ASCII); fields: energy, beam, cross_section,
cross_section_error, process, generator. The file appears when the writer is closed.
"""
mutable struct EventWriter <: Handle
    handle::Ptr{Cvoid}
end

function EventWriter(path::AbstractString, format::AbstractString; settings = nothing, fields...)
    config = Config(fields)
    handle = gethandle() do out
        LibCastalia.castalia_event_writer_create(pointer_or_null(settings), path, format, config, out)
    end
    return owned(EventWriter(handle), LibCastalia.castalia_event_writer_destroy)
end

"""
    writeevent!(writer, ids, status, mothers, momenta, masses; weight = 1.0)

One event of n particles: PDG `ids[n]`; `status[n]` -1 incoming, 2 intermediate, 1 final; `mothers[2, n]`,
counted from 1, 0 for none; `momenta[4, n]` = (E, px, py, pz) and `masses[n]` in GeV.
"""
function writeevent!(w::EventWriter, ids, status, mothers, momenta, masses; weight = 1.0)
    n = length(ids)
    for (name, found, wanted) in (("status", size(status), (n,)), ("mothers", size(mothers), (2, n)),
                                  ("momenta", size(momenta), (4, n)), ("masses", size(masses), (n,)))
        found == wanted || throw(DimensionMismatch("$name has size $found; $n particles need $wanted"))
    end
    check(LibCastalia.castalia_event_writer_write(w, n, Array{Int32}(ids), Array{Int32}(status),
                                                  Array{Int32}(mothers), Array{Float64}(momenta),
                                                  Array{Float64}(masses), weight))
    return w
end

"Completes the file. A writer that is only collected leaves no file."
function Base.close(w::EventWriter)
    check(LibCastalia.castalia_event_writer_close(w))
    finalize(w)
    return nothing
end

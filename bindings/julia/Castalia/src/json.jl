# JSON, as much as the library speaks: objects, lists, text, numbers, true, false, null. Objects become
# Dict{String,Any}, lists Vector{Any}, integers Int64, other numbers Float64, null nothing.

mutable struct JSONReader
    text::String
    at::Int
end

jsonfault(r, what) = throw(ArgumentError("JSON at byte $(r.at): $what"))

function skipblanks!(r)
    while r.at <= ncodeunits(r.text) && codeunit(r.text, r.at) in (0x20, 0x09, 0x0a, 0x0d)
        r.at += 1
    end
end

current(r) = r.at <= ncodeunits(r.text) ? Char(codeunit(r.text, r.at)) : '\0'

function expect!(r, c)
    current(r) == c || jsonfault(r, "expected '$c'")
    r.at += 1
end

"The value that JSON text stands for."
function parsejson(text::AbstractString)
    r = JSONReader(String(text), 1)
    value = readvalue!(r)
    skipblanks!(r)
    r.at > ncodeunits(r.text) || jsonfault(r, "text behind the value")
    return value
end

function readvalue!(r)
    skipblanks!(r)
    c = current(r)
    c == '{' && return readobject!(r)
    c == '[' && return readlist!(r)
    c == '"' && return readtext!(r)
    for (word, value) in (("true", true), ("false", false), ("null", nothing))
        if startswith(SubString(r.text, r.at), word)
            r.at += ncodeunits(word)
            return value
        end
    end
    return readnumber!(r)
end

function readobject!(r)
    expect!(r, '{')
    found = Dict{String,Any}()
    skipblanks!(r)
    if current(r) == '}'
        r.at += 1
        return found
    end
    while true
        skipblanks!(r)
        key = readtext!(r)
        skipblanks!(r)
        expect!(r, ':')
        found[key] = readvalue!(r)
        skipblanks!(r)
        current(r) == ',' || break
        r.at += 1
    end
    expect!(r, '}')
    return found
end

function readlist!(r)
    expect!(r, '[')
    found = Any[]
    skipblanks!(r)
    if current(r) == ']'
        r.at += 1
        return found
    end
    while true
        push!(found, readvalue!(r))
        skipblanks!(r)
        current(r) == ',' || break
        r.at += 1
    end
    expect!(r, ']')
    return found
end

function readunit!(r)
    stop = r.at + 3
    stop <= ncodeunits(r.text) || jsonfault(r, "a cut escape")
    unit = tryparse(UInt16, SubString(r.text, r.at, stop); base = 16)
    unit === nothing && jsonfault(r, "a wrong escape")
    r.at += 4
    return unit
end

function readtext!(r)
    expect!(r, '"')
    out = IOBuffer()
    while true
        r.at <= ncodeunits(r.text) || jsonfault(r, "text without an end")
        byte = codeunit(r.text, r.at)
        r.at += 1
        byte == UInt8('"') && break
        if byte != UInt8('\\')
            write(out, byte)
            continue
        end
        c = current(r)
        r.at += 1
        if c == 'u'
            code = UInt32(readunit!(r))
            if 0xd800 <= code <= 0xdbff && current(r) == '\\'
                r.at += 2
                code = 0x10000 + ((code - 0xd800) << 10) + (UInt32(readunit!(r)) - 0xdc00)
            end
            print(out, Char(code))
        else
            plain = get(Dict('n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f'), c, c)
            print(out, plain)
        end
    end
    return String(take!(out))
end

function readnumber!(r)
    stop = r.at
    while stop <= ncodeunits(r.text) && Char(codeunit(r.text, stop)) in "+-.0123456789eE"
        stop += 1
    end
    word = SubString(r.text, r.at, stop - 1)
    number = something(tryparse(Int64, word), tryparse(Float64, word), Some(nothing))
    number === nothing && jsonfault(r, "not a value")
    r.at = stop
    return number
end

"JSON text of a value. NaN and infinities have no form in JSON and are refused."
writejson(value) = sprint(writejson, value)

writejson(io::IO, ::Nothing) = print(io, "null")
writejson(io::IO, value::Bool) = print(io, value)
writejson(io::IO, value::Integer) = print(io, value)
function writejson(io::IO, value::Real)
    isfinite(value) || throw(ArgumentError("$value has no form in JSON"))
    print(io, repr(Float64(value)))
end
writejson(io::IO, value::Symbol) = writejson(io, String(value))
function writejson(io::IO, value::AbstractString)
    print(io, '"')
    for c in value
        if c == '"' || c == '\\'
            print(io, '\\', c)
        elseif c < ' '
            print(io, "\\u", string(UInt16(c); base = 16, pad = 4))
        else
            print(io, c)
        end
    end
    print(io, '"')
end
function writejson(io::IO, values::Union{AbstractVector,Tuple})
    print(io, '[')
    for (i, value) in enumerate(values)
        i > 1 && print(io, ", ")
        writejson(io, value)
    end
    print(io, ']')
end
function writejson(io::IO, values::Union{AbstractDict,NamedTuple,Base.Iterators.Pairs})
    print(io, '{')
    for (i, (name, value)) in enumerate(pairs(values))
        i > 1 && print(io, ", ")
        writejson(io, String(name))
        print(io, ": ")
        writejson(io, value)
    end
    print(io, '}')
end

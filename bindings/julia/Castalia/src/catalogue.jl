# One constructor an architecture, made from the catalogue of the library that is found while this package
# is compiled; a changed library compiles it again. `Model("name")` reaches whatever another library has.

load_library!()
include_dependency(LIBRARY_PATH[])

function rangetext(field)
    (least, greatest) = (get(field, "minimum", nothing), get(field, "maximum", nothing))
    least === greatest === nothing && return ""
    greatest === nothing && return ", at least $least"
    least === nothing && return ", at most $greatest"
    return ", $least to $greatest"
end

function fieldlines(fields)
    lines = map(fields) do field
        default = haskey(field, "default") ? " = $(writejson(field["default"]))" : ""
        range = rangetext(field)
        choices = haskey(field, "choices") ? "; one of $(writejson(field["choices"]))" : ""
        "- `$(field["name"])$default` ($(field["type"])$range$choices): $(get(field, "meaning", ""))"
    end
    return join(lines, "\n")
end

typename(name) = Symbol(join(uppercasefirst.(split(name, '_'))))

function define(entry)
    constructor = typename(entry["name"])
    references = join(("arXiv:" * r for r in get(entry, "references", [])), ", ")
    text = """
        $constructor(; fields...)

    $(entry["summary"]). $(get(entry, "description", ""))

    $(fieldlines(entry["fields"]))

    $references
    """
    @eval begin
        @doc $text const $constructor = Model{$(QuoteNode(Symbol(entry["name"])))}
        export $constructor
    end
end

foreach(define, models())

# Where the shared library is: the variable CASTALIA_LIBRARY, else beside the package as tools/install
# lays it out, else the build tree, else the system's search path.

const LIBRARY = "libcastalia.so.$(LibCastalia.ABI_VERSION)"

function library_candidates()
    package = dirname(@__DIR__)
    found = String[]
    haskey(ENV, "CASTALIA_LIBRARY") && return [ENV["CASTALIA_LIBRARY"]]
    push!(found, joinpath(package, "lib", LIBRARY))
    # PREFIX/share/castalia/julia/Castalia -> PREFIX/lib
    push!(found, normpath(joinpath(package, "..", "..", "..", "..", "lib", LIBRARY)))
    # The tree: bindings/julia/Castalia -> bazel-bin/capi
    push!(found, normpath(joinpath(package, "..", "..", "..", "bazel-bin", "capi", LIBRARY)))
    return vcat(filter(isfile, found), [LIBRARY])
end

const LIBRARY_PATH = Ref("")

function load_library!()
    candidates = library_candidates()
    for path in candidates
        # Local symbols: what the library brings along stays out of sight of others.
        handle = dlopen(path, RTLD_NOW | RTLD_LOCAL; throw_error = false)
        handle === nothing && continue
        version = ccall(dlsym(handle, :castalia_abi_version), Int32, ())
        version < LibCastalia.ABI_VERSION &&
            error("$path has ABI version $version; this package needs $(LibCastalia.ABI_VERSION)")
        LibCastalia.bind!(handle)
        LIBRARY_PATH[] = dlpath(handle)
        return
    end
    error("libcastalia was not found; set CASTALIA_LIBRARY to its path. Tried: $(join(candidates, ", "))")
end

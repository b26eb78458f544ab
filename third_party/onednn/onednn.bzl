"""oneDNN 3 from a prefix: include/oneapi/dnnl/dnnl.hpp and lib/libdnnl.so.3 below it."""

_BUILD = """
cc_library(
    name = "onednn",
    hdrs = glob(["include/**"]),
    includes = ["include"],
    visibility = ["//visibility:public"],
)

filegroup(
    name = "shared_library",
    srcs = ["lib/{library}"],
    visibility = ["//visibility:public"],
)
"""

def _onednn_repository_impl(ctx):
    prefix = ctx.os.environ.get("CASTALIA_ONEDNN", "")
    if not prefix:
        prefix = str(ctx.path(Label("//:WORKSPACE")).dirname) + "/.cache/onednn"
    header = ctx.path(prefix + "/include/oneapi/dnnl/dnnl.hpp")
    if not header.exists:
        fail("oneDNN 3 is not in {}: run tools/prepare, or set CASTALIA_ONEDNN to a prefix that has it".format(prefix))
    library = "libdnnl.so.3"
    if not ctx.path(prefix + "/lib/" + library).exists:
        fail("there is no {} in {}/lib".format(library, prefix))
    ctx.symlink(prefix + "/include", "include")
    ctx.symlink(prefix + "/lib/" + library, "lib/" + library)
    ctx.file("BUILD", _BUILD.format(library = library))

onednn_repository = repository_rule(
    implementation = _onednn_repository_impl,
    environ = ["CASTALIA_ONEDNN"],
    local = True,
)

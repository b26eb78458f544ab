"""Compiles CUDA sources with nvcc, where it is installed."""

load("@cuda//:cuda.bzl", "NVCC")
load("@rules_cc//cc:defs.bzl", "cc_library")

# Machine code for Hopper, and code that the driver compiles for everything from Ampere on.
_ARCHITECTURES = ["arch=compute_80,code=[compute_80,sm_90]"]

def _cuda_objects_impl(ctx):
    contexts = [dep[CcInfo].compilation_context for dep in ctx.attr.deps]
    headers = depset(
        ctx.files.textual_hdrs,
        transitive = [context.headers for context in contexts],
    )
    objects = []
    for source in ctx.files.srcs:
        object = ctx.actions.declare_file(source.basename.rsplit(".", 1)[0] + ".cuda.pic.o")
        arguments = ctx.actions.args()
        arguments.add_all(["-x", "cu", "-std=c++20", "-O3", "--expt-relaxed-constexpr"])
        # A product and a sum are joined only where the source says so, as on the host.
        arguments.add("-fmad=false")
        arguments.add("-Xcompiler=-fPIC,-fvisibility=hidden,-ffp-contract=off")
        arguments.add_all(_ARCHITECTURES, format_each = "-gencode=%s")
        for context in contexts:
            arguments.add_all(context.quote_includes, before_each = "-I")
            arguments.add_all(context.includes, before_each = "-I")
            arguments.add_all(context.system_includes, before_each = "-isystem")
        arguments.add("-c", source)
        arguments.add("-o", object)
        ctx.actions.run(
            outputs = [object],
            inputs = depset([source], transitive = [headers]),
            executable = NVCC,
            arguments = [arguments],
            mnemonic = "CudaCompile",
            progress_message = "Compiling %s for CUDA" % source.short_path,
            use_default_shell_env = True,
        )
        objects.append(object)
    return [DefaultInfo(files = depset(objects))]

_cuda_objects = rule(
    implementation = _cuda_objects_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = True),
        "textual_hdrs": attr.label_list(allow_files = True),
        "deps": attr.label_list(providers = [CcInfo]),
    },
)

def castalia_cuda_library(name, srcs, deps, textual_hdrs = [], **kwargs):
    """A library of kernels for a device."""
    if NVCC:
        _cuda_objects(
            name = name + "_objects",
            srcs = srcs,
            textual_hdrs = textual_hdrs,
            deps = deps + ["@cuda"],
        )
    cc_library(
        name = name,
        srcs = [name + "_objects"] if NVCC else [],
        deps = deps + ["@cuda"],
        **kwargs
    )

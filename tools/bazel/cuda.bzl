"""CUDA where it is installed; where it is not, its targets are incompatible and thus skipped."""

_BUILD_PRESENT = """
package(default_visibility = ["//visibility:public"])

cc_library(
    name = "cuda",
    srcs = [
        "lib64/libcublasLt.so",
        "lib64/libcudart_static.a",
        "lib64/libcudnn.so",
        "lib64/libnvrtc.so",
    ],
    hdrs = glob(["include/**"]),
    includes = ["include"],
    linkopts = ["-ldl", "-lpthread", "-lrt"],
)
"""

_BUILD_ABSENT = """
package(default_visibility = ["//visibility:public"])

cc_library(
    name = "cuda",
    target_compatible_with = ["@castalia//tools/bazel:cuda_toolkit"],
)
"""

def _cuda_repository_impl(ctx):
    home = ctx.os.environ.get("CASTALIA_CUDA", "/usr/local/cuda")
    nvcc = ctx.path(home + "/bin/nvcc")
    if nvcc.exists:
        ctx.symlink(home + "/include", "include")
        ctx.symlink(home + "/lib64", "lib64")
        ctx.file("BUILD", _BUILD_PRESENT)
    else:
        # buildifier: disable=print
        print("CUDA is not in {}: its targets are skipped (CASTALIA_CUDA names another place)".format(home))
        ctx.file("BUILD", _BUILD_ABSENT)
    ctx.file("cuda.bzl", "NVCC = %s\n" % repr(str(nvcc) if nvcc.exists else ""))

cuda_repository = repository_rule(
    implementation = _cuda_repository_impl,
    environ = ["CASTALIA_CUDA"],
    local = True,
)

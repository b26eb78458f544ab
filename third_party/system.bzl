"""The system's libraries as repositories, for MODULE.bazel (Bazel 7 and later)."""

load("@bazel_tools//tools/build_defs/repo:local.bzl", "new_local_repository")
load("//third_party/onednn:onednn.bzl", "onednn_repository")
load("//tools/bazel:cuda.bzl", "cuda_repository")

def _system_impl(_ctx):
    cuda_repository(name = "cuda")
    onednn_repository(name = "onednn")
    new_local_repository(
        name = "hdf5",
        build_file = "//third_party:hdf5.BUILD",
        path = "/usr/include/hdf5/serial",
    )

system = module_extension(implementation = _system_impl)

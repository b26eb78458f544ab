"""The rules that BUILD files load: Bazel's own with the project's compiler flags.

Everything of ours is C++20 (or C11), warnings are errors, symbols are hidden unless they say
otherwise, and a product followed by a sum is fused only where the code asks for it.
"""

load(
    "@rules_cc//cc:defs.bzl",
    _cc_binary = "cc_binary",
    _cc_import = "cc_import",
    _cc_library = "cc_library",
    _cc_test = "cc_test",
)

# For third_party/ alone: no flags of ours.
cc_library = _cc_library
cc_import = _cc_import

_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
]

CXX_FLAGS = ["-std=c++20", "-fvisibility=hidden", "-ffp-contract=off"] + _WARNINGS

C_FLAGS = ["-std=c11", "-fvisibility=hidden", "-ffp-contract=off"] + _WARNINGS

def castalia_cc_library(name, copts = [], **kwargs):
    _cc_library(name = name, copts = CXX_FLAGS + copts, **kwargs)

def castalia_cc_binary(name, copts = [], **kwargs):
    _cc_binary(name = name, copts = CXX_FLAGS + copts, **kwargs)

def castalia_cc_test(name, copts = [], deps = [], size = "small", **kwargs):
    """A GoogleTest program; its main function comes along."""
    _cc_test(
        name = name,
        size = size,
        copts = CXX_FLAGS + copts,
        deps = deps + ["//third_party:googletest"],
        **kwargs
    )

def castalia_c_library(name, copts = [], **kwargs):
    _cc_library(name = name, copts = C_FLAGS + copts, **kwargs)

def castalia_c_binary(name, copts = [], **kwargs):
    _cc_binary(name = name, copts = C_FLAGS + copts, **kwargs)

def castalia_c_test(name, copts = [], size = "small", **kwargs):
    """A C program that passes by returning zero."""
    _cc_test(name = name, size = size, copts = C_FLAGS + copts, **kwargs)

def castalia_cc_shared(name, soname, exports, srcs = [], deps = [], copts = [], linkopts = [], **kwargs):
    """A shared library that exports only what a version script lists.

    Args:
      name: the file's name, such as libcastalia.so.1.
      soname: what programs linked against it ask for at run time.
      exports: label of a linker version script.
      srcs: sources, if any.
      deps: libraries that are linked in whole or in part.
      copts: further compiler flags.
      linkopts: further linker flags.
      **kwargs: as for cc_binary.
    """
    _cc_binary(
        name = name,
        srcs = srcs,
        additional_linker_inputs = [exports],
        copts = CXX_FLAGS + copts,
        linkopts = [
            "-Wl,-soname," + soname,
            "-Wl,--version-script=$(location %s)" % exports,
            # Static archives of others (HDF5, HepMC3) stay private, and our own calls bind to us.
            "-Wl,--exclude-libs,ALL",
            "-Wl,-Bsymbolic",
            "-Wl,--no-undefined",
        ] + linkopts,
        linkshared = True,
        deps = deps,
        **kwargs
    )

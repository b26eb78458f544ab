"""Fortran modules and test programs, compiled with gfortran.

A library is one archive of object and module files, `<name>.tar`, its own and those of what it uses,
whatever the modules are called.
"""

_FLAGS = "-std=f2018 -O2 -g1 -Wall -Wextra -Werror -Wno-unused-dummy-argument -Wno-compare-reals -ffp-contract=off"

_SANITIZER = {
    "//tools/bazel:address": " -fsanitize=address",
    "//tools/bazel:undefined": " -fsanitize=undefined -fno-sanitize-recover=all",
    "//tools/bazel:thread": " -fsanitize=thread",
    "//conditions:default": "",
}

_UNPACK = """
set -e; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT
for archive in {archives}; do tar -C "$$work" -xf $$archive; done
sources=; for source in {sources}; do sources="$$sources $$PWD/$$source"; done
"""

def _locations(labels):
    return " ".join(["$(locations %s)" % label for label in labels])

def castalia_fortran_library(name, srcs, deps = [], flags = "", **kwargs):
    """Fortran modules.

    Args:
      name: the archive is name.tar.
      srcs: sources, each after those whose modules it uses.
      deps: other Fortran libraries.
      flags: further compiler flags.
      **kwargs: visibility, testonly.
    """
    archives = [dep + ".tar" for dep in deps]
    native.genrule(
        name = name,
        srcs = srcs + archives,
        outs = [name + ".tar"],
        cmd = _UNPACK.format(archives = _locations(archives), sources = _locations(srcs)) +
              "out=$$PWD/$@; cd $$work; gfortran " + _FLAGS + " " + flags + select(_SANITIZER) +
              " -fPIC -c $$sources; tar -cf $$out *.o *.mod",
        **kwargs
    )

def castalia_fortran_test(
        name,
        srcs,
        deps = [],
        libraries = [],
        flags = "",
        args = [],
        data = [],
        size = "small",
        **kwargs):
    """A Fortran program that passes by ending with status zero.

    Args:
      name: of the test.
      srcs: sources, the program last.
      deps: Fortran libraries.
      libraries: shared libraries to link, such as //capi:libcastalia.so.1.
      flags: further compiler flags.
      args: arguments of the program.
      data: files that it reads when it runs.
      size: as for every test.
      **kwargs: as for sh_test.
    """
    archives = [dep + ".tar" for dep in deps]
    native.genrule(
        name = name + "_program",
        testonly = True,
        srcs = srcs + archives + libraries,
        outs = [name + "_program.exe"],
        cmd = _UNPACK.format(archives = _locations(archives), sources = _locations(srcs)) +
              "libraries=; for f in %s; do libraries=\"$$libraries $$PWD/$$f\"; done; " % _locations(libraries) +
              "out=$$PWD/$@; cd $$work; objects=$$(ls *.o 2>/dev/null || true); gfortran " + _FLAGS + " " + flags +
              select(_SANITIZER) +
              " -fPIC $$sources $$objects $$libraries -o $$out -Wl,--unresolved-symbols=ignore-in-shared-libs",
    )
    native.sh_test(
        name = name,
        size = size,
        srcs = ["//tools/bazel:run_program.sh"],
        args = ["$(location :%s_program)" % name] + args,
        data = [":%s_program" % name] + libraries + data,
        **kwargs
    )

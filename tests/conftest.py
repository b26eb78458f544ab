"""Runs a program in each of the four languages, against the installed library."""

import os
import shlex
import shutil
import subprocess
import sys

import pytest

LANGUAGES = ("c", "fortran", "python", "julia")


def flags(package):
    return shlex.split(
        subprocess.check_output(["pkg-config", "--cflags", "--libs", package], text=True)
    )


def command(language, source, folder):
    """The command that runs source.c, source.f90, source.py or source.jl; compiled ones go to folder."""
    endings = {"c": ".c", "fortran": ".f90", "python": ".py", "julia": ".jl"}
    path = f"{source}{endings[language]}"
    program = str(folder / f"{os.path.basename(source)}_{language}")
    prefix = os.environ.get("CASTALIA_PREFIX", "")
    run_path = f"-Wl,-rpath,{prefix}/lib"
    if language == "c":
        compiler = shlex.split(os.environ.get("CC", "gcc"))
        options = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror"]
        subprocess.check_call(
            [*compiler, *options, path, *flags("castalia"), run_path, "-lm", "-o", program]
        )
        return [program]
    if language == "fortran":
        compiler = shlex.split(os.environ.get("FC", "gfortran"))
        # The floating-point traps of a generator's build; modules of the program stay in its folder.
        # With backtraces, gfortran's handlers take the place of an ignored SIGXFSZ.
        options = [
            "-O1",
            "-Wall",
            "-ffpe-trap=invalid,zero,overflow",
            "-fno-backtrace",
            "-J",
            str(folder),
        ]
        subprocess.check_call(
            [*compiler, *options, path, *flags("castalia-fortran"), run_path, "-o", program]
        )
        return [program]
    if language == "python":
        return [sys.executable, "-B", path]
    julia = os.environ.get("CASTALIA_JULIA") or shutil.which("julia")
    if not julia:
        pytest.skip("there is no Julia here")
    return [julia, "--startup-file=no", path]


def environment():
    found = dict(os.environ)
    prefix = os.environ.get("CASTALIA_PREFIX")
    if prefix:
        found.setdefault("JULIA_LOAD_PATH", f"{prefix}/share/castalia/julia:@stdlib")
    return found


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """programs(language, source) is a function of arguments that runs the program and gives what it did."""
    folder = tmp_path_factory.mktemp("programs")
    known = {}

    def program(language, source):
        key = (language, str(source))
        if key not in known:
            known[key] = command(language, source, folder)

        def run(*arguments, **options):
            return subprocess.run(
                [*known[key], *map(str, arguments)],
                capture_output=True,
                text=True,
                timeout=600,
                env=environment(),
                **options,
            )

        return run

    return program

"""What tools/install lays out, used as its users would: compiled against, moved, loaded beside others.

CASTALIA_PREFIX names the installed tree; tools/test sets it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PREFIX = Path(os.environ.get("CASTALIA_PREFIX", "/nowhere"))

pytestmark = pytest.mark.skipif(
    not (PREFIX / "lib/libcastalia.so").exists(), reason="CASTALIA_PREFIX names no installation"
)


def run(*command, **options):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment(prefix, **more):
    """That of a user who knows the installation through pkg-config only."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig"), **more}


def flags(prefix, package):
    return run("pkg-config", "--cflags", "--libs", package, env=environment(prefix)).split()


def release():
    text = (ROOT / "cpp/base/version.h").read_text()
    return text.split('kVersion[] = "')[1].split('"')[0]


@pytest.fixture(scope="module", params=["in place", "moved"])
def prefix(request, tmp_path_factory):
    """The installed tree, and a copy of it elsewhere."""
    if request.param == "in place":
        return PREFIX
    moved = tmp_path_factory.mktemp("moved") / "tree"
    for folder in (
        "include",
        "share/castalia",
        "lib/castalia",
        "lib/cmake/Castalia",
        "lib/pkgconfig",
    ):
        shutil.copytree(PREFIX / folder, moved / folder, symlinks=True)
    for library in PREFIX.glob("lib/libcastalia*"):
        shutil.copy2(library, moved / "lib", follow_symlinks=False)
    (moved / "bin").mkdir()
    shutil.copy2(PREFIX / "bin/castalia", moved / "bin")
    return moved


def test_a_c_program_by_pkg_config(prefix, tmp_path):
    compiler = os.environ.get("CC", "gcc")
    run(compiler, HERE / "program.c", *flags(prefix, "castalia"), "-o", tmp_path / "program")
    assert run(tmp_path / "program", env=environment(prefix)) == f"{release()} 1\n"


def test_a_fortran_program_by_pkg_config(prefix, tmp_path):
    compiler = os.environ.get("FC", "gfortran")
    run(
        compiler,
        HERE / "program.f90",
        *flags(prefix, "castalia-fortran"),
        "-o",
        tmp_path / "program",
    )
    assert run(tmp_path / "program", env=environment(prefix)) == f"{release()}\n"


def test_a_fortran_program_with_the_module_source(prefix, tmp_path):
    """The way for compilers other than the one that the module files were made with."""
    source = prefix / "share/castalia/fortran/castalia.f90"
    run(
        "gfortran",
        source,
        HERE / "program.f90",
        *flags(prefix, "castalia"),
        "-o",
        "program",
        cwd=tmp_path,
    )
    assert run(tmp_path / "program", env=environment(prefix)) == f"{release()}\n"


def test_a_c_program_by_cmake(prefix, tmp_path):
    run("cmake", "-S", HERE, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", tmp_path)
    assert run(tmp_path / "user", env=environment(prefix)) == f"{release()} 1\n"


def test_the_command_line_runs(prefix):
    assert "coupling_flow" in run(prefix / "bin/castalia", "models", env=environment(prefix))


def exported(library):
    """Names of the symbols that a library defines for others; versions themselves are none."""
    lines = run("nm", "-D", "--defined-only", library).splitlines()
    return {line.split()[2].split("@")[0] for line in lines if line.split()[1] != "A"}


def test_the_library_exports_the_frozen_list_alone():
    frozen = (ROOT / "capi/symbols.txt").read_text().split()
    assert exported(PREFIX / "lib/libcastalia.so") == set(frozen)


def test_what_travels_with_us_is_private():
    assert exported(PREFIX / "lib/libcastalia_io.so") == {"castalia_io_library"}
    for library in (PREFIX / "lib/castalia").iterdir():
        foreign = {name for name in exported(library) if not name.startswith("castalia_")}
        assert foreign <= {"_init", "_fini", "_edata", "_end", "__bss_start"}, library


def test_the_library_for_gpus_is_one_of_its_own():
    names = {
        line.split()[-1] for line in run("nm", "-D", PREFIX / "lib/libcastalia.so").splitlines()
    }
    assert not {name for name in names if re.match(r"(cuda|cublas|cudnn|nvrtc|cu[A-Z])", name)}
    library = PREFIX / "lib/libcastalia_cuda.so"
    if not library.exists():
        pytest.skip("there was no CUDA to build it with")
    assert exported(library) == {"castalia_cuda_backend"}


def test_the_library_needs_nothing_but_the_system_and_its_own():
    lines = run("objdump", "-p", PREFIX / "lib/libcastalia.so").splitlines()
    needed = {line.split()[1] for line in lines if line.strip().startswith("NEEDED")}
    system = (
        "libc.so",
        "libm.so",
        "libstdc++.so",
        "libgcc_s.so",
        "libgomp.so",
        "libpthread.so",
        "libdl.so",
        "ld-linux",
    )
    brought = {name for name in needed if not name.startswith(system)}
    opened_when_needed = {"libcastalia_dnnl.so.3"}
    own = {library.name for library in (PREFIX / "lib/castalia").iterdir()}
    assert brought | opened_when_needed == own
    assert not brought & opened_when_needed
    assert all(name.startswith("libcastalia_") for name in brought)


def test_a_host_with_libraries_of_the_same_names(tmp_path):
    """Another oneDNN and HDF5 come first in the process: ours are used all the same."""
    run("gcc", "-shared", "-fPIC", HERE / "hostile.c", "-o", tmp_path / "hostile.so")
    script = """
import numpy, castalia
x = numpy.random.default_rng(1).normal(size=(256, 2))
flow = castalia.CouplingFlow(features=2, layers=2, hidden=16)
flow.fit(x, steps=2, batch=64)
castalia.hdf5_write("events.h5", "x", flow.sample(8, seed=1))
assert castalia.hdf5_shape("events.h5", "x") == (8, 2)
print("done")
"""
    packages = next(PREFIX.glob("lib/python*/site-packages"))
    hostile = environment(
        PREFIX,
        LD_PRELOAD=str(tmp_path / "hostile.so"),
        PYTHONPATH=str(packages),
        CASTALIA_PREFER="onednn",
        CASTALIA_VERBOSE="dispatch",
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=hostile, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"
    # Training prefers oneDNN here, and it is the installed copy that is found.
    assert "oneDNN cannot be loaded" not in done.stderr

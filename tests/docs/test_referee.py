"""The examples of docs/referee.md run as they stand, in a folder with small files of the names they use."""

import re
import shlex
import subprocess
from pathlib import Path

import castalia
import numpy as np
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "referee.md"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
# What stands round an example that is no program by itself.
FORTRAN = """program example
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use castalia
  implicit none
  type(castalia_dataset) :: generated, reference
  real(real64) :: value, error, null_value, null_error
{}
  print *, value, error, null_value, null_error
end program example
"""
JULIA = """using Castalia
generated = Dataset("g.h5", "showers"; context = "incident_energies")
reference = Dataset("r.h5", "showers"; context = "incident_energies")
{}
println(result.value, " ", result.error, " ", result.null_value, " ", result.null_error)
"""


def blocks(language):
    found = [text for name, text in BLOCKS if name == language]
    assert found, f"the page has no example in {language or 'the shell'}"
    return found


def four_momenta(rng, n):
    """Two massless particles each, with energy first."""
    p = rng.normal(0, 30, (n, 2, 3))
    return np.concatenate([np.linalg.norm(p, axis=2, keepdims=True), p], axis=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    rng = np.random.default_rng(1)
    layers = "".join(f'<Layer id="{i}" r_edges="0,5,10" n_bin_alpha="2" />' for i in range(2))
    (folder / "binning.xml").write_text(f"<Bins><Bin pid='22' name='photon'>{layers}</Bin></Bins>")
    for name in ("g", "r"):
        energies = rng.uniform(10, 15, (400, 1))
        castalia.hdf5_write(folder / f"{name}.h5", "incident_energies", energies)
        showers = energies * rng.dirichlet(np.ones(8), 400)
        castalia.hdf5_write(folder / f"{name}.h5", "showers", showers)
    for name in ("test", "drawn"):
        castalia.hdf5_write(folder / f"{name}.h5", "particles", four_momenta(rng, 400))
    flow = castalia.CouplingFlow(features=8, layers=2, hidden=16, bins=4)
    x = four_momenta(rng, 1000).reshape(1000, 8)
    flow.fit(x, steps=20, batch=256, progress=False).save(folder / "flow.safetensors")
    return folder


def test_the_shell(folder):
    for line in "".join(blocks("")).splitlines():
        done = subprocess.run(
            shlex.split(line), cwd=folder, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        if "--report" in line:
            assert (folder / "out.html").stat().st_size > 10000
            (folder / "out.html").unlink()


def test_python(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    names = {}
    for text in blocks("python"):
        exec(compile(text, str(PAGE), "exec"), names)
    assert "equal samples:" in capsys.readouterr().out
    assert names["result"]["null_error"] > 0


@pytest.mark.parametrize("language", ["fortran", "julia"])
def test_others(folder, programs, tmp_path, language):
    ending, around = {"fortran": (".f90", FORTRAN), "julia": (".jl", JULIA)}[language]
    text = "".join(blocks(language))
    (tmp_path / f"example{ending}").write_text(around.format(text))
    done = programs(language, tmp_path / "example")(cwd=folder)
    assert done.returncode == 0, done.stderr
    assert len([float(word) for word in done.stdout.split()]) == 4

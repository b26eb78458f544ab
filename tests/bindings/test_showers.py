"""The examples with calorimeter showers learn Geant4's, and draw the same ones in all languages."""

from pathlib import Path

import castalia
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples/data/eplus_showers.h5"


def figures(done):
    """What the program printed: {"geant4": {"response": 0.99685, ...}, ...}"""
    assert done.returncode == 0, done.stderr
    found = {}
    for name, *words in map(str.split, done.stdout.splitlines()):
        found[name] = dict(zip(words[::2], map(float, words[1::2]), strict=True))
    return found


def expect_like_geant4(drawn, geant4):
    assert drawn["response"] == pytest.approx(geant4["response"], abs=5e-4)
    assert drawn["spread"] == pytest.approx(geant4["spread"], rel=0.5)
    assert drawn["first"] == pytest.approx(geant4["first"], abs=0.02)
    assert drawn["active"] == pytest.approx(geant4["active"], rel=0.06)


@pytest.fixture(scope="module")
def in_fortran(programs, tmp_path_factory):
    """What the Fortran program says of Geant4, teacher and student, and the folder with its models."""
    folder = tmp_path_factory.mktemp("showers")
    return figures(programs("fortran", ROOT / "examples/fortran/showers")(DATA, cwd=folder)), folder


def test_teacher_and_student_in_fortran(in_fortran):
    found, folder = in_fortran
    for name in ("teacher", "student"):
        expect_like_geant4(found[name], found["geant4"])
    # The same latent variables give nearly the same shower: the student has learned the teacher's map.
    energies = np.full((500, 1), 20e3)
    teacher, same, other = (
        castalia.load(folder / f"{name}.safetensors").sample(context=energies, seed=seed)
        for name, seed in (("teacher", 3), ("student", 3), ("teacher", 4))
    )
    assert abs(same - teacher).sum() < 0.5 * abs(other - teacher).sum()


@pytest.mark.parametrize("language", ["python", "julia"])
def test_other_languages_learn_and_draw_the_same(programs, in_fortran, language):
    """The Fortran program draws one shower at a time, these all at once."""
    found = figures(programs(language, ROOT / "examples" / language / "showers")(DATA))
    assert found == {name: in_fortran[0][name] for name in ("geant4", "teacher")}


def test_fast_simulation_in_fortran(programs, tmp_path):
    """CaloGAN one shower at a time and in batches: the program stops where these differ."""
    run = programs("fortran", ROOT / "examples/fortran/fast_simulation")
    found = figures(run(DATA, cwd=tmp_path))
    drawn, geant4 = found["calogan"], found["geant4"]
    assert drawn["response"] == pytest.approx(geant4["response"], abs=5e-3)
    assert drawn["first"] == pytest.approx(geant4["first"], abs=0.1)
    assert drawn["active"] == pytest.approx(geant4["active"], rel=0.25)
    assert all(found[f"together_{batch}"]["milliseconds"] > 0 for batch in (1, 128, 1024))
    # The file is there now: the same showers without training.
    again = figures(run(DATA, cwd=tmp_path))
    assert again["calogan"] == drawn

"""The demonstration in small: features, training, Fortran's events, and the same from C, Python, Julia.

CASTALIA_PREFIX names the installed tree; tools/test sets it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXAMPLES = ROOT / "examples"
PREFIX = Path(os.environ.get("CASTALIA_PREFIX", "/nowhere"))
sys.path[:0] = [str(EXAMPLES / "python"), str(HERE)]
import zjet  # noqa: E402

pytestmark = pytest.mark.skipif(
    not (PREFIX / "bin/castalia").exists(), reason="CASTALIA_PREFIX names no installation"
)
EVENTS = 3000


def run(*command, **more):
    environment = {**os.environ, "PKG_CONFIG_PATH": str(PREFIX / "lib/pkgconfig"), **more}
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def flags(package):
    return run("pkg-config", "--cflags", "--libs", package).split()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What the demonstration would leave after 200 steps of training and a few events."""
    folder = tmp_path_factory.mktemp("demo")
    features = folder / "features.h5"
    run(
        sys.executable,
        EXAMPLES / "python/zjet_features.py",
        EXAMPLES / "data/zmumu_jet_train.h5",
        features,
    )
    run(
        PREFIX / "bin/castalia", "train", "coupling_flow", "--data", f"{features}:train",
        "--output", folder / "zjet.safetensors",
        "--set", f"preprocessing={json.dumps(zjet.PREPROCESSING)}",
        "--set", f"feature_names={json.dumps(zjet.FEATURES)}",
        "--training", "steps=200", "--training", "batch=512", "--training", "learning_rate=2e-3",
        "--training", "schedule=one_cycle", "--training", "validation=0.05",
    )  # fmt: skip
    program = EXAMPLES / "fortran/event_generator"
    sources = [
        program / f"{name}.f90"
        for name in ("kinematics", "event_record", "generator", "summary", "event_generator")
    ]
    run(
        "gfortran", "-std=f2008", "-O2", "-ffpe-trap=invalid,zero,overflow", f"-J{folder}", *sources,
        *flags("castalia-fortran"), "-o", folder / "event_generator",
    )  # fmt: skip
    run(folder / "event_generator", folder / "zjet.safetensors", folder, EVENTS)
    return folder


@pytest.fixture(scope="module")
def particles(folder):
    with h5py.File(folder / "zjet.h5") as file:
        return file["particles"][:]


def assert_same(events, particles):
    """Up to the rounding of two languages' mathematical functions."""
    assert events.shape == particles.shape
    assert (np.abs(events - particles) / particles[:, :, :1]).max() < 1e-12


def check_demo():
    # Its readers and its classifier are installed for the tests alone.
    for package in ("pylhe", "pyhepmc", "sklearn"):
        pytest.importorskip(package)
    import check_demo

    return check_demo


def test_event_files(folder, particles):
    check = check_demo()
    verdicts = check.Verdicts()
    check.check_kinematics(verdicts, particles)
    check.check_lhe(verdicts, folder / "zjet.lhe", particles)
    check.check_hepmc(verdicts, folder / "zjet.hepmc3", particles)
    assert len(particles) == EVENTS
    assert verdicts.failed == 0


def test_events_look_like_pythias(particles):
    """Two hundred steps do not make a good flow, but the median of the mass must be a Z's."""
    with h5py.File(EXAMPLES / "data/zmumu_jet_test.h5") as file:
        test = zjet.observables(file["truth"][:])
    generated = zjet.observables(particles)
    assert abs(np.median(generated[:, 0]) - np.median(test[:, 0])) < 0.5
    for i, (name, *_) in enumerate(zjet.OBSERVABLES):
        assert zjet.chi2_per_bin(test[:, i], generated[:, i]) < 6, name


def test_flow(folder):
    check = check_demo()
    import flow_checks

    with h5py.File(EXAMPLES / "data/zmumu_jet_test.h5") as file:
        features, _, _ = zjet.features_from_events(file["truth"][:4000])
    verdicts = check.Verdicts()
    flow_checks.check_flow(
        verdicts, folder / "zjet.safetensors", features[zjet.physical(features)], events=5000
    )
    assert verdicts.failed == 0


def test_c_draws_the_same_events(folder, particles):
    check = check_demo()
    sources = [EXAMPLES / "c" / name for name in ("event_generator.c", "kinematics.c")]
    program = folder / "c_generator"
    run(
        "gcc",
        "-std=c11",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        *sources,
        *flags("castalia"),
        "-lm",
        "-o",
        program,
    )
    run(program, folder / "zjet.safetensors", folder / "c.lhe", EVENTS)
    _, momenta = check.read_lhe(folder / "c.lhe")
    assert_same(momenta[:, 3:6, :4], particles)


def test_python_draws_the_same_events(folder, particles):
    output = folder / "python.h5"
    run(
        sys.executable,
        EXAMPLES / "python/event_generator.py",
        folder / "zjet.safetensors",
        output,
        "--events",
        EVENTS,
    )
    with h5py.File(output) as file:
        assert_same(file["particles"][:], particles)


def test_julia_draws_the_same_events(folder, particles):
    julia = os.environ.get("CASTALIA_JULIA")
    if not julia:
        pytest.skip("CASTALIA_JULIA names no julia")
    output = folder / "julia.h5"
    packages = f"{PREFIX}/share/castalia/julia:@stdlib"
    program = EXAMPLES / "julia/event_generator.jl"
    run(
        julia,
        "--startup-file=no",
        program,
        folder / "zjet.safetensors",
        output,
        EVENTS,
        JULIA_LOAD_PATH=packages,
    )
    with h5py.File(output) as file:
        assert_same(file["particles"][:], particles)


def test_report(folder):
    arguments = [
        f"--{name}={path}"
        for name, path in (
            ("generated", folder / "zjet.h5"),
            ("train", EXAMPLES / "data/zmumu_jet_train.h5"),
            ("test", EXAMPLES / "data/zmumu_jet_test.h5"),
            ("output", folder),
        )
    ]
    check = check_demo()
    # One thread: several would wait for each other where other tests run.
    run(sys.executable, EXAMPLES / "python/report.py", *arguments, OMP_NUM_THREADS="1")
    verdicts = check.Verdicts()
    check.check_report(verdicts, folder)
    assert verdicts.failed == 0
    numbers = json.loads((folder / "report.json").read_text())
    assert numbers["events"]["generated"] == EVENTS
    # Trees find no more in a flow of 200 steps than this; a broken one is told apart at once.
    assert 0.45 < numbers["classifier_auc"]["generated"] < 0.65

"""The coordinates on Pythia's events: round trips, mass shells, and Fortran against Python."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples" / "python"))
import zjet  # noqa: E402


@pytest.fixture(scope="module")
def truth():
    with h5py.File(ROOT / "examples/data/zmumu_jet_train.h5") as file:
        return file["truth"][:].astype(np.float64)


@pytest.fixture(scope="module")
def fortran(truth, tmp_path_factory):
    """What the Fortran module makes of the same events, one row an event."""
    folder = tmp_path_factory.mktemp("fortran")
    sources = [
        ROOT / "examples/fortran/event_generator/kinematics.f90",
        ROOT / "tests/physics/kinematics_filter.f90",
    ]
    options = ["-std=f2008", "-O2", "-ffpe-trap=invalid,zero,overflow", f"-J{folder}"]
    subprocess.run(
        ["gfortran", *options, *map(str, sources), "-o", str(folder / "filter")], check=True
    )
    truth.tofile(folder / "events")
    subprocess.run([folder / "filter", folder / "events", folder / "out"], check=True)
    return np.fromfile(folder / "out").reshape(len(truth), -1)


def angle_difference(a, b):
    return np.abs(zjet.wrap(a - b))


def test_features_survive_a_round_trip(truth):
    features, azimuth = zjet.features_from_events(truth)
    again, azimuth_again = zjet.features_from_events(zjet.events_from_features(features, azimuth))
    angles = [4, 8]
    lengths = [0, 1, 5]
    rest = [2, 3, 6]
    assert angle_difference(again[:, angles], features[:, angles]).max() < 1e-11
    assert angle_difference(azimuth_again, azimuth).max() < 1e-11
    assert np.abs(again[:, lengths] / features[:, lengths] - 1).max() < 1e-11
    assert np.abs(again[:, rest] - features[:, rest]).max() < 1e-11
    # A mass is a difference of large numbers: an error of 1e-16 in E is one of (E/m)^2 1e-16 in m.
    assert np.abs(again[:, 7] - features[:, 7]).max() < 1e-6


def test_rebuilt_events_are_pythias_but_for_the_dressing(truth):
    """Pythia's muons carry their photons' mass; the rebuilt ones do not. Nothing else differs."""
    rebuilt = zjet.events_from_features(*zjet.features_from_events(truth))
    bare = np.abs(zjet.mass(truth[:, :2]) - zjet.MUON_MASS).max(axis=1) < 0.05
    assert bare.mean() > 0.8
    scale = truth[:, :, :1]
    assert (np.abs(rebuilt - truth) / scale)[bare].max() < 2e-5
    # The Z and the jet are the same for every event.
    difference = np.abs(rebuilt[:, :2].sum(1) - truth[:, :2].sum(1))
    assert (difference / truth[:, :2, 0].sum(1)[:, None]).max() < 1e-12
    assert (np.abs(rebuilt[:, 2] - truth[:, 2]) / scale[:, 2]).max() < 1e-6


def test_rebuilt_events_are_on_shell(truth):
    rebuilt = zjet.events_from_features(*zjet.features_from_events(truth))
    square = rebuilt[..., 0] ** 2 - (rebuilt[..., 1:] ** 2).sum(-1)
    assert (np.abs(square[:, :2] - zjet.MUON_MASS**2) <= 1e-14 * rebuilt[:, :2, 0] ** 2).all()


def test_the_selection_is_that_of_the_sample(truth):
    """Pythia's own events pass it, but for the few whose jet is near 0.4 of a bare muon."""
    assert zjet.accepted(truth).mean() > 0.9995
    soft = truth.copy()
    soft[:, 2] *= 0.4
    assert zjet.accepted(soft).mean() < 0.7


def test_fortran_and_python_agree(truth, fortran):
    features, azimuth = zjet.features_from_events(truth)
    assert np.abs(fortran[:, :9] - features).max() < 1e-9
    assert angle_difference(fortran[:, 9], azimuth).max() < 1e-14
    rebuilt = zjet.events_from_features(features, azimuth).reshape(len(truth), 12)
    assert (np.abs(fortran[:, 10:22] - rebuilt) / truth[:, :, :1].max(axis=1)).max() < 1e-11
    assert np.abs(fortran[:, 22:35] - zjet.observables(truth)).max() < 1e-9
    assert (fortran[:, 35] == zjet.accepted(truth)).all()


def test_collins_soper_against_the_covariant_formula(truth):
    """cos(theta) from light-cone components (massless muons), phi from nothing but invariants."""
    plus, minus = truth[:, 0], truth[:, 1]
    bare = np.abs(zjet.mass(truth[:, :2]) - zjet.MUON_MASS).max(axis=1) < 0.05
    z = plus + minus
    upper = [(p[:, 0] + p[:, 3]) for p in (plus, minus)]
    lower = [(p[:, 0] - p[:, 3]) for p in (plus, minus)]
    m, qt = zjet.mass(z), zjet.pt(z)
    expected = (upper[0] * lower[1] - lower[0] * upper[1]) / (m * np.hypot(m, qt))
    cos_theta, phi_star = zjet.collins_soper(plus, minus)
    assert np.abs(cos_theta - expected)[bare].max() < 1e-3
    # delta = p+ - p-; its part along the transverse momentum is a boosted x component.
    along = ((plus - minus)[:, 1:3] * z[:, 1:3]).sum(1) / qt
    sin_theta = np.sqrt(1 - expected**2)
    cos_phi = along / np.hypot(m, qt) / sin_theta
    clear = bare & (sin_theta > 0.1)
    assert np.abs(np.cos(phi_star) - cos_phi)[clear].max() < 5e-3


def test_chi2_of_equal_samples_is_one():
    generator = np.random.default_rng(1)
    values = [
        zjet.chi2_per_bin(generator.normal(size=20_000), generator.normal(size=100_000))
        for _ in range(200)
    ]
    assert abs(np.mean(values) - 1) < 0.06
    shifted = zjet.chi2_per_bin(
        generator.normal(size=20_000), generator.normal(0.05, size=100_000)
    )
    assert shifted > 1.5

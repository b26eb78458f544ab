"""The coordinates on Pythia's events: round trips, mass shells, and Fortran against Python."""

import ctypes
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
    features, azimuth, side = zjet.features_from_events(truth)
    assert zjet.physical(features).all()
    rebuilt = zjet.events_from_features(features, azimuth, side)
    again, azimuth_again, side_again = zjet.features_from_events(rebuilt)
    dimensionless = [2, 3, 4, 6, 8]
    lengths = [0, 1, 5]
    assert (side_again == side).all()
    assert angle_difference(azimuth_again, azimuth).max() < 1e-11
    assert np.abs(again[:, lengths] / features[:, lengths] - 1).max() < 1e-11
    assert np.abs(again[:, dimensionless] - features[:, dimensionless]).max() < 1e-10
    # A mass is a difference of large numbers: an error of 1e-16 in E is one of (E/m)^2 1e-16 in m.
    assert np.abs(again[:, 7] - features[:, 7]).max() < 1e-6


def test_rebuilt_events_are_pythias_but_for_the_dressing(truth):
    """All momenta come back; of the energies, all but those that a muon's photons gave it."""
    rebuilt = zjet.events_from_features(*zjet.features_from_events(truth))
    scale = truth[:, :, :1]
    # A few jets stand a little closer than 0.4 to a dressed muon, and are moved out of the hole.
    kept = zjet.accepted(truth)
    assert kept.mean() > 0.9995
    assert (np.abs(rebuilt - truth) / scale)[kept, :, 1:].max() < 1e-9
    assert (np.abs(rebuilt - truth) / scale)[~kept, :, 1:].max() < 0.05
    bare = np.abs(zjet.mass(truth[:, :2]) - zjet.MUON_MASS).max(axis=1) < 0.05
    assert bare.mean() > 0.8
    assert (np.abs(rebuilt - truth) / scale)[bare, :2, 0].max() < 2e-5
    # Jets of one photon get the mass of a pion.
    assert (np.abs(rebuilt - truth) / scale)[kept, 2, 0].max() < 5e-5
    # So little that the line shape of the Z does not feel it.
    masses = [zjet.mass(events[:, 0] + events[:, 1]) for events in (rebuilt, truth)]
    assert abs(np.median(masses[0]) - np.median(masses[1])) < 0.001


def test_features_are_gentle(truth):
    """What the coordinates are for: in the cuts' own variables Pythia's density is nearly flat."""
    features = zjet.features_from_events(truth)[0]
    for column in (3, 4):
        counts = np.histogram(features[:, column], np.linspace(-1, 1, 21))[0]
        assert counts.min() > 0.8 * counts.mean() and counts.max() < 1.2 * counts.mean()


def test_the_symmetries_are_there(truth):
    """The coin and the turn are exact only if Pythia's events show no preference."""
    features, azimuth, side = zjet.features_from_events(truth)
    # Five standard deviations of a fair coin, and of the uniform azimuth's first harmonic.
    assert abs(side.mean()) < 5 / np.sqrt(len(side))
    assert abs(np.exp(1j * azimuth).mean()) < 5 / np.sqrt(len(azimuth))
    turned = zjet.with_turned(features)[len(features) :]
    for column in (2, 4, 6):
        assert zjet.chi2_per_bin(features[:, column], turned[:, column]) < 2
    for column in range(9):
        chi2 = zjet.chi2_per_bin(features[side > 0, column], features[side < 0, column])
        assert chi2 < 2, zjet.FEATURES[column]


def test_rebuilt_events_are_on_shell(truth):
    rebuilt = zjet.events_from_features(*zjet.features_from_events(truth))
    square = rebuilt[..., 0] ** 2 - (rebuilt[..., 1:] ** 2).sum(-1)
    assert (np.abs(square[:, :2] - zjet.MUON_MASS**2) <= 1e-14 * rebuilt[:, :2, 0] ** 2).all()


def test_the_box_is_the_selection(truth):
    """Features from anywhere in the box, mixed from different events, pass nearly always."""
    features, azimuth, side = zjet.features_from_events(truth)
    assert zjet.accepted(zjet.events_from_features(features, azimuth, side)).all()
    generator = np.random.default_rng(2)
    mixed = np.stack([generator.permutation(column) for column in features.T], axis=1)
    assert zjet.accepted(zjet.events_from_features(mixed, azimuth, side)).mean() > 0.995
    soft = truth.copy()
    soft[:, 2] *= 0.4
    assert zjet.accepted(soft).mean() < 0.7


def test_closed_holes_leave_no_hole(truth):
    """Jets per area about a muon: none within 0.4 before, as many as further out after."""
    plus, minus, jet = truth[:, 0], truth[:, 1], truth[:, 2]
    apart = zjet.reach_of_holes(zjet.directions(plus, minus)) == zjet.REACH
    muons = zjet.directions(plus[apart], minus[apart])
    eta, phi = zjet.pseudorapidity(jet[apart]), zjet.phi(jet[apart])

    def density(eta, phi, low, high):
        r = np.hypot(eta - muons[0][0], zjet.wrap(phi - muons[0][1]))
        return ((r > low) & (r < high)).sum() / (high**2 - low**2)

    closed = zjet.close_holes(eta, phi, muons)
    outside = density(*closed, 0.5, 1.0)
    assert density(eta, phi, 0.0, 0.38) < 0.05 * outside
    assert 0.7 * outside < density(*closed, 0.05, 0.5) < 1.4 * outside


def test_fortran_and_python_agree(truth, fortran):
    features, azimuth, side = zjet.features_from_events(truth)
    assert np.abs(fortran[:, :9] - features).max() < 1e-9
    assert angle_difference(fortran[:, 9], azimuth).max() < 1e-14
    assert (fortran[:, 10] == side).all()
    rebuilt = zjet.events_from_features(features, azimuth, side).reshape(len(truth), 12)
    scale = truth[:, :, 0].max(axis=1)[:, None]
    assert (np.abs(fortran[:, 11:23] - rebuilt) / scale).max() < 1e-9
    assert np.abs(fortran[:, 23:36] - zjet.observables(truth)).max() < 1e-9
    assert (fortran[:, 36] == zjet.accepted(truth)).all()


def test_c_and_python_agree(truth, tmp_path):
    library = tmp_path / "kinematics.so"
    source = ROOT / "examples/c/kinematics.c"
    subprocess.run(
        ["gcc", "-std=c11", "-O2", "-shared", "-fPIC", str(source), "-lm", "-o", str(library)],
        check=True,
    )
    kinematics = ctypes.CDLL(str(library))
    kinematics.event_from_features.argtypes = [
        ctypes.c_void_p,
        *[ctypes.c_double] * 2,
        ctypes.c_void_p,
    ]
    for name in ("is_physical", "is_accepted"):
        getattr(kinematics, name).argtypes = [ctypes.c_void_p]
        getattr(kinematics, name).restype = ctypes.c_bool
    kinematics.fill_record.argtypes = [ctypes.c_void_p] * 3

    features, azimuth, side = (column[:2000] for column in zjet.features_from_events(truth))
    features = np.ascontiguousarray(features)
    expected = zjet.events_from_features(features, azimuth, side)
    accepted = zjet.accepted(truth[:2000])
    event, momenta, masses = np.empty((3, 4)), np.empty((7, 4)), np.empty(7)
    for i, row in enumerate(features):
        assert kinematics.is_physical(row.ctypes.data)
        kinematics.event_from_features(row.ctypes.data, azimuth[i], side[i], event.ctypes.data)
        assert (np.abs(event - expected[i]) / expected[i, :, :1]).max() < 1e-9
        assert kinematics.is_accepted(truth[i].ctypes.data) == accepted[i]
        kinematics.fill_record(event.ctypes.data, momenta.ctypes.data, masses.ctypes.data)
        balance = momenta[:2].sum(0) - momenta[3:].sum(0)
        assert np.abs(balance).max() < 1e-12 * momenta[:2, 0].sum()
        square = momenta[:, 0] ** 2 - (momenta[:, 1:] ** 2).sum(1) - masses**2
        assert (np.abs(square) <= 1e-12 * momenta[:, 0] ** 2 + 1e-12).all()
    row = features[0].copy()
    for column, outside in ((0, 0.1), (1, -1.0), (2, 1.1), (6, 5.0), (7, -1.0), (8, -1.0)):
        row[:] = features[0]
        row[column] = outside
        assert not kinematics.is_physical(row.ctypes.data)
        assert not zjet.physical(row[None])[0]


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
    shifted = zjet.chi2_per_bin(generator.normal(size=20_000), generator.normal(0.05, size=100_000))
    assert shifted > 1.5

"""The referee on real collisions: halves of one sample are found equal, and a scale of 1 % is found out."""

from pathlib import Path

import castalia
import numpy as np
import pytest

DATA = Path(__file__).parents[2] / "examples/data"
EVENTS, SEEDS = 2000, 6
METRICS = {
    "chi_square": {},
    "kolmogorov_smirnov": {},
    "wasserstein": {},
    "sliced_wasserstein": {"directions": 32},
    "mmd": {},
    "frechet_distance": {},
    "neighbour_divergence": {},
    "manifold": {},
}


def observed(momenta):
    """The muon pair's mass and what else there is of three four-momenta."""
    return castalia.Dataset(momenta.reshape(len(momenta), -1)).observe("kinematics").read()[0]


@pytest.fixture(scope="module")
def events():
    parts = [
        castalia.hdf5_read(DATA / f"zmumu_jet_{part}.h5", "truth") for part in ("train", "test")
    ]
    return np.concatenate(parts)


def deviations(metric, generated, reference, seed=0):
    found = castalia.evaluate(
        metric, generated, reference, seed=seed, progress=False, **METRICS[metric]
    )
    return [each["deviation"] for each in found["figures"]]


@pytest.mark.parametrize("metric", METRICS)
def test_halves_are_equal(metric, events):
    sigma = []
    for seed in range(SEEDS):
        rows = np.random.default_rng(seed).permutation(len(events))[: 2 * EVENTS]
        table = observed(events[rows])
        sigma.append(deviations(metric, table[:EVENTS], table[EVENTS:], seed))
    # Standard deviations of a mean of six: 0.4.
    assert np.abs(np.mean(sigma, axis=0)).max() < 1.6
    assert np.abs(sigma).max() < 6


def test_a_scale_of_one_percent_is_found(events):
    rows = np.random.default_rng(1).permutation(len(events))[: 2 * 10000]
    reference = observed(events[rows[:10000]])
    for scale, found in ((1, False), (1.01, True)):
        generated = observed(events[rows[10000:]] * scale)
        for metric in ("kolmogorov_smirnov", "chi_square"):
            largest = max(map(abs, deviations(metric, generated, reference)))
            assert (largest > 5) == found, (metric, scale, largest)


def test_a_column_that_is_nearly_constant_blows_nothing_up():
    """As the number of particles of jets: the same in all events of one sample, not in the other."""
    rng = np.random.default_rng(1)
    table = rng.normal(size=(4000, 3))
    table[:, 2] = 29.9
    table[0, 2] = 29
    for metric in ("frechet_distance", "optimal_transport", "sliced_wasserstein", "mmd"):
        found = castalia.evaluate(metric, table[:2000], table[2000:], seed=1, progress=False)
        assert abs(found["value"]) < 10, metric

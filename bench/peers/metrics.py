"""What people compute metrics with now, on the samples of row M (bench/showers.py).

Each does what Castalia's metric of the same settings does at least: most give no errors and no null values.
"""

import os
from pathlib import Path

import numpy as np
import ot
from scipy import linalg, stats
from scipy.spatial.distance import jensenshannon
from showers import CELLS, read_showers
from sklearn.metrics import pairwise
from sklearn.neighbors import NearestNeighbors


def per_column(function):
    def run(x, y):
        return np.mean([function(x[:, j], y[:, j]) for j in range(x.shape[1])])

    return run


def histograms(a, b):
    edges = np.unique(np.quantile(b, np.linspace(0, 1, 21)[1:-1]))
    edges = np.concatenate([[-np.inf], edges, [np.inf]])
    return np.histogram(a, edges)[0] + 0.5, np.histogram(b, edges)[0] + 0.5


def divergence(a, b):
    p, q = histograms(a, b)
    return jensenshannon(p, q) ** 2 + stats.entropy(p, q)


def separation(a, b):
    p, q = (h / h.sum() for h in histograms(a, b))
    return 0.5 * ((p - q) ** 2 / (p + q)).sum()


def scaled(x, y):
    spread = y.std(axis=0)
    spread[spread == 0] = 1
    return x / spread, y / spread


def mmd(x, y):
    x, y = scaled(x, y)
    total = 0.0
    for a, b, sign in ((x, x, 1), (y, y, 1), (x, y, -2)):
        squared = pairwise.euclidean_distances(a, b, squared=True)
        for width in (0.5, 1, 2):
            total += sign * np.exp(-squared / (2 * width**2 * 1000)).mean()
        total -= sign * np.sqrt(squared).mean()
        total += sign * pairwise.polynomial_kernel(a, b).mean()
    return total


def energy(x, y):
    x, y = scaled(x, y)
    mean = {
        k: pairwise.euclidean_distances(*v).mean()
        for k, v in {"xx": (x, x), "yy": (y, y), "xy": (x, y)}.items()
    }
    return 2 * mean["xy"] - mean["xx"] - mean["yy"]


def manifold(x, y):
    x, y = scaled(x, y)
    radii = [
        NearestNeighbors(n_neighbors=6, algorithm="brute").fit(z).kneighbors(z)[0][:, 5]
        for z in (x, y)
    ]
    distance = pairwise.euclidean_distances(x, y)
    inside = distance < radii[1]
    return (
        inside.any(axis=1).mean(),
        (distance < radii[0][:, None]).any(axis=0).mean(),
        inside.sum() / (5 * len(x)),
        (distance.min(axis=0) < radii[1]).mean(),
    )


def neighbours(x, y):
    x, y = scaled(x, y)
    out = 0.0
    for a, b in ((x, y), (y, x)):
        rho = NearestNeighbors(n_neighbors=6, algorithm="brute").fit(a).kneighbors(a)[0][:, 5]
        nu = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(b).kneighbors(a)[0][:, 4]
        out += a.shape[1] * np.log(nu / rho).mean()
    return out


def frechet(x, y):
    cx, cy = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = linalg.sqrtm(cx @ cy)
    return np.trace(cx + cy - 2 * root.real) + ((x.mean(0) - y.mean(0)) ** 2).sum()


def jackknifed_frechet(x, y):
    """With all events, and without tenths of each sample in turn."""
    x, y = scaled(x, y)
    tenth = np.arange(len(x)) % 10
    frechet(x, y)
    for i in range(10):
        frechet(x[tenth != i], y)
        frechet(x, y[tenth != i])


def drawn(rng, x, size):
    return x[rng.integers(len(x), size=size)]


def by_largest(x, y):
    largest = np.abs(y).max(axis=0)
    largest[largest == 0] = 1
    return x / largest, y / largest


def frechet_physics(x, y):
    """jetnet's loop: 4 sizes of 5 batches each."""
    x, y = by_largest(x, y)
    rng = np.random.default_rng(1)
    for size in (20000, 25000, 33333, 50000):
        for _ in range(5):
            frechet(drawn(rng, x, size), drawn(rng, y, size))


def kernel_physics(x, y):
    """jetnet's loop: 2 batches."""
    x, y = by_largest(x, y)
    rng = np.random.default_rng(1)
    for _ in range(2):
        a, b = drawn(rng, x, 5000), drawn(rng, y, 5000)
        for left, right in ((a, a), (b, b), (a, b)):
            ((left @ right.T / left.shape[1] + 1) ** 4).mean()


def batches(x, y, size):
    """Two pairs of a batch of each sample, and two of the reference."""
    x, y = scaled(x, y)
    x, y = (z[: 4 * size].reshape(4, size, -1) for z in (x, y))
    yield from ((x[0], y[0]), (x[1], y[1]), (y[2], y[0]), (y[3], y[1]))


def transport(x, y):
    for a, b in batches(x, y, 1000):
        ot.emd2([], [], ot.dist(a, b, metric="euclidean"))


def sinkhorn(x, y):
    for a, b in batches(x, y, 300):
        for left, right in ((a, b), (a, a), (b, b)):
            cost = ot.dist(left, right)
            ot.sinkhorn2(
                [],
                [],
                cost,
                0.1 * np.median(cost),
                method="sinkhorn_log",
                numItermax=500,
                stopThr=1e-3 / np.sqrt(300),  # of the root of the squares' sum; ours is of the sum
                warn=False,
            )


METRICS = {
    "kolmogorov_smirnov": per_column(lambda a, b: stats.ks_2samp(a, b, method="asymp")[0]),
    "wasserstein": per_column(stats.wasserstein_distance),
    "chi_square": per_column(lambda a, b: stats.chi2_contingency(histograms(a, b))[0]),
    "separation_power": per_column(separation),
    "binned_divergence": per_column(divergence),
    "sliced_wasserstein": lambda x, y: ot.sliced_wasserstein_distance(
        *scaled(x, y), n_projections=128, p=1, seed=1
    ),
    "energy_distance": energy,
    "mmd": mmd,
    "manifold": manifold,
    "neighbour_divergence": neighbours,
    "frechet_distance": jackknifed_frechet,
    "frechet_physics_distance": frechet_physics,
    "kernel_physics_distance": kernel_physics,
    "optimal_transport": transport,
    "sinkhorn": sinkhorn,
}


def metric(mode, batch, peer):
    x, y = read_showers(Path(os.environ["CASTALIA_BENCH_SHOWERS"]), batch)
    return lambda: METRICS[mode](x, y), 2 * batch * CELLS

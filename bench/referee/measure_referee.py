"""Times the referee's metrics, and SciPy, scikit-learn and POT doing the same, on showers.

    python measure_referee.py SHOWERS.h5 --binary bazel-bin/bench/referee_timing [--rows N] [--threads N]
                              [--only METRIC ...] [--no-peers]

The showers of the file are repeated with a little noise until there are enough rows (the time does not
depend on what they are). Sides take turns on the same arrays, in float64 as they are; a figure is the
least of the repetitions. What a peer would need hours or more memory than there is for is done on fewer
rows by both sides, and the table says so. Needs numpy, h5py, scipy, scikit-learn and pot.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import time

import h5py
import numpy as np


def showers(path, rows, seed):
    with h5py.File(path) as file:
        base = file["showers"][:].astype(np.float32)
    rng = np.random.default_rng(seed)
    out = base[rng.integers(len(base), size=rows)]
    out *= rng.normal(1, 0.05, out.shape).astype(np.float32)
    return out


def per_column(function):
    def run(x, y):
        return np.mean([function(x[:, j], y[:, j]) for j in range(x.shape[1])])

    return run


def peers():
    """For each metric: our options, the rows of both sides (None: all), and the peer's name and call."""
    import ot
    from scipy import linalg, stats
    from scipy.spatial.distance import jensenshannon
    from sklearn.metrics import pairwise
    from sklearn.neighbors import NearestNeighbors

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
        mean = {k: pairwise.euclidean_distances(*v).mean() for k, v in
                {"xx": (x, x), "yy": (y, y), "xy": (x, y)}.items()}
        return 2 * mean["xy"] - mean["xx"] - mean["yy"]

    def manifold(x, y):
        x, y = scaled(x, y)
        radii = [NearestNeighbors(n_neighbors=6, algorithm="brute").fit(z).kneighbors(z)[0][:, 5]
                 for z in (x, y)]
        distance = pairwise.euclidean_distances(x, y)
        inside = distance < radii[1]
        return (inside.any(axis=1).mean(), (distance < radii[0][:, None]).any(axis=0).mean(),
                inside.sum() / (5 * len(x)), (distance.min(axis=0) < radii[1]).mean())

    def neighbours(x, y):
        x, y = scaled(x, y)
        out = 0.0
        for a, b in ((x, y), (y, x)):
            rho = NearestNeighbors(n_neighbors=6, algorithm="brute").fit(a).kneighbors(a)[0][:, 5]
            nu = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(b).kneighbors(a)[0][:, 4]
            out += a.shape[1] * np.log(nu / rho).mean()
        return out

    def frechet(x, y):
        x, y = scaled(x, y)
        cx, cy = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
        root = linalg.sqrtm(cx @ cy)
        return np.trace(cx + cy - 2 * root.real) + ((x.mean(0) - y.mean(0)) ** 2).sum()

    def frechet_once_of_many(x, y):
        # jetnet's loop body, once; the full metric is 200 of them.
        rng = np.random.default_rng(1)
        frechet(x[rng.integers(len(x), size=28000)], y[rng.integers(len(y), size=28000)])

    def kpd_once_of_many(x, y):
        rng = np.random.default_rng(1)
        x, y = x[rng.integers(len(x), size=5000)], y[rng.integers(len(y), size=5000)]
        return sum(s * ((a @ b.T / a.shape[1] + 1) ** 4).mean()
                   for a, b, s in ((x, x, 1), (y, y, 1), (x, y, -2)))

    def transport(x, y):
        x, y = scaled(x, y)
        return ot.emd2([], [], ot.dist(x, y, metric="euclidean"))

    def sinkhorn(x, y):
        x, y = scaled(x, y)
        for a, b in ((x, y), (x, x), (y, y)):
            cost = ot.dist(a, b)
            ot.sinkhorn2([], [], cost, 0.1 * np.median(cost), method="sinkhorn_log",
                         numItermax=500, stopThr=1e-3)

    return {
        # metric: (options, rows, peer, call, how many of the peer's calls make the metric)
        "kolmogorov_smirnov": ("", None, "scipy.stats.ks_2samp",
                               per_column(lambda a, b: stats.ks_2samp(a, b, method="asymp")[0]), 1),
        "wasserstein": ("", None, "scipy.stats.wasserstein_distance",
                        per_column(stats.wasserstein_distance), 1),
        "chi_square": ("", None, "numpy.histogram, scipy.stats.chi2_contingency",
                       per_column(lambda a, b: stats.chi2_contingency(histograms(a, b))[0]), 1),
        "separation_power": ("", None, "numpy.histogram", per_column(separation), 1),
        "binned_divergence": ("", None, "numpy.histogram, scipy", per_column(divergence), 1),
        "sliced_wasserstein": ("", None, "ot.sliced_wasserstein_distance",
                               lambda x, y: ot.sliced_wasserstein_distance(
                                   *scaled(x, y), n_projections=128, p=1, seed=1), 1),
        "energy_distance": ("", 10000, "sklearn euclidean_distances", energy, 1),
        "mmd": ("", 10000, "sklearn euclidean_distances and kernels", mmd, 1),
        "manifold": ("", 10000, "sklearn NearestNeighbors", manifold, 1),
        "neighbour_divergence": ("", 5000, "sklearn NearestNeighbors", neighbours, 1),
        "frechet_distance": ("", None, "numpy.cov, scipy.linalg.sqrtm, once without error", frechet, 1),
        "frechet_physics_distance": ("", None, "jetnet's loop body x 200", frechet_once_of_many, 200),
        "kernel_physics_distance": ("", None, "jetnet's loop body x 10", kpd_once_of_many, 10),
        "optimal_transport": ("", 1000, "ot.emd2 x 16", transport, 16),
        "sinkhorn": ("", 300, "ot.sinkhorn2 (log) x 8 x 3", sinkhorn, 8),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("showers", type=pathlib.Path)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--rows", type=int, default=50000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--no-peers", action="store_true")
    arguments = parser.parse_args()
    x = showers(arguments.showers, arguments.rows, 1)
    y = showers(arguments.showers, arguments.rows, 2)
    total = 0.0
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("generated", "reference")]
        for path, sample in zip(paths, (x, y), strict=True):
            sample.tofile(path)
        x, y = x.astype(np.float64), y.astype(np.float64)
        print("| metric | Castalia, s | peer, s | ratio | peer |\n|---|---|---|---|---|")
        for metric, (options, rows, name, call, times) in peers().items():
            if arguments.only and metric not in arguments.only:
                continue
            ours = json.loads(
                subprocess.run(
                    [arguments.binary, *paths, "504", str(arguments.threads), metric, options],
                    check=True, capture_output=True,
                ).stdout
            )["seconds"]
            total += ours
            theirs, ratio = "", ""
            if not arguments.no_peers:
                start = time.perf_counter()
                call(x[:rows], y[:rows])
                theirs = (time.perf_counter() - start) * times
                ratio, theirs = f"{theirs / ours:.1f}", f"{theirs:.2f}"
            print(f"| {metric} | {ours:.2f} | {theirs} | {ratio} | {name} |", flush=True)
        print(f"| all | {total:.2f} | | | |")


if __name__ == "__main__":
    main()

"""Makes the golden file of the referee: what SciPy, scikit-learn, POT and jetnet say.

    python make_referee.py DATA

reads Geant4 showers and JetNet-like jets under DATA (the e+ and gluon sets), writes small subsets of them
to samples.json, and to golden.json the figures of the public packages on these. Needs numpy, scipy,
scikit-learn, pot, h5py, numba, energyflow and jetnet (its gen_metrics alone, so no PyTorch).
cpp/referee/golden_test.cc compares; this script runs only when the files are made anew.
"""

import importlib.util
import json
import pathlib
import sys
import types

import h5py
import numpy as np
import ot
import scipy.linalg
import scipy.optimize
import scipy.stats
from scipy.spatial import cKDTree
from scipy.spatial.distance import jensenshannon
from sklearn.feature_selection import mutual_info_classif
from sklearn.metrics import pairwise
from sklearn.neighbors import NearestNeighbors

HERE = pathlib.Path(__file__).parent
EVENTS = 400
JETS = 24
COLUMNS = (3, 11)  # compared one by one


def coarse_showers(path, scale=1.0):
    """Energies of 24 blocks of cells (8 in each layer), in GeV."""
    with h5py.File(path) as file:
        showers = file["showers"][:EVENTS].astype(float) * scale
    layers = showers[:, :288], showers[:, 288:432], showers[:, 432:]
    blocks = [layer.reshape(len(showers), 8, -1).sum(axis=2) for layer in layers]
    return np.round(np.concatenate(blocks, axis=1) / 1000, 5)


def jets(path, first):
    with h5py.File(path) as file:
        return np.round(file["particle_features"][first : first + JETS].astype(float), 5)


def unbiased_mmd(kxx, kyy, kxy):
    n, m = len(kxx), len(kyy)
    return (
        (kxx.sum() - np.trace(kxx)) / (n * (n - 1))
        + (kyy.sum() - np.trace(kyy)) / (m * (m - 1))
        - 2 * kxy.mean()
    )


def mmd(x, y):
    centre, spread = y.mean(axis=0), y.std(axis=0)
    x, y = (x - centre) / spread, (y - centre) / spread
    both = np.concatenate([x, y])
    median = np.median(pairwise.euclidean_distances(both)[np.triu_indices(len(both), 1)])
    out = {"median_distance": median}
    pairs = (x, x), (y, y), (x, y)
    for factor in (0.5, 1, 2):
        gamma = 1 / (2 * (factor * median) ** 2)
        out[f"gaussian_{factor}"] = unbiased_mmd(
            *(pairwise.rbf_kernel(a, b, gamma=gamma) for a, b in pairs)
        )
    out["polynomial"] = unbiased_mmd(
        *(pairwise.polynomial_kernel(a, b, degree=3, gamma=1 / x.shape[1]) for a, b in pairs)
    )
    out["energy"] = unbiased_mmd(*(-pairwise.euclidean_distances(a, b) for a, b in pairs))
    return out


def manifold(x, y, k=5):
    y_scale = y.std(axis=0)
    x, y = x / y_scale, y / y_scale

    def radii(z):
        return NearestNeighbors(n_neighbors=k + 1).fit(z).kneighbors(z)[0][:, k]

    rx, ry = radii(x), radii(y)
    distances = scipy.spatial.distance.cdist(x, y)
    inside = distances < ry[None, :]
    return {
        "precision": inside.any(axis=1).mean(),
        "recall": (distances < rx[:, None]).any(axis=0).mean(),
        "density": inside.sum() / (k * len(x)),
        "coverage": (distances.min(axis=0) < ry).mean(),
    }


def neighbour_divergence(x, y, k=5):
    spread = y.std(axis=0)
    x, y = x / spread, y / spread

    def kl(a, b):
        rho = cKDTree(a).query(a, k + 1)[0][:, k]
        nu = cKDTree(b).query(a, k)[0][:, k - 1]
        return a.shape[1] * np.mean(np.log(nu / rho)) + np.log(len(b) / (len(a) - 1))

    return {"kullback_leibler": kl(x, y), "kullback_leibler_reverse": kl(y, x)}


def main():
    data = pathlib.Path(sys.argv[1])
    x = coarse_showers(data / "geant4/eplus_train.h5", 1.02)
    y = coarse_showers(data / "geant4/eplus_test.h5")
    weights = np.round(np.random.default_rng(1).uniform(0.5, 1.5, (2, EVENTS)), 3)
    jet_file = next((data / "pythia8/jetnet").glob("jetnet30_g_test.h5"))
    samples = {
        "generated": x.tolist(),
        "reference": y.tolist(),
        "generated_weights": weights[0].tolist(),
        "reference_weights": weights[1].tolist(),
        "jets": jets(jet_file, 0).reshape(JETS, -1).tolist(),
        "other_jets": jets(jet_file, JETS).reshape(JETS, -1).tolist(),
    }
    (HERE / "samples.json").write_text(json.dumps(samples, separators=(",", ":")) + "\n")

    columns = range(x.shape[1])
    golden = {}
    ks = [scipy.stats.ks_2samp(x[:, j], y[:, j], method="asymp") for j in columns]
    golden["kolmogorov_smirnov"] = [test.statistic for test in ks]
    golden["kolmogorov_p"] = [test.pvalue for test in ks]
    golden["wasserstein"] = [scipy.stats.wasserstein_distance(x[:, j], y[:, j]) for j in columns]
    golden["weighted_wasserstein"] = [
        scipy.stats.wasserstein_distance(x[:, j], y[:, j], weights[0], weights[1]) for j in columns
    ]

    for column in COLUMNS:
        edges = np.round(np.quantile(y[:, column], [0.1, 0.3, 0.5, 0.7, 0.9]), 3).tolist()
        everywhere = [-np.inf, *edges, np.inf]
        hx = np.histogram(x[:, column], everywhere)[0]
        hy = np.histogram(y[:, column], everywhere)[0]
        assert (hy > 0).all(), "every bin needs reference events"
        p, q = hx / hx.sum(), hy / hy.sum()
        test = scipy.stats.chi2_contingency(np.array([hx, hy]))
        golden[f"binned_{column}"] = {
            "edges": edges,
            "chi_square": test.statistic / test.dof,
            "p_value": test.pvalue,
            "jensen_shannon": jensenshannon(p, q) ** 2,
            "kullback_leibler": scipy.stats.entropy(p, q),
            "separation_power": 0.5 * np.sum((p - q) ** 2 / (p + q)),
        }

    golden["energy_distance"] = [scipy.stats.energy_distance(x[:, j], y[:, j]) for j in COLUMNS]
    golden["mmd"] = mmd(x, y)
    golden["manifold"] = manifold(x, y)
    golden["neighbour_divergence"] = neighbour_divergence(x, y)
    # Mutual information of one column with the sample: Ross' estimator in one dimension.
    both, labels = np.concatenate([x[:, 11], y[:, 11]])[:, None], np.repeat([0, 1], EVENTS)
    golden["jensen_shannon"] = mutual_info_classif(both, labels, n_neighbors=5, random_state=0)[0]

    cost = ot.dist(x, y, metric="euclidean")
    a, b = (w / w.sum() for w in weights)
    golden["optimal_transport"] = ot.emd2([], [], cost)
    golden["weighted_optimal_transport"] = ot.emd2(a, b, cost)
    squared = ot.dist(x, y)
    golden["regularisation"] = 0.1 * float(np.median(squared))
    plan = ot.sinkhorn(
        a,
        b,
        squared,
        golden["regularisation"],
        method="sinkhorn_log",
        numItermax=100000,
        stopThr=1e-12,
    )
    golden["sinkhorn_cost"] = float((plan * squared).sum())
    golden["sliced_wasserstein"] = float(
        ot.sliced_wasserstein_distance(
            x / y.std(axis=0), y / y.std(axis=0), n_projections=20000, p=1, seed=1
        )
    )

    metrics = jetnet_metrics()
    xs, ys = x / y.std(axis=0), y / y.std(axis=0)
    golden["frechet_distance"] = float(
        metrics._calculate_frechet_distance(
            xs.mean(axis=0),
            np.cov(xs, rowvar=False),
            ys.mean(axis=0),
            np.cov(ys, rowvar=False),
        )
    )
    golden["frechet_physics_distance"] = np.array(
        [metrics.fpd(y, x, min_samples=200, max_samples=2000, seed=s) for s in range(5)]
    ).tolist()
    golden["kernel_physics_distance"] = np.array(
        [metrics.kpd(y, x, num_batches=50, batch_size=400, seed=s) for s in range(5)]
    ).tolist()

    golden["energy_movers_distances"] = energy_movers_distances(
        samples["jets"], samples["other_jets"]
    )
    golden["jet_scores"] = jet_scores(metrics, samples["jets"], samples["other_jets"])
    (HERE / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


def jetnet_metrics():
    """jetnet.evaluation.gen_metrics alone: stand-ins for what it imports but does not call here."""
    wanted = {
        "torch": {"Tensor": type("Tensor", (), {})},
        "torch.utils.data": {"DataLoader": None},
        "energyflow.emd": {"emds": None},
        "jetnet": {"utils": None},
        "jetnet.datasets": {"JetNet": None},
    }
    for name, members in wanted.items():
        module = sys.modules.setdefault(name, types.ModuleType(name))
        for member, value in members.items():
            setattr(module, member, value)
    root = next(p for p in map(pathlib.Path, sys.path) if (p / "jetnet/evaluation").is_dir())
    spec = importlib.util.spec_from_file_location(
        "jetnet_gen_metrics", root / "jetnet/evaluation/gen_metrics.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def jet_scores(metrics, generated, reference):
    """jetnet's scores of whole samples: what it draws is each jet once, and what it takes from packages
    that are not here (masses from awkward, distances from wasserstein) is NumPy's and POT's."""
    import energyflow  # finds the stand-in for its distances, which jetnet_metrics() has put there

    x, y = (np.array(jets).reshape(len(jets), -1, 4) for jets in (generated, reference))
    # jetnet's cov_mmd and polynomials take absent particles for what they are: without momentum.
    absent = [jets * (jets[:, :, 3:] > 0.5) for jets in (x, y)]
    a, b = (jets[:, :, :3] for jets in absent)

    def jet_features(jets):
        eta, phi, pt = jets[..., 0], jets[..., 1], jets[..., 2]
        momenta = [pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)]
        e, px, py, pz = (each.sum(axis=1) for each in momenta)
        return {"mass": np.sqrt(np.maximum(e**2 - px**2 - py**2 - pz**2, 0))}

    def efps(jets, efpset_args, **_):
        polynomials = energyflow.EFPSet(
            *efpset_args, measure="hadr", beta=1, normed=None, coords="ptyphim"
        )
        return polynomials.batch_compute(jets[:, :, [2, 0, 1]], n_jobs=1)

    metrics.utils = types.SimpleNamespace(jet_features=jet_features, efps=efps)

    def emds(jets, others):
        return np.array([[energy_movers_distance(p, q, 1.0) for q in others] for p in jets])

    metrics.emds = emds
    metrics.rng = types.SimpleNamespace(choice=lambda count, size: np.arange(count))
    how = {"num_eval_samples": len(x), "num_batches": 1}
    coverage, mmd = metrics.cov_mmd(b, a, use_tqdm=False, **how)
    return {
        "w1_m": float(metrics.w1m(a, b, **how)[0]),
        "w1_p": metrics.w1p(a, b, x[:, :, 3], y[:, :, 3], num_particle_features=3, **how)[
            0
        ].tolist(),
        "w1_efp": metrics.w1efp(a, b, **how)[0].tolist(),
        "coverage": float(coverage),
        "mmd": float(mmd),
    }


def energy_movers_distance(p, q, radius):
    """As EnergyFlow defines it, of rows (pt, eta, phi): POT with a fictitious particle for what momentum is
    over."""
    p, q = p[p[:, 0] > 0], q[q[:, 0] > 0]
    cost = np.ones((len(p) + 1, len(q) + 1))
    cost[:-1, :-1] = ot.dist(p[:, 1:], q[:, 1:], metric="euclidean") / radius
    excess = p[:, 0].sum() - q[:, 0].sum()
    supply = np.append(p[:, 0], max(-excess, 0.0))
    demand = np.append(q[:, 0], max(excess, 0.0))
    total = supply.sum()
    return total * ot.emd2(supply / total, demand / demand.sum(), cost)


def energy_movers_distances(jets, others):
    out = []
    for row, other in zip(jets[:12], others[:12], strict=True):
        p, q = (np.array(j).reshape(-1, 4) for j in (row, other))
        p, q = p[p[:, 3] > 0.5], q[q[:, 3] > 0.5]
        out.append(energy_movers_distance(p[:, [2, 0, 1]], q[:, [2, 0, 1]], 0.8))
    return out


if __name__ == "__main__":
    main()

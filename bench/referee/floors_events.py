"""The real events that floors are taken from: how they are read, what is observed of them, and what can
be wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

import castalia
import numpy as np

# Generated events a truth, where the calibration of a posterior is tested.
POSTERIOR_SAMPLES = 20


@dataclass(frozen=True)
class Events:
    """Events as they are stored, and what is observed of them, row by row."""

    raw: np.ndarray  # (events, features)
    table: np.ndarray  # (events, observables)
    condition: np.ndarray  # (events): what a generator would be given

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, rows) -> Events:
        return Events(self.raw[rows], self.table[rows], self.condition[rows])

    def dataset(self) -> castalia.Dataset:
        return castalia.Dataset(self.table, self.condition[:, None])

    def raw_dataset(self) -> castalia.Dataset:
        return castalia.Dataset(self.raw, self.condition[:, None])


def joined(*parts: Events) -> Events:
    return Events(
        *(np.concatenate([getattr(p, k) for p in parts]) for k in ("raw", "table", "condition"))
    )


@dataclass(frozen=True)
class Set:
    """Events of one kind. `{}` in the path is train or test."""

    name: str
    words: str
    path: str
    read: Callable[[Path, Set], tuple[np.ndarray, np.ndarray]]  # raw events and their condition
    observables: str
    fields: dict
    condition: str  # in words
    # By name: what it is in words, and raw events and condition with that defect.
    defects: dict[str, tuple[str, Callable]]
    whole: bool = True  # whether its null law and its defects are looked at, too
    jets: bool = False

    def observe(self, raw: np.ndarray, condition: np.ndarray, data: Path) -> Events:
        fields = {k: str(data / v) if k == "geometry" else v for k, v in self.fields.items()}
        observed = castalia.Dataset(raw, condition[:, None]).observe(self.observables, **fields)
        return Events(raw, observed.read()[0], condition)

    def load(self, data: Path, part: str) -> Events:
        return self.observe(*self.read(data / self.path.format(part), self), data)

    def planted(self, defect: str, events: Events, data: Path) -> Events:
        """The events with a defect; some may be gone."""
        plant = self.defects[defect][1]
        return self.observe(*plant(events.raw, events.condition), data)


# ---- Showers


def read_showers(path: Path, _: Set) -> tuple[np.ndarray, np.ndarray]:
    incident = castalia.hdf5_read(path, "incident_energies")
    return castalia.hdf5_read(path, "showers"), incident[:, 0]


def scaled(columns: slice) -> Callable:
    """Energies times 1.01."""

    def plant(raw: np.ndarray, condition: np.ndarray):
        out = raw.copy()
        out[:, columns] *= 1.01
        return out, condition

    return plant


def shuffled(together: int) -> Callable:
    """Every cell (or run of cells, a particle) comes from an event of its own: what each has by itself
    is right, what they have together is not."""

    def plant(raw: np.ndarray, condition: np.ndarray):
        out = raw.copy()
        rng = np.random.default_rng(1)
        for first in range(0, raw.shape[1], together):
            block = slice(first, first + together)
            out[:, block] = raw[rng.permutation(len(raw)), block]
        return out, condition

    return plant


def without(gone: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable:
    def plant(raw: np.ndarray, condition: np.ndarray):
        keep = ~gone(raw, condition)
        return raw[keep], condition[keep]

    return plant


def shower_set(name: str, words: str, file: str, edge: float, **more) -> Set:
    return Set(
        name=name,
        words=words,
        path=f"geant4/{file}_{{}}.h5",
        read=read_showers,
        observables="calorimeter",
        fields={"geometry": "geant4/binning.xml"},
        condition="the incident energy",
        defects={
            "scale": ("all cells times 1.01", scaled(slice(None))),
            "shuffle": ("every cell from another shower", shuffled(1)),
            "mode": (
                f"no shower below {edge / 1000:g} GeV",
                without(lambda _, energy: energy < edge),
            ),
        },
        **more,
    )


# ---- Jets

PARTICLE = 4  # eta, phi, pT (relative to the jet), mask


def read_jets(path: Path, _: Set) -> tuple[np.ndarray, np.ndarray]:
    particles = castalia.hdf5_read(path, "particle_features")
    return particles.reshape(len(particles), -1), castalia.hdf5_read(path, "jet_features")[:, 0]


def jet_mass(raw: np.ndarray) -> np.ndarray:
    """Of massless particles, in units of the jet's transverse momentum."""
    eta, phi, pt, mask = (raw[:, k::PARTICLE] for k in range(PARTICLE))
    pt = pt * (mask > 0.5)
    x, y, z, e = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta)
    total = [each.sum(1) for each in (e, x, y, z)]
    return np.sqrt(np.maximum(total[0] ** 2 - sum(each**2 for each in total[1:]), 0))


def peak_is_missing(raw: np.ndarray, pt: np.ndarray) -> np.ndarray:
    mass = jet_mass(raw) * pt
    return (mass > 150) & (mass < 200)


def jet_set(name: str, words: str, **more) -> Set:
    return Set(
        name=name,
        words=words,
        path=f"pythia8/jetnet/jetnet30_{name[0]}_{{}}.h5",
        read=read_jets,
        observables="jets",
        fields={"particle_features": PARTICLE},
        condition="the jet's transverse momentum",
        defects={
            "scale": ("all momenta times 1.01", scaled(slice(2, None, PARTICLE))),
            "shuffle": ("every particle from another jet", shuffled(PARTICLE)),
            "mode": ("no jet with a mass of 150 to 200 GeV", without(peak_is_missing)),
        },
        jets=True,
        **more,
    )


# ---- Muons


def read_muons(path: Path, _: Set) -> tuple[np.ndarray, np.ndarray]:
    momenta = castalia.hdf5_read(path, "truth")
    pair = momenta[:, 0] + momenta[:, 1]
    return momenta.reshape(len(momenta), -1), np.hypot(pair[:, 1], pair[:, 2])


def pair_mass(raw: np.ndarray) -> np.ndarray:
    pair = raw[:, :4] + raw[:, 4:8]
    return np.sqrt(np.maximum(pair[:, 0] ** 2 - (pair[:, 1:] ** 2).sum(1), 0))


SETS = (
    shower_set("eplus", "e+ showers of 504 cells, 1 to 50 GeV", "eplus", 10e3),
    shower_set("gamma", "photon showers of 504 cells, 1 to 50 GeV", "gamma", 10e3, whole=False),
    shower_set("piplus", "pi+ showers of 504 cells, 1 to 15 GeV", "piplus", 3e3, whole=False),
    replace(
        shower_set(
            "gamma_grid",
            "photon showers of 27,000 cells, 10 to 50 GeV",
            "gamma_grid",
            20e3,
            whole=False,
        ),
        fields={
            "layers": 30,
            "rows": [30],
            "columns": [30],
            "row_sizes": [8],
            "column_sizes": [8],
        },
    ),
    jet_set("gluon", "gluon jets of 30 particles", whole=False),
    jet_set("quark", "quark jets of 30 particles", whole=False),
    jet_set("top", "top jets of 30 particles"),
    Set(
        name="zmumu",
        words="Z(mu+ mu-) + jet, four-vectors",
        path="pythia8/zmumu_jet/zmumu_jet_{}.h5",
        read=read_muons,
        observables="kinematics",
        fields={"particles": ["mu_plus", "mu_minus", "jet"]},
        condition="the pair's transverse momentum",
        defects={
            "scale": ("all four-momenta times 1.01", scaled(slice(None))),
            "shuffle": ("every particle from another event", shuffled(4)),
            "mode": (
                "no pair with a mass below 80 GeV",
                without(lambda raw, _: pair_mass(raw) < 80),
            ),
        },
    ),
)


# ---- What metrics of other samples need


def posterior(generated: Events, reference: Events, seed: int) -> list[castalia.Dataset]:
    """Posterior samples, and true values: where a generator would draw from its posterior, neighbours in
    the condition are taken. Both samples together, in the order of the condition, are cut into blocks; of
    each, one reference event is drawn to be the truth and generated ones to be its samples. If the laws are
    one, truth and samples of a block can be exchanged, however wide it is.
    """
    rng = np.random.default_rng(seed)
    # Half as many generated events again as are wanted, that few blocks lack some.
    size = 1.5 * POSTERIOR_SAMPLES * (len(generated) + len(reference)) / len(generated)
    order = np.argsort(np.concatenate([generated.condition, reference.condition]), kind="stable")
    samples, truths = [], []
    for block in np.array_split(order, max(int(len(order) / size), 1)):
        block = rng.permutation(block)
        ours, true = block[block < len(generated)], block[block >= len(generated)]
        if len(ours) >= POSTERIOR_SAMPLES and len(true):
            samples.append(ours[:POSTERIOR_SAMPLES])
            truths.append(true[0] - len(generated))
    return [
        castalia.Dataset(generated.table[np.concatenate(samples)]),
        castalia.Dataset(reference.table[truths]),
    ]


def densities(training: Events, *samples: Events) -> list[castalia.Dataset]:
    """Log-densities of the events under the normal law that the training events suggest."""
    spread = training.table.std(0)
    used = spread > 0
    mean = training.table[:, used].mean(0)
    z = (training.table[:, used] - mean) / spread[used]
    # Observables may be functions of each other: a floor keeps the law from being singular.
    covariance = np.cov(z, rowvar=False) + 1e-3 * np.eye(z.shape[1])
    inverse, (_, determinant) = np.linalg.inv(covariance), np.linalg.slogdet(covariance)
    constant = 0.5 * (determinant + z.shape[1] * np.log(2 * np.pi)) + np.log(spread[used]).sum()
    out = []
    for each in samples:
        z = (each.table[:, used] - mean) / spread[used]
        out.append(castalia.Dataset((-0.5 * ((z @ inverse) * z).sum(1) - constant)[:, None]))
    return out

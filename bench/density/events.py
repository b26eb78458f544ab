"""The events whose density is learned: three standard densities of the plane, collisions and jets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import h5py
import numpy as np

PLANE_EVENTS = 20_000
CONSTITUENTS = 8


@dataclass(frozen=True)
class Set:
    name: str
    words: str
    load: Callable[[Path, str], np.ndarray]  # of "train" or "test": (events, features)


def checkerboard(random: np.random.Generator, events: int) -> np.ndarray:
    """Every other field of a board of 4 by 4, of side 1."""
    column, row = random.integers(0, 4, events), 2 * random.integers(0, 2, events)
    corner = np.stack([column, row + column % 2], 1)
    return corner + random.uniform(size=(events, 2)) - 2


def moons(random: np.random.Generator, events: int) -> np.ndarray:
    """Two half circles that reach into each other, with normal noise of 0.1."""
    angle, upper = random.uniform(0, np.pi, events), random.integers(0, 2, events) == 0
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle))
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
    return np.stack([x, y], 1) + 0.1 * random.normal(size=(events, 2))


def rings(random: np.random.Generator, events: int) -> np.ndarray:
    """Four circles of radius 1 to 4 about one centre, with normal noise of 0.08 in the radius."""
    radius = random.integers(1, 5, events) + 0.08 * random.normal(size=events)
    angle = random.uniform(-np.pi, np.pi, events)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


def plane(draw: Callable[[np.random.Generator, int], np.ndarray]) -> Callable:
    seeds = {"train": 1, "test": 2}
    return lambda data, part: draw(np.random.default_rng(seeds[part]), PLANE_EVENTS)


def muons_and_jet(data: Path, part: str) -> np.ndarray:
    """log pT, eta and phi of mu+, mu- and jet, and the logarithm of the jet's mass in GeV."""
    with h5py.File(data / f"pythia8/zmumu_jet/zmumu_jet_{part}.h5") as file:
        energy, px, py, pz = np.moveaxis(file["truth"][:].astype(np.float64), 2, 0)
    pt = np.hypot(px, py)
    mass2 = (energy**2 - px**2 - py**2 - pz**2)[:, 2]
    columns = [np.log(pt), np.arcsinh(pz / pt), np.arctan2(py, px)]
    jet_mass = 0.5 * np.log(np.maximum(mass2, 0.1**2))[:, None]
    return np.concatenate([*columns, jet_mass], 1)


def leading_constituents(data: Path, part: str) -> np.ndarray:
    """eta_rel, phi_rel and log pt_rel of the leading constituents of top jets that have so many."""
    with h5py.File(data / f"pythia8/jetnet/jetnet30_t_{part}.h5") as file:
        particles = file["particle_features"][:, :CONSTITUENTS].astype(np.float64)
    eta, phi, pt, real = np.moveaxis(particles[particles[..., 3].all(1)], 2, 0)
    return np.concatenate([eta, phi, np.log(pt)], 1)


SETS = (
    Set("checkerboard", "checkerboard, 2 features", plane(checkerboard)),
    Set("moons", "two moons, 2 features", plane(moons)),
    Set("rings", "four rings, 2 features", plane(rings)),
    Set("zmumu", "Z(mu+ mu-) + jet, 10 features", muons_and_jet),
    Set(
        "top",
        f"{CONSTITUENTS} leading constituents of top jets, {3 * CONSTITUENTS} features",
        leading_constituents,
    ),
)

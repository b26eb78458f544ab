"""The showers that row M compares: two samples of one distribution, as float32 rows in two files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SHOWERS, CELLS = 50_000, 504
FACTORS = 12  # what cells have in common: energy, depth, direction, ...
ZEROS = 0.64  # which leaves 62 %, for some cells are never or always hit
SAMPLES = ("generated", "reference")


def made(rng: np.random.Generator) -> np.ndarray:
    """Log-normal cells with common factors; a cell is zero where its own variable is below a cut."""
    shape = np.random.default_rng(0)  # the distribution, the same for both samples
    scale = shape.uniform(-6, 4, CELLS)
    loadings = shape.normal(0, 0.6 / np.sqrt(FACTORS), (FACTORS, CELLS))
    zeros = np.clip(ZEROS - 0.35 * (scale + 1) / 5, 0.02, 0.98)
    cell = rng.random((SHOWERS, CELLS), np.float32)
    logarithm = rng.standard_normal((SHOWERS, FACTORS)) @ loadings + scale
    return np.where(cell < zeros, 0, np.exp(logarithm + cell)).astype(np.float32)


def repeated(path: Path, rng: np.random.Generator) -> np.ndarray:
    """Showers of a file, with a little noise: times do not depend on what they are."""
    import h5py

    with h5py.File(path) as file:
        base = file["showers"][:].astype(np.float32)
    if base.shape[1] != CELLS:
        raise SystemExit(f"{path}: showers of {base.shape[1]} cells, not {CELLS}")
    out = base[rng.integers(len(base), size=SHOWERS)]
    return out * rng.normal(1, 0.05, out.shape).astype(np.float32)


def write_showers(folder: Path, path: Path | None) -> Path:
    """Writes both samples into the folder; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(SAMPLES, 1):
        rng = np.random.default_rng(seed)
        (repeated(path, rng) if path else made(rng)).tofile(folder / name)
    return folder


def read_showers(folder: Path, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The first rows of both samples, in float64 as the referee takes them."""
    return tuple(
        np.fromfile(folder / name, np.float32, rows * CELLS).reshape(rows, CELLS).astype(np.float64)
        for name in SAMPLES
    )

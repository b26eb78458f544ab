"""Showers on a regular grid: how they are read, and how a sample of them is judged."""

from __future__ import annotations

from pathlib import Path

import castalia
import h5py
import numpy as np

LAYERS, SIDE, MERGED = 30, 10, 3  # cells of 24 mm by 16 mm of depth, of 3 by 3 smaller ones
CELLS = LAYERS * SIDE * SIDE
GRID = {
    "layers": LAYERS,
    "rows": [SIDE],
    "columns": [SIDE],
    "row_sizes": [24.0],
    "column_sizes": [24.0],
}
# The default of the metric (2048 units) takes ten times as long.
CLASSIFIER = {"inputs": "showers", "hidden": 512, "epochs": 30, "batch": 100}


def read(data: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Cells (showers, 3000) and incident energies (showers, 1) of "train" or "test", in MeV."""
    with h5py.File(data / f"geant4/gamma_grid_{part}.h5") as file:
        fine = file["showers"][:].reshape(-1, LAYERS, SIDE, MERGED, SIDE, MERGED)
        return fine.sum((3, 5), dtype=np.float64).reshape(-1, CELLS), file["incident_energies"][:]


def images(cells: np.ndarray) -> np.ndarray:
    """The eight images of each shower under the symmetries of the square, one after another."""
    grid = cells.reshape(-1, LAYERS, SIDE, SIDE)
    turned = [np.rot90(grid, quarter, (2, 3)) for quarter in range(4)]
    both = [image for each in turned for image in (each, each.swapaxes(2, 3))]
    return np.concatenate([each.reshape(-1, CELLS) for each in both])


def observables(cells: np.ndarray, incident: np.ndarray, threshold: float) -> dict[str, np.ndarray]:
    """By name: (showers, columns), or (cells, 1) of the spectrum, which has no showers."""
    grid = cells.reshape(-1, LAYERS, SIDE * SIDE)
    layers, total = grid.sum(2), cells.sum(1, keepdims=True)
    place = np.arange(SIDE) - (SIDE - 1) / 2
    rows, columns = (axis.ravel() for axis in np.meshgrid(place, place, indexing="ij"))
    weight = np.maximum(total, 1e-12)
    return {
        "layer energies": layers,
        "total energy": total,
        "total over incident energy": total / incident,
        "occupancy of layers": (grid > threshold).mean(2),
        "occupancy": (cells > threshold).mean(1, keepdims=True),
        "centre of gravity, depth": layers @ np.arange(LAYERS)[:, None] / weight,
        "centre of gravity, x and y": np.stack([grid.sum(1) @ rows, grid.sum(1) @ columns], 1)
        / weight,
        "cell energies, logarithm": np.log10(cells[cells > threshold])[:, None],
    }


def judged(
    generated: tuple[np.ndarray, np.ndarray],
    reference: tuple[np.ndarray, np.ndarray],
    threshold: float,
    classifier: dict,
) -> dict[str, dict]:
    """The classifier's area, and the separation power of each set of observables."""
    both = [castalia.Dataset(*sample) for sample in (generated, reference)]
    found = {
        "classifier": castalia.evaluate("classifier", *both, seed=1, progress=False, **classifier)
    }
    seen = [observables(*sample, threshold) for sample in (generated, reference)]
    for name in seen[0]:
        pair = [castalia.Dataset(each[name]) for each in seen]
        found[name] = castalia.evaluate("separation_power", *pair, seed=1, progress=False)
    return {name: each["figures"][0] for name, each in found.items()}

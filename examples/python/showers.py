"""Learns positrons' showers in a calorimeter from Geant4's, and draws new ones of any energy: CaloFlow
(arXiv:2106.05285).

    python showers.py DATA.h5

DATA.h5 is examples/data/eplus_showers.h5: `showers` and `incident_energies`, in MeV.
"""

import sys

import castalia
import h5py
import numpy as np

CELLS = [12, 16, 4]  # of each layer


def print_figures(name, x, energies):
    """Mean and spread of the energy in the calorimeter over the incident one, the share of its first layer,
    and how many cells are not empty."""
    total = x.sum(axis=1)
    response, first = total / energies[:, 0], x[:, : CELLS[0]].sum(axis=1) / total
    print(
        f"{name} response {response.mean():.5f} spread {response.std():.5f}",
        f"first {first.mean():.4f} active {(x > 0).sum(axis=1).mean():.2f}",
    )


with h5py.File(sys.argv[1]) as file:
    geant4, energies = (file[k][:].astype(np.float64) for k in ("showers", "incident_energies"))
print_figures("geant4", geant4, energies)

model = castalia.Caloflow(
    cells=CELLS, noise=0.1, threshold=0.1, layers=2, hidden=64, energy_layers=4
)
model.fit(
    geant4,
    energies,
    steps=600,
    batch=128,
    learning_rate=0.005,
    schedule="one_cycle",
    clip_norm=20,
    ema=0.99,
    progress=False,
)
drawn = model.sample(context=energies, seed=1, dtype=np.float64)
print_figures("teacher", drawn, energies)

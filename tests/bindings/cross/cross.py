"""One of four programs that do the same in four languages; cross.c says what."""

import sys

import castalia
import numpy as np


def train(path):
    x = castalia.normal((1000, 2), seed=42)
    model = castalia.CouplingFlow(features=2, layers=2, hidden=16, hidden_layers=1, bins=4, seed=3)
    model.fit(x, progress=False, steps=30, batch=128, validation=0.2, seed=5)
    model.save(path)


def sample(path, file):
    model = castalia.load(path)
    whole = model.sample(50, seed=7, first_event=100, dtype=np.float64)
    with model.sampler(7) as sampler:
        sampler.seek(100)
        drawn = np.concatenate([sampler.next(10, dtype=np.float64) for _ in range(5)])
    castalia.hdf5_write(file, "whole", whole, replace=True)
    castalia.hdf5_write(file, "drawn", drawn)


if __name__ == "__main__":
    {"train": train, "sample": sample}[sys.argv[1]](*sys.argv[2:])

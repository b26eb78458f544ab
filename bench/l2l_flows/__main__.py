"""L2LFlows on photons in 30 layers of 10 by 10 cells: training, samples, judgement, times.

    python -m bench.l2l_flows --data DIR [--rows out/l2l_flows] [--document docs/l2l_flows.md]

DIR holds geant4/. Each part writes its files below --rows when it is done, and is kept by the next run; the
training goes on from its last checkpoint. One core, some twenty minutes when nothing else runs on it.
Needs castalia, h5py and numpy.
"""

from __future__ import annotations

import argparse
import json
import os
from functools import partial
from pathlib import Path

import castalia
import numpy as np

from bench.l2l_flows.page import page
from bench.l2l_flows.showers import CELLS, CLASSIFIER, LAYERS, images, judged, read
from bench.results import kept, user_seconds, whole, write_json

MODEL = {
    "cells": [CELLS // LAYERS] * LAYERS,
    "layers": 2,
    "hidden": 32,
    "bins": 6,
    "embedding": 24,
    "embedding_hidden": 48,
    "energy_layers": 4,
    "noise": 1e-3,  # MeV; the simulation drops what is below
    "threshold": 1e-3,
}
TRAINING = {
    "steps": 1200,
    "batch": 128,
    "learning_rate": 3e-3,
    "schedule": "one_cycle",
    "validation": 0.0,
    "checkpoint_every": 100,
}
BATCHES = (1, 100)
SHOWERS_TIMED = 500


def trained(data: Path, rows: Path) -> castalia.Model:
    path, notes = rows / "model.safetensors", rows / "training.json"
    if path.exists():
        return castalia.load(path)
    cells, incident = read(data, "train")
    # Nothing in the detector or the beam tells one image from another.
    x, context = images(cells), np.tile(incident, (8, 1))
    one_core = castalia.Context(training_threads=1)
    model = castalia.create("l2l_flows", settings=one_core, **MODEL)
    before = json.loads(notes.read_text())["seconds"] if notes.exists() else 0.0
    start = user_seconds()

    def watch(status: castalia.Status) -> None:
        history = {"step": status.step, "loss": status.loss}
        write_json(notes, {"seconds": before + user_seconds() - start, **history})

    checkpoint = os.fspath(rows / "training.checkpoint")
    model.fit(x, context, callback=watch, progress=False, checkpoint=checkpoint, **TRAINING)
    whole(path, model.save)
    return model


def drawn(model: castalia.Model, rows: Path, incident: np.ndarray) -> np.ndarray:
    """As many showers as there are for the test, of the same incident energies."""
    path = rows / "showers.npy"
    if not path.exists():
        whole(path, partial(np.save, arr=model.sample(context=incident, seed=1)))
    return np.load(path)


def timed(model: castalia.Model, incident: np.ndarray) -> dict[str, float]:
    """Milliseconds a shower, the least of five times, by batch."""
    found = {}
    for batch in BATCHES:
        several = []
        for _ in range(5):
            start = user_seconds()
            for first in range(0, SHOWERS_TIMED, batch):
                model.sample(context=incident[first : first + batch], seed=1, first_event=first)
            several.append(1e3 * (user_seconds() - start) / SHOWERS_TIMED)
        found[str(batch)] = min(several)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=Path, default=Path("out/l2l_flows"))
    parser.add_argument("--document", type=Path, default=Path("docs/l2l_flows.md"))
    arguments = parser.parse_args()
    rows = arguments.rows
    rows.mkdir(parents=True, exist_ok=True)

    model = trained(arguments.data, rows)
    test = read(arguments.data, "test")
    generated = drawn(model, rows, test[1]), test[1]
    threshold = MODEL["threshold"]
    every = read(arguments.data, "train")
    # As many training showers as there are for the test, so that both columns mean the same.
    train = tuple(each[: len(test[1])] for each in every)
    found = {
        "model": kept(rows / "model.json", lambda: judged(generated, test, threshold, CLASSIFIER)),
        "floor": kept(rows / "floor.json", lambda: judged(train, test, threshold, CLASSIFIER)),
    }
    times = kept(rows / "times.json", lambda: timed(model, test[1]))
    notes = json.loads((rows / "training.json").read_text())
    counts = {
        "train": len(every[1]),
        "test": len(test[1]),
        "parameters": len(model.parameters),
    }
    arguments.document.write_text(page(found, times, notes, counts, MODEL, TRAINING, CLASSIFIER))


if __name__ == "__main__":
    main()

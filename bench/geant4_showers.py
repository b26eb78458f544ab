"""Geant4's showers of 504 cells, and how showers that a model has drawn are compared with them.

What is complete in the folder of the rows is kept: each function makes one file of its own there. Needs
castalia and numpy.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Callable

import castalia
import numpy as np

from bench.progress import Progress
from bench.referee.floors import CLASSIFIER as SMALL_CLASSIFIER
from bench.results import user_seconds, whole, write_json

PARTICLES = {"eplus": "positrons", "gamma": "photons"}
GEOMETRY = "geant4/binning.xml"
GEANT4_MILLISECONDS = 65  # of one core for a shower of 1 to 50 GeV (DIR/geant4/README.md)
SEED = 11
LEAST_SECONDS = 1.0  # of a timing
CLASSIFIERS = {
    "glance": {"inputs": "showers", **SMALL_CLASSIFIER},
    "judge": {"inputs": "showers", "seeds": 3},
}

STAGES = ("train", "sample", "observe", "time", *CLASSIFIERS)


def load(data: Path, particle: str, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Showers (events, cells) and incident energies (events, 1), both in MeV."""
    path = data / f"geant4/{particle}_{part}.h5"
    return castalia.hdf5_read(path, "showers"), castalia.hdf5_read(path, "incident_energies")


def first_of_training(data: Path, particle: str) -> tuple[np.ndarray, np.ndarray]:
    """As many training showers as there are for the test: the floor of what models draw."""
    events = len(load(data, particle, "test")[0])
    return tuple(each[:events] for each in load(data, particle, "train"))


def sample(name: str, particle: str, data: Path, rows: Path, progress: Progress) -> None:
    """As many showers as the test file has, of the same incident energies, by the model in the rows."""
    path = rows / f"{name}-showers.h5"
    if path.exists():
        return
    progress.show(f"sample {name}")
    _, energies = load(data, particle, "test")
    model = castalia.load(rows / f"{name}.safetensors")
    showers = model.sample(context=energies, seed=SEED, dtype=np.float64)

    def write(unfinished: Path) -> None:
        castalia.hdf5_write(unfinished, "showers", showers.astype(np.float32), replace=True)
        castalia.hdf5_write(unfinished, "incident_energies", energies)

    whole(path, write)


def drawn(name: str, rows: Path) -> tuple[np.ndarray, np.ndarray]:
    """What sample() has written."""
    path = rows / f"{name}-showers.h5"
    return castalia.hdf5_read(path, "showers"), castalia.hdf5_read(path, "incident_energies")


def classify(
    classifier: str,
    name: str,
    particle: str,
    showers: tuple,
    data: Path,
    rows: Path,
    progress: Progress,
) -> None:
    """The referee's classifier on showers and those of the test file."""
    path = rows / f"{name}-{classifier}.json"
    if path.exists():
        return
    progress.show(f"{classifier} {name}")
    start = time.process_time()
    found = castalia.evaluate(
        "classifier",
        castalia.Dataset(*showers),
        castalia.Dataset(*load(data, particle, "test")),
        seed=1,
        progress=False,
        **CLASSIFIERS[classifier],
    )
    found = {k: found[k] for k in ("figures", "settings", "generated", "reference")}
    write_json(path, {"seconds": time.process_time() - start, **found})


def observe(
    name: str, particle: str, showers: tuple, data: Path, rows: Path, progress: Progress
) -> None:
    """The separation power of every observable between showers and those of the test file."""
    path = rows / f"{name}-observe.json"
    if path.exists():
        return
    progress.show(f"observe {name}")
    tables = [
        castalia.Dataset(*events).observe("calorimeter", geometry=str(data / GEOMETRY))
        for events in (showers, load(data, particle, "test"))
    ]
    found = castalia.evaluate("separation_power", *tables, seed=1, progress=False)
    details = found["details"]
    values = [table.read()[0] for table in tables]
    columns = [
        {
            "name": column["name"],
            "units": column["units"],
            "mean": [float(each[:, i].mean()) for each in values],
            "deviation": [float(each[:, i].std()) for each in values],
            "separation_power": details["separation_power"][i],
            "error": details["separation_power_error"][i],
            "null_value": details["separation_power_null_value"][i],
        }
        for i, column in enumerate(tables[0].describe()["columns"])
    ]
    write_json(path, {"columns": columns})


def timing(
    name: str, particle: str, batches: tuple, data: Path, rows: Path, progress: Progress
) -> None:
    """Milliseconds of one thread for a shower, drawn so many at a time: user time, the least of several
    repetitions, so that other work on the machine does not count."""
    path = rows / f"{name}-time.json"
    if path.exists():
        return
    model = castalia.load(rows / f"{name}.safetensors")
    _, energies = load(data, particle, "test")
    found = {}
    for batch in batches:
        progress.show(f"time {name}: {batch} at a time")
        context = np.resize(energies, (batch, 1))
        sampler, out = model.sampler(SEED), np.empty((batch, model.features), np.float32)
        sampler.next(out=out, context=context)  # plans and packs
        calls, least = 1, np.inf
        for _ in range(5):
            start = user_seconds()
            for _ in range(calls):
                sampler.next(out=out, context=context)
            spent = user_seconds() - start
            least = min(least, spent / calls)
            if spent > LEAST_SECONDS:
                break
            calls = max(calls, round(calls * LEAST_SECONDS / 4 / max(spent, 0.01)))
        found[str(batch)] = 1e3 * least / batch
    write_json(path, {"parameters": len(model.parameters), "milliseconds": found})


def add_arguments(parser: argparse.ArgumentParser, models: dict[str, str]) -> None:
    """Those of a command that run() serves; `models` are names with the particle of each."""
    names = [*models, *(f"{each}-floor" for each in PARTICLES)]
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--stage", nargs="*", choices=STAGES, default=STAGES)
    parser.add_argument("--model", nargs="*", choices=names, default=names)


def run(
    models: dict[str, str],
    train: Callable[[str, Progress], None],
    batches: tuple,
    arguments: argparse.Namespace,
) -> None:
    """The stages that are asked for: of the models, and of training showers in the place of drawn ones.
    train() leaves NAME.safetensors in the rows."""
    data, rows, stage = arguments.data, arguments.rows, arguments.stage
    progress = Progress()

    def compared(name: str, particle: str, showers: Callable[[], tuple]) -> None:
        if "observe" in stage:
            observe(name, particle, showers(), data, rows, progress)
        for classifier in CLASSIFIERS:
            if classifier in stage:
                classify(classifier, name, particle, showers(), data, rows, progress)
        progress.say(f"{name}: done")

    for name, particle in models.items():
        if name not in arguments.model:
            continue
        if "train" in stage:
            train(name, progress)
        if "sample" in stage:
            sample(name, particle, data, rows, progress)
        if "time" in stage:
            timing(name, particle, batches, data, rows, progress)
        compared(name, particle, partial(drawn, name, rows))
    for particle in PARTICLES:
        if f"{particle}-floor" in arguments.model:
            compared(f"{particle}-floor", particle, partial(first_of_training, data, particle))

"""How well CaloFlow draws showers, and how fast, beside Geant4 that it learned them from.

    python -m bench.caloflow --data DIR [--rows out/caloflow] [--document docs/caloflow.md]
                             [--stage train sample observe time glance judge] [--model eplus-teacher ...]

DIR holds geant4/. Positrons and photons each have a teacher (a masked autoregressive flow) and positrons a
student (an inverse one, taught by it). The stages of each model:

    train    its weights
    sample   as many showers as the test file has, of the same incident energies
    observe  the separation power of every observable between these and the test file's
    time     milliseconds of one thread for a shower, drawn 1, 100 and 10,000 at a time
    glance   a small classifier, that of bench.referee.floors, on the cells of the two
    judge    the referee's classifier at its defaults, three seeds, on the same

and, beside them, observe, glance and judge for training showers in the place of drawn ones: the floor. What
a stage makes is written when it is done and kept by the next run; a model file in the folder of the rows
counts as trained. Training takes two hours of one core, a judge some twenty minutes, the rest one.
Needs castalia and numpy.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Callable

import castalia
import numpy as np

from bench.caloflow.models import GEOMETRY, MODELS, PARTICLES, Trained
from bench.caloflow.page import page
from bench.progress import Progress
from bench.referee.floors import CLASSIFIER as SMALL_CLASSIFIER
from bench.results import user_seconds, whole, write_json

SEED = 11
BATCHES = (1, 100, 10_000)
LEAST_SECONDS = 1.0  # of a timing
CLASSIFIERS = {
    "glance": {"inputs": "showers", **SMALL_CLASSIFIER},
    "judge": {"inputs": "showers", "seeds": 3},
}


def load(data: Path, particle: str, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Showers (events, cells) and incident energies (events, 1), both in MeV."""
    path = data / f"geant4/{particle}_{part}.h5"
    return castalia.hdf5_read(path, "showers"), castalia.hdf5_read(path, "incident_energies")


# ---- The stages of a model: each makes a file


def train(one: Trained, data: Path, rows: Path, progress: Progress) -> None:
    path = rows / f"{one.name}.safetensors"
    if path.exists():
        return
    x, energies = load(data, one.particle, "train")
    if one.start:
        model = castalia.load(rows / f"{one.start}.safetensors")
    else:
        model = castalia.Caloflow(**one.fields)
    resumed = any(rows.glob(f"{one.name}-*.checkpoint"))
    start, done = time.monotonic(), 0

    def show(status: castalia.Status) -> None:
        progress.show(f"train {one.name}: step {done + status.step}, loss {status.loss:.2f}")

    for number, fit in enumerate(one.fits):
        if one.teacher:
            fit = {**fit, "teacher": str(rows / f"{one.teacher}.safetensors")}
        checkpoint = rows / f"{one.name}-{number}.checkpoint"
        model.fit(
            x,
            energies,
            callback=show,
            progress=False,
            checkpoint=str(checkpoint),
            checkpoint_every=250,
            **fit,
        )
        done += fit["steps"]
    seconds = None if resumed else time.monotonic() - start
    write_json(rows / f"{one.name}-train.json", {"seconds": seconds})
    whole(path, model.save)
    for checkpoint in rows.glob(f"{one.name}-*.checkpoint"):
        checkpoint.unlink()


def sample(one: Trained, data: Path, rows: Path, progress: Progress) -> None:
    path = rows / f"{one.name}-showers.h5"
    if path.exists():
        return
    progress.show(f"sample {one.name}")
    _, energies = load(data, one.particle, "test")
    model = castalia.load(rows / f"{one.name}.safetensors")
    showers = model.sample(context=energies, seed=SEED, dtype=np.float64)

    def write(unfinished: Path) -> None:
        castalia.hdf5_write(unfinished, "showers", showers.astype(np.float32), replace=True)
        castalia.hdf5_write(unfinished, "incident_energies", energies)

    whole(path, write)


def classify(
    stage: str, name: str, particle: str, drawn: tuple, data: Path, rows: Path, progress: Progress
) -> None:
    path = rows / f"{name}-{stage}.json"
    if path.exists():
        return
    progress.show(f"{stage} {name}")
    start = time.process_time()
    found = castalia.evaluate(
        "classifier",
        castalia.Dataset(*drawn),
        castalia.Dataset(*load(data, particle, "test")),
        seed=1,
        progress=False,
        **CLASSIFIERS[stage],
    )
    found = {k: found[k] for k in ("figures", "settings", "generated", "reference")}
    write_json(path, {"seconds": time.process_time() - start, **found})


def observe(
    name: str, particle: str, drawn: tuple, data: Path, rows: Path, progress: Progress
) -> None:
    path = rows / f"{name}-observe.json"
    if path.exists():
        return
    progress.show(f"observe {name}")
    tables = [
        castalia.Dataset(*events).observe("calorimeter", geometry=str(data / GEOMETRY))
        for events in (drawn, load(data, particle, "test"))
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


def timing(one: Trained, data: Path, rows: Path, progress: Progress) -> None:
    """User time of one thread, the least of several repetitions: other work on the machine does not count."""
    path = rows / f"{one.name}-time.json"
    if path.exists():
        return
    model = castalia.load(rows / f"{one.name}.safetensors")
    _, energies = load(data, one.particle, "test")
    found = {}
    for batch in BATCHES:
        progress.show(f"time {one.name}: {batch} at a time")
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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [each.name for each in MODELS] + [f"{each}-floor" for each in PARTICLES]
    stages = ("train", "sample", "observe", "time", *CLASSIFIERS)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=Path, default=Path("out/caloflow"))
    parser.add_argument("--document", type=Path, default=Path("docs/caloflow.md"))
    parser.add_argument("--stage", nargs="*", choices=stages, default=stages)
    parser.add_argument("--model", nargs="*", choices=names, default=names)
    arguments = parser.parse_args()
    data, rows, stage = arguments.data, arguments.rows, arguments.stage
    rows.mkdir(parents=True, exist_ok=True)
    progress = Progress()

    def compared(name: str, particle: str, drawn: Callable[[], tuple]) -> None:
        if "observe" in stage:
            observe(name, particle, drawn(), data, rows, progress)
        for classifier in CLASSIFIERS:
            if classifier in stage:
                classify(classifier, name, particle, drawn(), data, rows, progress)

    for one in MODELS:
        if one.name not in arguments.model:
            continue
        for name, function in (("train", train), ("sample", sample), ("time", timing)):
            if name in stage:
                function(one, data, rows, progress)
        path = rows / f"{one.name}-showers.h5"
        compared(
            one.name,
            one.particle,
            lambda path=path: tuple(
                castalia.hdf5_read(path, k) for k in ("showers", "incident_energies")
            ),
        )
        progress.say(f"{one.name}: done")
    for particle in PARTICLES:
        if f"{particle}-floor" not in arguments.model:
            continue

        def first(particle=particle) -> tuple:
            events = len(load(data, particle, "test")[0])
            return tuple(each[:events] for each in load(data, particle, "train"))

        compared(f"{particle}-floor", particle, first)
        progress.say(f"{particle}-floor: done")
    arguments.document.write_text(page(rows))


if __name__ == "__main__":
    main()

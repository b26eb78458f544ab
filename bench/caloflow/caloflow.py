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
from functools import partial
from pathlib import Path
from typing import Callable

import castalia

from bench.caloflow.models import MODELS, Trained
from bench.caloflow.page import page
from bench.geant4_showers import (
    CLASSIFIERS,
    classify,
    drawn,
    first_of_training,
    load,
    observe,
    sample,
    timing,
)
from bench.geant4_showers_page import PARTICLES
from bench.progress import Progress
from bench.results import whole, write_json

BATCHES = (1, 100, 10_000)


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

    def compared(name: str, particle: str, showers: Callable[[], tuple]) -> None:
        if "observe" in stage:
            observe(name, particle, showers(), data, rows, progress)
        for classifier in CLASSIFIERS:
            if classifier in stage:
                classify(classifier, name, particle, showers(), data, rows, progress)
        progress.say(f"{name}: done")

    for one in MODELS:
        if one.name not in arguments.model:
            continue
        if "train" in stage:
            train(one, data, rows, progress)
        if "sample" in stage:
            sample(one.name, one.particle, data, rows, progress)
        if "time" in stage:
            timing(one.name, one.particle, BATCHES, data, rows, progress)
        compared(one.name, one.particle, partial(drawn, one.name, rows))
    for particle in PARTICLES:
        if f"{particle}-floor" in arguments.model:
            compared(f"{particle}-floor", particle, partial(first_of_training, data, particle))
    arguments.document.write_text(page(rows))


if __name__ == "__main__":
    main()

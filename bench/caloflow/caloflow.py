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

import castalia

from bench.caloflow.models import MODELS, Trained
from bench.caloflow.page import page
from bench.geant4_showers import add_arguments, load, run
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
    models = {one.name: one for one in MODELS}
    particles = {name: one.particle for name, one in models.items()}
    add_arguments(parser, particles)
    parser.add_argument("--rows", type=Path, default=Path("out/caloflow"))
    parser.add_argument("--document", type=Path, default=Path("docs/caloflow.md"))
    arguments = parser.parse_args()
    data, rows = arguments.data, arguments.rows
    rows.mkdir(parents=True, exist_ok=True)
    run(
        particles,
        lambda name, progress: train(models[name], data, rows, progress),
        BATCHES,
        arguments,
    )
    arguments.document.write_text(page(rows))


if __name__ == "__main__":
    main()

"""How well EPiC-GAN generates jets, in the scores of arXiv:2106.11535, beside the floor of real jets.

    python -m bench.adversarial.jets --data DIR [--rows out/adversarial] [--document FILE] [--steps N]

DIR holds pythia8/. An `epic_gan` learns gluon jets of up to 30 particles, and as many as the test file has
are generated; these, and as a floor training jets, are judged against the test jets. What is complete in the
folder --rows (the checkpoint of the training, and one figure after another) is kept by the next run; it goes
on where the last one stopped. Needs castalia and numpy.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import partial
from pathlib import Path
from typing import Callable

import castalia
import numpy as np

from bench.progress import Progress
from bench.referee.floors_page import measured
from bench.results import write_json

PARTICLE = 4  # eta, phi, pT (relative to the jet), mask
MODEL = {
    "particles": 30,
    "hidden": 64,
    "generator_layers": 4,
    "critic_layers": 2,
    "sum_scale": 1 / 30,
    "sorted_by": 2,  # as the data are: validation compares place by place
}
TRAINING = {
    "batch": 128,
    "adversarial_loss": "hinge",
    "regularisers": ["r1"],
    "regulariser_weights": [1.0],
    "optimiser": "adam",
    "learning_rate": 5e-4,
    "beta1": 0.0,
    "critic_rate": 2.0,
    "schedule": "cosine",
    "final_fraction": 0.05,
    "ema": 0.998,
    "validate_every": 500,
    "checkpoint_every": 250,
}
# The metric, and the set of observables that it is taken of; None: of the jets as they are.
METRICS = {
    "jet_scores": None,
    "frechet_physics_distance": "jets",
    "kernel_physics_distance": "jets",
}


def jets(data: Path, part: str) -> np.ndarray:
    path = data / f"pythia8/jetnet/jetnet30_g_{part}.h5"
    particles = castalia.hdf5_read(path, "particle_features").astype(np.float64)
    return particles.reshape(len(particles), -1)


def judged(metric: str, generated: np.ndarray, reference: np.ndarray) -> list[dict]:
    samples = [castalia.Dataset(each) for each in (generated, reference)]
    if METRICS[metric]:
        samples = [each.observe(METRICS[metric], particle_features=PARTICLE) for each in samples]
    return castalia.evaluate(metric, *samples, seed=1, progress=False)["figures"]


def trained(data: Path, rows: Path, steps: int) -> dict:
    started = time.process_time()
    model = castalia.EpicGan(seed=1, threads=1, **MODEL)
    # A run that is gone on with has taken more than this says; the row keeps the last part.
    model.fit(jets(data, "train"), steps=steps, checkpoint=str(rows / "checkpoint"), **TRAINING)
    model.save(rows / "model.safetensors")
    return {"steps": steps, "seconds": time.process_time() - started}


def kept(path: Path, compute: Callable[[], object]) -> object:
    """What the file holds, computed and written where there is none."""
    if not path.exists():
        write_json(path, compute())
    return json.loads(path.read_text())


def page(training: dict, rows: list[tuple[dict, dict]]) -> str:
    head = f"""# Generated jets

An `epic_gan` (arXiv:2301.08128) trained on gluon jets of up to 30 particles by

    python -m bench.adversarial.jets --data DIR

for {training["steps"]} steps of {TRAINING["batch"]} jets, {training["seconds"] / 60:.0f} minutes of one
core, against jets that it has not seen. The floor is what training jets give.

| figure | generated | floor |
|---|---|---|
"""
    lines = [
        [a["name"], *(measured(each["value"], each["error"]) for each in (a, b))] for a, b in rows
    ]
    return head + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=Path, default=Path("out/adversarial"))
    parser.add_argument("--document", type=Path)
    parser.add_argument("--steps", type=int, default=6000)
    arguments = parser.parse_args()
    rows = arguments.rows
    rows.mkdir(parents=True, exist_ok=True)
    progress = Progress()
    training = kept(rows / "training.json", partial(trained, arguments.data, rows, arguments.steps))
    test = jets(arguments.data, "test")
    model = castalia.load(rows / "model.safetensors")
    samples = {
        "generated": model.sample(len(test), seed=1),
        "floor": jets(arguments.data, "train"),
    }
    found = []
    for metric in METRICS:
        figures = []
        for name, sample in samples.items():
            progress.show(f"{metric} of {name}")
            figures.append(
                kept(rows / f"{name}-{metric}.json", partial(judged, metric, sample, test))
            )
        found.extend(zip(*figures, strict=True))
    text = page(training, found)
    progress.say(text)
    if arguments.document:
        arguments.document.write_text(text)


if __name__ == "__main__":
    main()

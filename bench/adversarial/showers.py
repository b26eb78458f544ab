"""How well adversarial networks draw showers, beside Geant4 that they learned them from, and beside CaloFlow.

    python -m bench.adversarial.showers --data DIR [--rows out/showers] [--document docs/shower_gans.md]
                                        [--model eplus-calogan ...] [--device cpu] [--steps N]
                                        [--stage train sample observe time glance judge]
                                        [--caloflow out/caloflow]

DIR holds geant4/. Of positrons and of photons each, `calogan` is trained in the two games of MODELS; the
stages are those of bench.caloflow, and so are the floors. What a stage makes is written when it is done and
kept by the next run; --caloflow names a folder of rows of bench.caloflow, whose models then stand beside.
Needs castalia and numpy.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import castalia

from bench.geant4_showers import PARTICLES, add_arguments, load, run
from bench.geant4_showers_page import classifiers, observables, times
from bench.progress import Progress
from bench.referee.floors_page import table
from bench.results import whole, write_json

BESIDE = "beside eight other models on one GPU"
BATCHES = (1, 128, 1024)  # those of the published table (arXiv:1712.10321)
FIELDS = {
    "heights": [3, 12, 12],
    "widths": [96, 12, 6],
    "latent": 64,
    "generator_channels": [32, 24, 12],
    "critic_channels": [48, 24, 12, 12],
    "critic_hidden": 384,
    "threshold": 0.01,
}
COMMON = {
    "batch": 128,
    "optimiser": "adam",
    "beta1": 0.0,
    "beta2": 0.9,
    "schedule": "cosine",
    "final_fraction": 0.02,
    "ema": 0.999,
    "validate_every": 1000,
    "validation": 0.05,
}
GAMES = {
    "calogan": {
        **COMMON,
        "adversarial_loss": "hinge",
        "regularisers": ["r1"],
        "regulariser_weights": [1.0],
        "learning_rate": 3e-4,
        "critic_rate": 2.0,
    },
    "wgan": {
        **COMMON,
        "adversarial_loss": "wasserstein",
        "regularisers": ["gradient_penalty", "drift"],
        "critic_steps": 3,
        "learning_rate": 3e-4,
    },
}
MODELS = {f"{particle}-{game}": (particle, game) for particle in PARTICLES for game in GAMES}


def train(name: str, steps: int, device: str, data: Path, rows: Path, progress: Progress) -> None:
    path = rows / f"{name}.safetensors"
    if path.exists():
        return
    particle, game = MODELS[name]
    x, energies = load(data, particle, "train")
    model = castalia.create("calogan", seed=1, device=device, **FIELDS)
    checkpoint = rows / f"{name}.checkpoint"
    resumed = checkpoint.exists()
    start = time.monotonic()

    def show(status: castalia.Status) -> None:
        progress.show(f"train {name}: step {status.step} of {steps}")

    model.fit(
        x,
        energies,
        steps=steps,
        callback=show,
        progress=False,
        checkpoint=str(checkpoint),
        checkpoint_every=2000,
        **GAMES[game],
    )
    write_json(
        rows / f"{name}-train.json",
        {
            "seconds": None if resumed else time.monotonic() - start,
            "steps": steps,
            "device": device,
        },
    )
    whole(path, model.save)
    checkpoint.unlink(missing_ok=True)


def head(rows: Path) -> str:
    words = {"calogan": "hinge loss, R1", "wgan": "Wasserstein loss, gradient penalty"}
    body = []
    for name, (particle, game) in MODELS.items():
        path = rows / f"{name}-train.json"
        if path.exists():
            row = json.loads(path.read_text())
            trained = f"{row['steps']:,} steps of {COMMON['batch']} showers"
            body.append([name, PARTICLES[particle], words[game], trained, row["device"]])
    return f"""# Showers by generators and critics

Showers of positrons and photons of 1 to 50 GeV in a lead and liquid-argon calorimeter of 504 cells (the
geometry of CaloGAN, arXiv:1712.10321), learned from Geant4's by `calogan` in two games. Beside them stand
[CaloFlow's](caloflow.md). A classifier tells the published CaloGAN from its Geant4 with an AUC near 1
(arXiv:2106.05285). `examples/fortran/fast_simulation.f90` calls a small one from a simulation. This page is
written by

    python -m bench.adversarial.showers --data DIR

{table(["model", "particle", "game", "trained", "on"], body)}"""


def page(rows: Path) -> str:
    floors = [f"{particle}-floor" for particle in PARTICLES]
    flows = [f"{p}-{which}" for p in PARTICLES for which in ("teacher", "student")]
    of_each = {
        p: [*(n for n, (own, _) in MODELS.items() if own == p), f"{p}-student", f"{p}-floor"]
        for p in PARTICLES
    }
    return (
        head(rows)
        + classifiers(rows, [*MODELS, *flows, *floors])
        + observables(rows, of_each)
        + times(rows, list(MODELS), f", {BESIDE}")
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    particles = {name: particle for name, (particle, _) in MODELS.items()}
    add_arguments(parser, particles)
    parser.add_argument("--rows", type=Path, default=Path("out/showers"))
    parser.add_argument("--document", type=Path, default=Path("docs/shower_gans.md"))
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--caloflow", type=Path)
    arguments = parser.parse_args()
    data, rows = arguments.data, arguments.rows
    rows.mkdir(parents=True, exist_ok=True)
    if arguments.caloflow:
        for path in arguments.caloflow.glob("*.json"):
            if not (rows / path.name).exists():
                (rows / path.name).write_text(path.read_text())
    run(
        particles,
        lambda name, progress: train(name, arguments.steps, arguments.device, data, rows, progress),
        BATCHES,
        arguments,
    )
    arguments.document.write_text(page(rows))


if __name__ == "__main__":
    main()

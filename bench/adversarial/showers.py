"""How well adversarial networks draw showers, beside Geant4 that they learned them from, and beside CaloFlow.

    python -m bench.adversarial.showers --data DIR [--rows out/showers] [--document docs/shower_gans.md]
                                        [--model eplus-calogan ...] [--device cpu] [--steps N]
                                        [--stage train sample observe time glance judge]
                                        [--caloflow out/caloflow] [--fortran PROGRAM]

DIR holds geant4/. Of positrons and of photons each, `calogan` is trained in the two games of MODELS; the
stages are those of bench.caloflow, and so are the floors. What a stage makes is written when it is done and
kept by the next run; --caloflow names a folder of rows of bench.caloflow, whose models then stand beside.
--fortran names examples/fortran/fast_simulation.f90, compiled: it times a calogan of the published sizes.
Needs castalia, numpy and matplotlib.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import castalia
import numpy as np

from bench.geant4_showers import GEANT4_MILLISECONDS, PARTICLES, add_arguments, drawn, load, run
from bench.geant4_showers_page import classifiers, observables, times
from bench.progress import Progress
from bench.referee.floors_page import table
from bench.results import whole, write_json

BESIDE = "beside eight other models on one GPU"
BATCHES = (1, 128, 1024)  # those of the published table
PUBLISHED = (13.1, 2.19, 2.03)  # ms of a CPU, arXiv:1712.10321
SIMULATED = 2048  # showers that the Fortran program asks for
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


def from_fortran(program: Path, data: Path, rows: Path, progress: Progress) -> None:
    """Milliseconds for a shower as the program prints them, of a model of the published sizes. What its
    weights are does not matter to that: it is hardly trained."""
    path = rows / "fortran.json"
    if path.exists():
        return
    progress.show("time calogan from Fortran")
    showers, energies = (each[:SIMULATED] for each in load(data, "eplus", "test"))
    model = castalia.create("calogan", seed=1, heights=FIELDS["heights"], widths=FIELDS["widths"])
    model.fit(showers, energies, steps=2, batch=32, progress=False)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "calogan.safetensors")
        file = Path(folder) / "showers.h5"
        castalia.hdf5_write(file, "showers", np.asarray(showers, np.float64))
        castalia.hdf5_write(file, "incident_energies", np.asarray(energies, np.float64))
        said = subprocess.run(
            [program.resolve(), file.name], cwd=folder, check=True, capture_output=True, text=True
        ).stdout
    words = [line.split() for line in said.splitlines()]
    # together_128 milliseconds .25
    found = {line[0].removeprefix("together_"): float(line[2]) for line in words if len(line) == 3}
    write_json(path, {"parameters": len(model.parameters), "milliseconds": found})


def calls(rows: Path) -> str:
    """What a shower takes of a simulation in Fortran, beside Geant4 and the published figures."""
    path = rows / "fortran.json"
    if not path.exists():
        return ""
    measured = json.loads(path.read_text())
    body = [
        ["Geant4", f"{GEANT4_MILLISECONDS}", "", ""],
        ["`calogan`", *(f"{measured['milliseconds'][str(batch)]:.3g}" for batch in BATCHES)],
        ["published CaloGAN", *(f"{each}" for each in PUBLISHED)],
    ]
    head = ["by", *(f"ms, {batch:,} at a time" for batch in BATCHES)]
    return f"""
## From a simulation in Fortran

Milliseconds of processor time for a shower as `examples/fortran/fast_simulation.f90` asks for them, by a
`calogan` of the published sizes ({measured["parameters"]:,} weights, one thread), beside Geant4's on a
machine of the same kind; the published figures (arXiv:1712.10321) are of its authors' CPU.

{table(head, body)}"""


def draw(rows: Path, data: Path, path: Path) -> bool:
    """Mean energies of the cells, layer by layer, of Geant4 and of what has been drawn."""
    names = [name for name in MODELS if (rows / f"{name}-showers.h5").exists()]
    if not names:
        return False
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.colors import LogNorm

    means = {}
    for particle in dict.fromkeys(MODELS[name][0] for name in names):
        means[f"{PARTICLES[particle]}, Geant4"] = load(data, particle, "test")[0].mean(0)
        for name in names:
            if MODELS[name][0] == particle:
                steps = json.loads((rows / f"{name}-train.json").read_text())["steps"]
                means[f"{name}, {steps:,} steps"] = drawn(name, rows)[0].mean(0)
    shapes = list(zip(FIELDS["heights"], FIELDS["widths"], strict=True))
    ends = np.cumsum([height * width for height, width in shapes])[:-1]
    figure, axes = plt.subplots(
        len(means),
        len(shapes),
        figsize=(7.2, 1.6 * len(means)),
        layout="constrained",
        squeeze=False,
    )
    for layer, shape in enumerate(shapes):
        images = {
            title: np.split(mean, ends)[layer].reshape(shape) for title, mean in means.items()
        }
        greatest = max(image.max() for image in images.values())
        scale = LogNorm(1e-5 * greatest, greatest)
        for place, (title, image) in zip(axes[:, layer], images.items(), strict=True):
            shown = place.imshow(np.maximum(image, scale.vmin), norm=scale, aspect="auto")
            place.set_title(f"{title}, layer {layer}", fontsize=7)
            place.tick_params(labelsize=5)
        bar = figure.colorbar(shown, ax=axes[:, layer], location="bottom", shrink=0.9, pad=0.02)
        bar.set_label("mean energy, MeV", fontsize=7)
        bar.ax.tick_params(labelsize=6)
    whole(path, lambda unfinished: figure.savefig(unfinished, dpi=110))
    return True


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


PICTURE = """
![Mean energies of the cells]({name})

The picture has the models that were at hand when it was last drawn, trained for as many steps as it says.
"""


def page(rows: Path, picture: str) -> str:
    floors = [f"{particle}-floor" for particle in PARTICLES]
    flows = [f"{p}-{which}" for p in PARTICLES for which in ("teacher", "student")]
    of_each = {
        p: [*(n for n, (own, _) in MODELS.items() if own == p), f"{p}-student", f"{p}-floor"]
        for p in PARTICLES
    }
    return (
        head(rows)
        + (PICTURE.format(name=picture) if picture else "")
        + classifiers(rows, [*MODELS, *flows, *floors])
        + observables(rows, of_each)
        + times(rows, list(MODELS), f", {BESIDE}")
        + calls(rows)
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
    parser.add_argument("--fortran", type=Path)
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
    if arguments.fortran:
        from_fortran(arguments.fortran, data, rows, Progress())
    picture = arguments.document.with_suffix(".png")
    arguments.document.write_text(page(rows, picture.name if draw(rows, data, picture) else ""))


if __name__ == "__main__":
    main()

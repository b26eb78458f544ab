"""Which symmetries of Z + jet events are found by a critic that cannot see them: `symmetry_gan` on Pythia 8.

    python -m bench.adversarial.symmetries --data DIR [--rows out/symmetries]
        [--document docs/symmetries.md] [--steps N] [--starts N] [--device cuda:0]

DIR holds pythia8/. From many starts each, maps are trained that are to leave the events as they are: turns
about the beam, which are a symmetry; factors of the longitudinal momentum of the Z, among which the
reflection is one; and, as controls, turns of the beam and of the muons without the jet, which are none.
Starts that are done are kept in the folder --rows. Needs castalia, h5py and numpy.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import castalia
import h5py
import numpy as np

from bench.progress import Progress
from bench.results import kept, user_seconds

TRAINING = {
    "batch": 512,
    "optimiser": "adam",
    "learning_rate": 4e-3,
    "beta1": 0.5,
    "critic_rate": 2.0,
    "regularisers": ["r1"],
    "regulariser_weights": [0.1],
    "schedule": "cosine",
    "final_fraction": 0.02,
    "validation": 0.0,
}
CRITIC = {"critic_hidden": 64, "critic_layers": 3}


def columns(momenta: np.ndarray, order: str) -> np.ndarray:
    """Columns by particle (0: mu+, 1: mu-, 2: jet, Z: both muons) and component: "0x 0y 1x 1y"."""
    particles = {str(i): momenta[:, i] for i in range(3)} | {"Z": momenta[:, :2].sum(1)}
    return np.column_stack([particles[c[0]][:, "xyz".index(c[1])] for c in order.split()])


# What is turned or mapped, and what the critic sees beside it.
CASES = {
    "turns about the beam, one angle": {
        "order": "0x 0y 1x 1y 2x 2y 0z 1z 2z",
        "model": {"transformation": "rotation", "planes": 3, "shared_angle": True},
    },
    "turns about the beam, an angle each": {
        "order": "0x 0y 1x 1y 2x 2y",
        "model": {"transformation": "rotation", "planes": 3},
    },
    "scales of the pz of the Z": {
        "order": "Zz",
        "model": {"transformation": "linear"},
    },
    "control: turns of x into z": {
        "order": "0x 0z 1x 1z 2x 2z 0y 1y 2y",
        "model": {"transformation": "rotation", "planes": 3, "shared_angle": True},
    },
    "control: turns of the muons alone": {
        "order": "0x 0y 1x 1y 2x 2y 0z 1z 2z",
        "model": {"transformation": "rotation", "planes": 2, "shared_angle": True},
    },
}


def events(data: Path, part: str) -> np.ndarray:
    """px, py, pz of mu+, mu- and the jet, GeV."""
    with h5py.File(data / f"pythia8/zmumu_jet/zmumu_jet_{part}.h5") as file:
        return file["truth"][:, :, 1:].astype(np.float64)


def angles(model: castalia.Model) -> np.ndarray:
    """In degrees, from -180 to 180."""
    shape = next(
        p["shape"] for p in model.describe()["parameters"] if p["name"] == "generator.turns"
    )
    count = int(np.prod(shape))
    found = 180 / np.sqrt(6 / (1 + count)) * model.parameters[:count]
    return (found + 180) % 360 - 180


def start_from(
    name: str, seed: int, steps: int, device: str, train: np.ndarray, test: np.ndarray
) -> dict:
    case = CASES[name]
    x, reference = columns(train, case["order"]), columns(test, case["order"])
    model = castalia.create(
        "symmetry_gan",
        features=x.shape[1],
        seed=seed,
        settings=castalia.Context(training_threads=1, device=device),
        **case["model"],
        **CRITIC,
    )
    before = angles(model).tolist() if case["model"]["transformation"] == "rotation" else None
    began = user_seconds()
    model.fit(x, steps=steps, seed=seed, progress=False, **TRAINING)
    seconds = user_seconds() - began
    history = model.describe()["training"]["history"]
    mapped, _ = model.transform(reference[::2])
    spread = reference.std(0)
    figure = castalia.evaluate(
        "energy_distance", mapped / spread, reference[1::2] / spread, progress=False
    )
    found = {
        "before": before,
        "critic_loss": history["critic_loss"][-1],
        "distance": figure["value"],
        "error": figure["error"],
        "seconds": seconds,
    }
    if before is not None:
        found["after"] = angles(model).tolist()
    else:
        found["matrix"] = model.parameters[: x.shape[1] ** 2].tolist()
    return found


def whole_turns(values: list[float]) -> str:
    return ", ".join(f"{value:.0f}" for value in values)


def page(rows: dict[str, list[dict]], steps: int) -> str:
    starts = max(map(len, rows.values()))
    text = f"""# Symmetries of Z + jet events

`symmetry_gan` (arXiv:2112.05722) on pp -> Z(mu+ mu-) + jet of Pythia 8, momenta in GeV: maps that a critic
cannot tell from doing nothing. Each row is what {starts} starts at random found in {steps} steps of
{TRAINING["batch"]} events. The distance is the energy distance of mapped test events from others, in units of
its error: near 0 where the map is a symmetry. Written by

    python -m bench.adversarial.symmetries --data DIR

"""
    for name, each in rows.items():
        text += f"## {name[0].upper()}{name[1:]}\n\n"
        sigma = [row["distance"] / row["error"] for row in each]
        if "after" in each[0]:
            text += "| from, degrees | to, degrees | critic's loss | distance / error |\n|---|---|---|---|\n"
            for row, distance in zip(each, sigma, strict=True):
                text += (
                    f"| {whole_turns(row['before'])} | {whole_turns(row['after'])} | "
                    f"{row['critic_loss']:.3f} | {distance:.1f} |\n"
                )
        else:
            text += (
                "| matrix | determinant | critic's loss | distance / error |\n|---|---|---|---|\n"
            )
            for row, distance in zip(each, sigma, strict=True):
                size = int(np.sqrt(len(row["matrix"])))
                matrix = np.array(row["matrix"]).reshape(size, size)
                lines = "; ".join(" ".join(f"{v:.2f}" for v in line) for line in matrix)
                text += (
                    f"| {lines} | {np.linalg.det(matrix):.2f} | {row['critic_loss']:.3f} | "
                    f"{distance:.1f} |\n"
                )
        text += "\n"
    return text.rstrip("\n") + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=Path, default=Path("out/symmetries"))
    parser.add_argument("--document", type=Path)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--starts", type=int, default=6)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    rows = arguments.rows
    rows.mkdir(parents=True, exist_ok=True)
    progress = Progress()
    train, test = events(arguments.data, "train"), events(arguments.data, "test")
    found = {}
    for number, name in enumerate(CASES):
        found[name] = []
        for seed in range(arguments.starts):
            progress.show(f"{name}, start {seed}")
            path = rows / f"{number}-{arguments.steps}-{seed}.json"
            compute = partial(
                start_from, name, seed, arguments.steps, arguments.device, train, test
            )
            found[name].append(kept(path, compute))
    text = page(found, arguments.steps)
    progress.say(text)
    if arguments.document:
        arguments.document.write_text(text)


if __name__ == "__main__":
    main()

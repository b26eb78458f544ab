"""How wide a generated Z is: event_gan on Z + jet events, by what its networks are told of the masses.

    python -m bench.adversarial.resonance --data DIR [--rows out/event_gan] [--document docs/event_gan.md]
                                          [--steps N] [--device cpu] [--model neither ...]

DIR holds pythia8/. A training is kept when it is done, and taken up by the next run. On a GPU a few minutes
each; "masses shown, logistic" takes seven minutes of one core. Rows of the page whose models are not in
--rows stand as they are. Needs castalia, h5py, matplotlib and numpy.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import castalia
import h5py
import numpy as np

from bench.adversarial.pages import recipe, standing_row
from bench.results import user_seconds, whole, write_json

MUON = 0.10566  # GeV
WIDTHS = (
    2.5,
    10.0,
    40.0,
)  # of the kernels: that of the peak, and wider ones that see masses far from it
MODEL = {
    "features": 9,
    "latent": 24,
    "generator_hidden": 256,
    "generator_layers": 5,
    "critic_hidden": 256,
    "critic_layers": 4,
    "masses": [MUON, MUON, 0.0],
    "resonances": ["0 1"] * len(WIDTHS),
    "mmd_widths": WIDTHS,
}
TRAINING = {
    "batch": 512,
    "optimiser": "adam",
    "beta1": 0.0,
    "beta2": 0.9,
    "learning_rate": 3e-4,
    "schedule": "cosine",
    "final_fraction": 0.02,
    "adversarial_loss": "wasserstein",
    "regularisers": ["gradient_penalty"],
    "critic_steps": 2,
    "ema": 0.999,
    "validate_every": 1000,
    "judge_events": 4000,
}
KERNEL, HEAVY = 1.0, 20.0  # weights of the kernel distances
MODELS = {
    "neither": {"mmd_weight": 0.0},
    "kernel distance": {"mmd_weight": KERNEL},
    "masses shown": {"mmd_weight": 0.0, "critic_masses": True},
    "both": {"mmd_weight": KERNEL, "critic_masses": True},
    "both, heavily": {"mmd_weight": HEAVY, "critic_masses": True},
}
# In runs of 4,500 steps the kernel distance beside it from the start (weight 5, R1 0.1) spoilt the momenta
# for good, so there is none; pz by arctangents, which are nearly its logarithm, brought no narrower peak and
# a worse pz of the jet. What is judged are columns, which say little of the peak, so the last weights are
# kept.
LOGISTIC = "masses shown, logistic"
LOGISTIC_FIELDS = {
    "critic_layers": 3,
    "resonances": ["0 1"],
    "mmd_widths": [2.5],
    "mmd_weight": 0.0,
    "critic_masses": True,
}
LOGISTIC_TRAINING = {
    "steps": 12_000,
    "batch": 512,
    "optimiser": "adam",
    "beta1": 0.0,
    "beta2": 0.9,
    "learning_rate": 5e-4,
    "schedule": "cosine",
    "final_fraction": 0.1,
    "adversarial_loss": "non_saturating",
    "regularisers": ["r1"],
    "regulariser_weights": [0.3],
    "critic_rate": 2.0,
    "ema": 0.999,
    "validate_every": 12_000,
    "judge_events": 4000,
}
NAMES = (*MODELS, LOGISTIC)
METRICS = ("wasserstein", "energy_distance")


def momenta(data: Path, part: str) -> np.ndarray:
    """px, py, pz of the three particles, (events, 9), GeV."""
    with h5py.File(data / f"pythia8/zmumu_jet/zmumu_jet_{part}.h5") as file:  # GeV: E, px, py, pz
        return file["truth"][:, :, 1:].astype(np.float64).reshape(-1, 9)


def dimuon(x: np.ndarray) -> np.ndarray:
    p = x.reshape(-1, 3, 3)[:, :2]
    energy = np.sqrt((p**2).sum(-1) + MUON**2).sum(1)
    return np.sqrt(np.maximum(energy**2 - (p.sum(1) ** 2).sum(-1), 0.0))


def width(mass: np.ndarray) -> float:
    """Half of the range between the quantiles that hold the middle 68.3 %, of masses of 76 to 106 GeV:
    tails of the photon and of radiation are not the peak."""
    peak = mass[(mass > 76) & (mass < 106)]
    low, high = np.quantile(peak, [0.1585, 0.8415])
    return 0.5 * (high - low)


def file_of(rows: Path, name: str) -> Path:
    return rows / f"{name.replace(',', '').replace(' ', '-')}.safetensors"


def train(rows: Path, name: str, x: np.ndarray, steps: int, device: str) -> None:
    path = file_of(rows, name)
    if path.exists():
        return
    if name == LOGISTIC:
        fields, training = MODEL | LOGISTIC_FIELDS, LOGISTIC_TRAINING
    else:
        fields, training = MODEL | MODELS[name], TRAINING | {"steps": steps}
    settings = castalia.Context(training_threads=1, device=device)
    model = castalia.create("event_gan", settings=settings, **fields)
    # On a CPU user time, to which other work does not add.
    now = user_seconds if device == "cpu" else time.monotonic
    start = now()
    model.fit(x, progress=False, **training)
    note = {"seconds": now() - start, "steps": training["steps"], "device": device}
    write_json(path.with_suffix(".json"), note)
    whole(path, model.save)


def judged(generated: np.ndarray, reference: np.ndarray) -> dict:
    found = {}
    for metric in METRICS:
        # The jet has three times the momentum that a muon has: columns count by their spread.
        spread = reference.std(0)
        figure = castalia.evaluate(metric, generated / spread, reference / spread, progress=False)
        found[metric] = [figure["value"], figure["error"]]
    mass, truth = dimuon(generated), dimuon(reference)
    found["width"], found["truth"] = width(mass), width(truth)
    found["near"] = float(np.mean((mass > 76) & (mass < 106)))
    return found


def draw(masses: dict[str, np.ndarray], path: Path) -> None:
    """Dimuon masses over each other."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.0, 3.2), layout="constrained")
    bins = np.linspace(66, 116, 101)
    for title, mass in masses.items():
        share, _ = np.histogram(mass, bins)
        axes.stairs(share / len(mass) / np.diff(bins), bins, label=title)
    axes.set_xlim(bins[0], bins[-1])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("dimuon mass, GeV")
    axes.set_ylabel("share of the events in a GeV")
    axes.legend(frameon=False)
    whole(path, lambda unfinished: figure.savefig(unfinished, dpi=110))


def line(name: str, row: dict, note: dict) -> str:
    """Of the table."""
    last = f"{note['steps']:,} | {note['seconds']:.0f} | {note['device']}" if note else " | | "
    return (
        f"| {name} | {row['width']:.3f} | {row['width'] / row['truth']:.2f} | {row['near']:.3f} | "
        f"{row['wasserstein'][0]:.3g} ± {row['wasserstein'][1]:.1g} | "
        f"{row['energy_distance'][0]:.2g} ± {row['energy_distance'][1]:.1g} | {last} |"
    )


def page(lines: list[str]) -> str:
    widths = ", ".join(f"{each:g}" for each in WIDTHS)
    return "\n".join(
        [
            "# The width of a generated Z",
            "",
            "`event_gan` (arXiv:1907.03764) on pp -> Z(mu+ mu-) + jet of Pythia 8: px, py, pz of the muons",
            "and the jet. Of the dimuon mass the networks learn by kernel distances (`mmd_weight`), by what",
            "the critic is shown (`critic_masses`), by both, or by neither. The width is half the range that",
            "holds the middle 68.3 % of the masses from 76 to 106 GeV, the share is that of the events",
            "there. The floor is training events against test events. Written by",
            "",
            "    python -m bench.adversarial.resonance --data DIR",
            "",
            f"Steps of {TRAINING['batch']} events, Wasserstein loss with gradient penalty; weight of the",
            f"kernel distances {KERNEL:g} (heavily: {HEAVY:g}), their widths {widths} GeV.",
            f"'{LOGISTIC}' has a recipe of its own, below.",
            "",
            "| told of the mass by | width, GeV | over the true one | share of the peak | W1 of a column | "
            "energy distance | steps | seconds | on |",
            "|---|---|---|---|---|---|---|---|---|",
            *lines,
            "",
            "With the Wasserstein loss, what is told of the mass brings the width to the true one, and the",
            "more it weighs the less the momenta count: the mass is right where the columns no longer are.",
            "",
            f"## {LOGISTIC.capitalize()}",
            "",
            "No kernel distance, one shown mass, the logistic loss (`non_saturating`) and R1. Fields, then",
            "settings of training:",
            "",
            recipe(MODEL | LOGISTIC_FIELDS),
            "",
            recipe(LOGISTIC_TRAINING),
            "",
            "![The dimuon mass of generated and of test events](event_gan.png)",
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=Path, default=Path("out/event_gan"))
    parser.add_argument("--document", type=Path, default=Path("docs/event_gan.md"))
    parser.add_argument("--steps", type=int, default=60_000, help=f"of all but {LOGISTIC!r}")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--model", nargs="*", choices=NAMES, default=list(NAMES))
    arguments = parser.parse_args()
    arguments.rows.mkdir(parents=True, exist_ok=True)
    x, test = momenta(arguments.data, "train"), momenta(arguments.data, "test")
    for name in arguments.model:
        train(arguments.rows, name, x, arguments.steps, arguments.device)
    lines, masses = [line("floor", judged(x[: len(test)], test), {})], {"test events": dimuon(test)}
    for name in NAMES:
        path = file_of(arguments.rows, name)
        if path.exists():
            events = castalia.load(path).sample(len(test), seed=1)
            masses[name] = dimuon(events)
            note = json.loads(path.with_suffix(".json").read_text())
            lines.append(line(name, judged(events, test), note))
        elif standing := standing_row(arguments.document, name):
            lines.append(standing)
    draw(masses, arguments.document.with_suffix(".png"))
    arguments.document.write_text(page(lines))


if __name__ == "__main__":
    main()

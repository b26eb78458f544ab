"""How wide a generated Z is: event_gan on Z + jet events, with and without the kernel distance of the masses.

    python -m bench.adversarial.resonance --data DIR [--rows out/event_gan] [--document docs/event_gan.md]

DIR holds pythia8/. A training is kept when it is done, and taken up by the next run. One core, some ten
minutes. Needs castalia, h5py and numpy.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import castalia
import h5py
import numpy as np

from bench.results import user_seconds, whole, write_json

MUON = 0.10566  # GeV
MODEL = {
    "features": 9,
    "latent": 24,
    "generator_hidden": 128,
    "generator_layers": 4,
    "critic_hidden": 128,
    "critic_layers": 4,
    "masses": [MUON, MUON, 0.0],
    "resonances": ["0 1"],
    "mmd_widths": [2.5],
}
TRAINING = {
    "steps": 6000,
    "batch": 512,
    "optimiser": "adam",
    "beta1": 0.0,
    "beta2": 0.9,
    "learning_rate": 4e-4,
    "adversarial_loss": "wasserstein",
    "regularisers": ["gradient_penalty"],
    "critic_steps": 2,
    "ema": 0.999,
    "validate_every": 250,
    "judge_events": 4000,
}
WEIGHTS = {"with": 20.0, "without": 0.0}  # of the kernel distance
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


def trained(rows: Path, name: str, weight: float, x: np.ndarray) -> castalia.Model:
    path = rows / f"{name}.safetensors"
    if path.exists():
        return castalia.load(path)
    model = castalia.create(
        "event_gan", settings=castalia.Context(training_threads=1), mmd_weight=weight, **MODEL
    )
    start = user_seconds()
    model.fit(x, **TRAINING)
    seconds = user_seconds() - start
    write_json(rows / f"{name}.json", {"seconds": seconds})
    whole(path, model.save)
    return model


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


def page(rows: dict[str, dict], seconds: dict[str, float]) -> str:
    truth = rows["floor"]["truth"]
    lines = [
        "# The width of a generated Z",
        "",
        "`event_gan` (arXiv:1907.03764) on pp -> Z(mu+ mu-) + jet of Pythia 8: px, py, pz of the muons and",
        "the jet, with and without the kernel distance of the dimuon masses in the generator's loss. The",
        "width is half the range that holds the middle 68.3 % of the masses from 76 to 106 GeV, the share is",
        "that of the events there. The floor is training events against test events. Written by",
        "",
        "    python -m bench.adversarial.resonance --data DIR",
        "",
        f"{TRAINING['steps']} steps of {TRAINING['batch']} events, Wasserstein loss with gradient penalty;",
        f"weight of the kernel distance {WEIGHTS['with']:g}.",
        "",
        "| sample | width, GeV | over the true one | share of the peak | W1 of a column | energy distance | "
        "seconds of training |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        lines.append(
            f"| {name} | {row['width']:.3f} | {row['width'] / truth:.2f} | {row['near']:.3f} | "
            f"{row['wasserstein'][0]:.3g} ± {row['wasserstein'][1]:.1g} | "
            f"{row['energy_distance'][0]:.2g} ± {row['energy_distance'][1]:.1g} | "
            f"{seconds.get(name, 0):.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=Path, default=Path("out/event_gan"))
    parser.add_argument("--document", type=Path, default=Path("docs/event_gan.md"))
    arguments = parser.parse_args()
    arguments.rows.mkdir(parents=True, exist_ok=True)
    train, test = momenta(arguments.data, "train"), momenta(arguments.data, "test")
    rows = {"floor": judged(train[: len(test)], test)}
    seconds = {}
    for name, weight in WEIGHTS.items():
        model = trained(arguments.rows, name, weight, train)
        key = f"{name} the kernel distance"
        rows[key] = judged(model.sample(len(test), seed=1), test)
        notes = arguments.rows / f"{name}.json"
        seconds[key] = json.loads(notes.read_text())["seconds"] if notes.exists() else 0.0
    arguments.document.write_text(page(rows, seconds))


if __name__ == "__main__":
    main()

"""A top tagger whose response does not depend on the jet's mass: `pivot` on jets of Pythia 8.

    python -m bench.adversarial.decorrelation --data DIR [--rows out/decorrelation]
        [--document docs/decorrelation.md] [--steps N] [--device cuda:0]

DIR holds pythia8/. A tagger reads substructure observables of top jets (signal) and of quark and gluon jets
(background), and an adversary the mass from its response, in background. Trainings that are done are kept in
the folder --rows. Needs castalia, h5py and numpy; the picture, DOCUMENT with the ending .png, matplotlib.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import castalia
import h5py
import numpy as np

from bench.progress import Progress
from bench.results import user_seconds, whole, write_json

WEIGHTS = (0.0, 1.0, 3.0, 10.0, 30.0)  # lambda
OBSERVABLES = {"particle_features": 4, "subjets": 3}
TRAINING = {
    "batch": 512,
    "optimiser": "adam",
    "learning_rate": 1e-3,
    "critic_steps": 3,
    "critic_rate": 2.0,
    "schedule": "cosine",
    "final_fraction": 0.05,
    "ema": 0.99,
    "validation": 0.0,
}
BINS = 20  # of equal content, in either variable of the mutual information
EFFICIENCY = 0.5


def jets(data: Path, part: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Observables, label and mass (GeV) of quark, gluon and top jets."""
    rows, labels, masses = [], [], []
    for kind in "gqt":
        with h5py.File(data / f"pythia8/jetnet/jetnet30_{kind}_{part}.h5") as file:
            particles = file["particle_features"][:].astype(np.float64)
            of_jet = file["jet_features"][:].astype(np.float64)  # pt, eta, mass, particles
            count = file["num_constituents"][:].astype(np.float64)
        with castalia.Dataset(particles.reshape(len(particles), -1)) as dataset:
            with dataset.observe("jets", **OBSERVABLES) as observed:
                names = observed.columns
                table, _ = observed.read()
        wanted = [
            names.index(name)
            for name in ("girth", "pt_dispersion", "tau_1", "tau_21", "tau_32", "c2", "d2")
        ]
        mass = of_jet[:, 2]
        rows.append(np.column_stack([mass, of_jet[:, 0], count, table[:, wanted]]))
        labels.append(np.full(len(mass), float(kind == "t")))
        masses.append(mass)
    return np.concatenate(rows), np.concatenate(labels), np.concatenate(masses)


def area(response: np.ndarray, label: np.ndarray) -> float:
    """Of the curve of signal against background efficiency; ties count half."""
    values, place = np.unique(response, return_inverse=True)
    signal = np.bincount(place, label, len(values))
    background = np.bincount(place, 1 - label, len(values))
    below = np.cumsum(background) - background
    return float(np.sum(signal * (below + 0.5 * background)) / signal.sum() / background.sum())


def ranks(values: np.ndarray) -> np.ndarray:
    """Bins of equal content; equal values are broken by their place."""
    order = np.argsort(values, kind="stable")
    place = np.empty(len(values), int)
    place[order] = np.arange(len(values))
    return place * BINS // len(values)


def information(a: np.ndarray, b: np.ndarray) -> float:
    """Mutual information of two variables in nats, from counts in bins of equal content."""
    counts = np.zeros((BINS, BINS))
    np.add.at(counts, (ranks(a), ranks(b)), 1)
    joint = counts / counts.sum()
    product = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    some = joint > 0
    return float(np.sum(joint[some] * np.log(joint[some] / product[some])))


def sculpting(mass: np.ndarray, passed: np.ndarray) -> float:
    """Jensen-Shannon divergence, in bits, of the masses that pass and those that do not."""
    edges = np.quantile(mass, np.linspace(0, 1, BINS + 1))
    parts = [
        np.histogram(mass[which], edges)[0] / max(which.sum(), 1) for which in (passed, ~passed)
    ]
    mean = 0.5 * (parts[0] + parts[1])
    return float(sum(0.5 * np.sum(p[p > 0] * np.log2(p[p > 0] / mean[p > 0])) for p in parts))


def judged(response: np.ndarray, label: np.ndarray, mass: np.ndarray) -> dict:
    background = label == 0
    cut = np.quantile(response[~background], 1 - EFFICIENCY)
    passed = response[background] > cut
    shuffled = np.random.default_rng(0).permutation(mass[background])
    return {
        "auc": area(response, label),
        "information": information(response[background], mass[background]),
        "null": information(response[background], shuffled),
        "rejection": float(1 / max(passed.mean(), 1e-9)),
        "sculpting": sculpting(mass[background], passed),
    }


def trained(
    rows: Path, weight: float, steps: int, device: str, sample: tuple[np.ndarray, ...]
) -> castalia.Model:
    path = rows / f"{weight:g}-{steps}.safetensors"
    if path.exists():
        return castalia.load(path)
    x, label, mass = sample
    model = castalia.create(
        "pivot",
        features=x.shape[1],
        adversary_weight=weight,
        independent_in="background",
        context_preprocessing=["none", "log; standardise"],
        preprocessing=["log; standardise", "log; standardise"] + ["standardise"] * (x.shape[1] - 2),
        seed=1,
        settings=castalia.Context(training_threads=1, device=device),
    )
    start = user_seconds()
    model.fit(x, np.column_stack([label, mass]), steps=steps, progress=False, **TRAINING)
    write_json(path.with_suffix(".json"), {"seconds": user_seconds() - start})
    whole(path, model.save)
    return model


def picture(path: Path, responses: dict[float, np.ndarray], sample: tuple[np.ndarray, ...]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    _, label, mass = sample
    background = label == 0
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6), sharex=True)
    bins = np.linspace(0, 350, 51)
    for axis, weight in zip(axes, (min(responses), max(responses)), strict=True):
        response = responses[weight]
        cut = np.quantile(response[~background], 1 - EFFICIENCY)
        passed = background & (response > cut)
        for which, name in ((background, "quarks and gluons"), (passed, "of these, tagged as top")):
            axis.hist(mass[which], bins, density=True, histtype="step", label=name)
        axis.set_title(f"adversary_weight = {weight:g}")
        axis.set_xlabel("jet mass, GeV")
    axes[0].set_ylabel("jets, normalised")
    axes[1].legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def page(found: dict[str, dict], steps: int, seconds: float, image: str) -> str:
    text = f"""# A tagger that does not know the mass

`pivot` (arXiv:1611.01046) on jets of Pythia 8: top jets against quark and gluon jets, by the jet's mass,
transverse momentum, multiplicity, girth, dispersion, subjettiness and energy correlations. The adversary
reads the mass from the response, in background. Figures are of test jets; mutual information is that of
response and mass in background, in {BINS} by {BINS} bins of equal content, and its floor what it is when the
masses are shuffled. Rejection is 1 over the share of background that passes where {EFFICIENCY:.0%} of signal
do; sculpting is the Jensen-Shannon divergence of the masses that pass and of those that do not. Written by

    python -m bench.adversarial.decorrelation --data DIR

{steps} steps of {TRAINING["batch"]} jets, {seconds:.0f} s of one core a training.

| adversary_weight | AUC | mutual information, nats | its floor | rejection | sculpting, bits |
|---|---|---|---|---|---|
"""
    for name, row in found.items():
        text += (
            f"| {name} | {row['auc']:.4f} | {row['information']:.4f} | {row['null']:.4f} | "
            f"{row['rejection']:.1f} | {row['sculpting']:.4f} |\n"
        )
    return text + (f"\n![Masses of tagged background]({image})\n" if image else "")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=Path, default=Path("out/decorrelation"))
    parser.add_argument("--document", type=Path)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    arguments.rows.mkdir(parents=True, exist_ok=True)
    progress = Progress()
    progress.show("observables")
    train, test = jets(arguments.data, "train"), jets(arguments.data, "test")
    found = {"the mass alone": judged(test[2], test[1], test[2])}
    responses, seconds = {}, []
    for weight in WEIGHTS:
        progress.show(f"adversary_weight = {weight:g}")
        model = trained(arguments.rows, weight, arguments.steps, arguments.device, train)
        responses[weight] = model.score(test[0])
        found[f"{weight:g}"] = judged(responses[weight], test[1], test[2])
        notes = arguments.rows / f"{weight:g}-{arguments.steps}.json"
        seconds.append(json.loads(notes.read_text())["seconds"])
    image = arguments.document.with_suffix(".png") if arguments.document else None
    if image:
        picture(image, responses, test)
    text = page(found, arguments.steps, float(np.median(seconds)), image.name if image else "")
    progress.say(text)
    if arguments.document:
        arguments.document.write_text(text)


if __name__ == "__main__":
    main()

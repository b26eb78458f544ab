"""How well adversarial networks draw jet images: mass, momentum and sparsity beside the floor of real jets.

    python -m bench.adversarial.images --data DIR [--rows out/images] [--architectures lagan dcgan]
        [--steps N] [--jets N] [--device cpu] [--document docs/jet_images.md]

DIR holds pythia8/. Each architecture learns images of quark, gluon and top jets and draws as many as the test
files have; these, and as a floor training images, are judged against the test images. What is complete in
--rows (the checkpoint of a training, the models, the figures) is kept by the next run, which goes on where
the last one stopped. What the page says of an architecture that is neither asked for nor in --rows stands.
Needs castalia, numpy and matplotlib.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import castalia
import numpy as np

from bench.adversarial.jet_images import EXTENT, KINDS, LEAST, NAMES, PIXELS, observables, read
from bench.adversarial.pages import standing_section
from bench.progress import Progress
from bench.referee.floors_page import measured
from bench.results import user_seconds, whole, write_json

# Left to itself a dcgan gets the shape of an image long before its sum: the brightest pixel counts by its
# logarithm, and after 900 steps transverse momenta lay between 0.14 and 14 TeV (R1 1, softness 0.003) or
# between 0.4 and 2.8 (R1 0.003, softness 0.01). So it is told the sum.
MODELS = {
    "lagan": {
        "shape": [PIXELS, PIXELS],
        "latent": 64,
        "generator_channels": [32, 16, 6, 6],
        "critic_channels": [16, 8, 8, 8],
        "softness": 0.01,
        "threshold": LEAST,
    },
    "dcgan": {
        "shape": [PIXELS, PIXELS],
        "latent": 64,
        "channels": 32,
        "conditioning": "projection",
        "softness": 0.01,
        "threshold": LEAST,
    },
}
TRAINING = {
    "batch": 64,
    "adversarial_loss": "hinge",
    "regularisers": ["r1"],
    "regulariser_weights": [0.1],
    "optimiser": "adam",
    "learning_rate": 4e-4,
    "beta1": 0.0,
    "critic_rate": 2.0,
    "schedule": "cosine",
    "final_fraction": 0.05,
    "ema": 0.998,
    "validate_every": 500,
    "judge_events": 1500,
    "checkpoint_every": 100,
}
OWN_TRAINING = {
    "lagan": {},
    # R1 is small, for slopes are steep where a pixel's coordinate has to be right to some percent. With a
    # rate of 4e-4 and R1 of 0.003, 6000 steps ended with all lit pixels of the same brightness, as where
    # coordinates are cut: a factor common to all pixels is left free where the sum is given. So the rate is
    # lower, the training short, and the judge looks often.
    "dcgan": {"regulariser_weights": [0.01], "learning_rate": 2e-4, "validate_every": 250},
}
TITLES = {
    "mass": "mass, GeV",
    "pt": "transverse momentum, GeV",
    "pixels": f"pixels of {LEAST} GeV and more",
}


def with_classes(architecture: str) -> bool:
    """Whether it reads the class of an image as a number."""
    entry = next(each for each in castalia.models() if each["name"] == architecture)
    return any(field["name"] == "classes" for field in entry["fields"])


def told_totals(architecture: str) -> bool:
    """Whether the sum of an image's pixels is a condition."""
    return not with_classes(architecture)


def fields_of(architecture: str) -> dict:
    """Its settings; the kind of the jet is its condition, as a class or as one column for each with the sum
    of the pixels behind them."""
    number = len(KINDS)
    if with_classes(architecture):
        return MODELS[architecture] | {"context_features": 1, "classes": number}
    columns = {
        "context_features": number + 1,
        "context_preprocessing": ["none"] * number + ["standardise"],
        "total_column": number,
    }
    return MODELS[architecture] | columns


def context_of(architecture: str, x: np.ndarray, classes: np.ndarray) -> np.ndarray:
    if with_classes(architecture):
        return classes
    return np.column_stack([classes == np.arange(len(KINDS)), x.sum(1)]).astype(np.float64)


def like(x: np.ndarray, classes: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Images of the classes that are wanted, drawn from these."""
    draw = np.random.default_rng(1)
    chosen = np.empty(len(wanted), np.int64)
    for number in range(len(KINDS)):
        places = wanted[:, 0] == number
        chosen[places] = draw.choice(np.flatnonzero(classes[:, 0] == number), places.sum())
    return x[chosen]


def trained(
    arguments: argparse.Namespace, architecture: str, progress: Progress
) -> tuple[castalia.Model, dict]:
    rows = arguments.rows
    path = rows / f"{architecture}.safetensors"
    notes = rows / f"{architecture}-training.json"
    settings = castalia.Context(training_threads=1, device=arguments.device)
    if path.exists() and notes.exists():
        return castalia.load(path, settings=settings), json.loads(notes.read_text())
    x, kinds = read(arguments.data, "train", arguments.jets)
    model = castalia.create(architecture, seed=1, settings=settings, **fields_of(architecture))
    start, clock = user_seconds(), time.monotonic()
    model.fit(
        x,
        context=context_of(architecture, x, kinds),
        steps=arguments.steps,
        checkpoint=str(rows / f"{architecture}-checkpoint"),
        progress=False,
        callback=lambda s: progress.show(
            f"{architecture}: step {s.step} of {s.steps}, judged {s.validation_loss:.4f}"
        ),
        **(TRAINING | OWN_TRAINING[architecture]),
    )
    # A run that is gone on with has taken more than this says; the file keeps the last part.
    training = {
        "steps": arguments.steps,
        "device": arguments.device,
        "seconds": user_seconds() - start,
        "clock": time.monotonic() - clock,
    }
    whole(path, model.save)
    write_json(notes, training)
    return model, training


def judged(sample: np.ndarray, reference: np.ndarray) -> dict:
    """W1 of each observable in its units: value and error."""
    own, others = observables(sample), observables(reference)
    found = {}
    for name in TITLES:
        columns = (each[name][:, None] for each in (own, others))
        figure = castalia.evaluate("wasserstein", *columns, scaling="none", progress=False)[
            "figures"
        ][0]
        found[name] = [figure["value"], figure["error"]]
    return found


def by_kind(x: np.ndarray, classes: np.ndarray) -> dict[str, np.ndarray]:
    return {kind: x[classes[:, 0] == number] for number, kind in enumerate(KINDS)}


def draw(means: dict[str, np.ndarray], path: Path) -> None:
    """Mean images beside each other, on one logarithmic scale."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.colors import LogNorm

    columns = 3
    lines = -(-len(means) // columns)
    figure, axes = plt.subplots(
        lines, columns, figsize=(7.2, 2.4 * lines), layout="constrained", squeeze=False
    )
    for each in axes.flat:
        each.axis("off")
    greatest = max(mean.max() for mean in means.values())
    scale = LogNorm(1e-4 * greatest, greatest)
    for place, (title, mean) in zip(axes.flat, means.items(), strict=False):
        place.set_axis_on()
        shown = place.imshow(
            np.maximum(mean.reshape(PIXELS, PIXELS).T, scale.vmin),
            origin="lower",
            extent=(-EXTENT, EXTENT, -EXTENT, EXTENT),
            norm=scale,
        )
        place.set_title(title, fontsize=8)
        place.tick_params(labelsize=6)
    figure.supxlabel("eta", fontsize=8)
    figure.supylabel("phi", fontsize=8)
    figure.colorbar(shown, ax=axes, label="mean transverse momentum, GeV", shrink=0.8)
    whole(path, lambda unfinished: figure.savefig(unfinished, dpi=110))


HEAD = """# Jet images

Quark, gluon and top jets of 0.8 to 1.6 TeV of Pythia 8 with up to 150 constituents as images of {pixels} x
{pixels} pixels: the transverse momentum in GeV in cells of eta and phi from -{extent:g} to {extent:g} about
the jet's centre of momentum, turned so that the longer principal axis lies along phi, and reflected so that
the harder half lies at positive phi and at positive eta. Nothing else is normalised. Written by

    python -m bench.adversarial.images --data DIR

The figures are Wasserstein distances between drawn images and test images, in the observables' own units; the
floor is what training images give. Mass and momentum are those of massless particles in the pixels' centres.

![Mean images of Pythia's jets and of drawn ones](jet_images.png)

The picture has the architectures that were at hand when this page was last written.
"""

TOTALS = """
It is told the sum of the pixels, which its images have (`total_column`): drawn ones those of training images
of their kind, so that their momentum is not its merit.
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=Path, default=Path("out/images"))
    parser.add_argument("--architectures", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--jets", type=int, default=6000, help="of each kind to learn from")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--document", type=Path, default=Path("docs/jet_images.md"))
    arguments = parser.parse_args()
    rows = arguments.rows
    rows.mkdir(parents=True, exist_ok=True)
    progress = Progress()
    progress.show("reading jets")
    test, kinds = read(arguments.data, "test", arguments.jets)
    true = by_kind(test, kinds)
    learned = read(arguments.data, "train", arguments.jets)
    floor = by_kind(*read(arguments.data, "train", len(test) // len(KINDS)))
    means = {f"{NAMES[kind]}, Pythia": x.mean(0) for kind, x in true.items()}
    text = HEAD.format(pixels=PIXELS, extent=EXTENT)
    for architecture in MODELS:
        at_hand = (rows / f"{architecture}-training.json").exists()
        if not at_hand and architecture not in arguments.architectures:
            standing = standing_section(arguments.document, f"## `{architecture}`")
            text += f"\n{standing}" if standing else ""
            continue
        model, training = trained(arguments, architecture, progress)
        progress.show(f"{architecture}: drawing")
        context = context_of(architecture, like(*learned, kinds), kinds)
        drawn = model.sample(len(test), context=context, seed=1)
        own = by_kind(drawn, kinds)
        # On a CPU user time, to which other work does not add.
        on_cpu = training["device"] == "cpu"
        minutes = training["seconds" if on_cpu else "clock"] / 60
        of_one_core = " of one core" if on_cpu else ""
        text += (
            f"\n## `{architecture}`\n\n{training['steps']} steps of {TRAINING['batch']} images, "
            f"{minutes:.0f} minutes{of_one_core} on {training['device']}.\n"
            f"{TOTALS * told_totals(architecture)}\n"
            "| jets | observable | drawn | floor |\n|---|---|---|---|\n"
        )
        for kind, x in own.items():
            name = NAMES[kind]
            means[f"{name}, {architecture}"] = x.mean(0)
            figures = []
            for what, sample in (("drawn", x), ("floor", floor[kind])):
                progress.show(f"{architecture}: {what} {name} jets")
                path = rows / f"{architecture}-{what}-{kind}.json"
                if not path.exists():
                    write_json(path, judged(sample, true[kind]))
                figures.append(json.loads(path.read_text()))
            for observable, title in TITLES.items():
                cells = " | ".join(measured(*each[observable]) for each in figures)
                text += f"| {name} | {title} | {cells} |\n"
    draw(means, arguments.document.with_suffix(".png"))
    arguments.document.write_text(text)
    progress.say(text)


if __name__ == "__main__":
    main()

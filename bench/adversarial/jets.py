"""How well generators of jets do, in the scores of arXiv:2106.11535, beside the floor of real jets.

    python -m bench.adversarial.jets --data DIR [--architecture epic_gan] [--jets gluon quark top gluon-150]
        [--steps N] [--device cuda:0] [--rows out/jets] [--document docs/jets.md]

DIR holds pythia8/. A generator learns jets of up to 30 particles of each kind, and as many as the
test file has are generated; these, and as a floor training jets, are judged against the test jets.
What is complete in the folder --rows (the checkpoint of a training, and one figure after another)
is kept by the next run, which goes on where the last one stopped: kinds and architectures may be
trained by processes side by side. The page shows all that have been trained; its sections of models
that are not in --rows stay as they stand. Needs castalia, numpy and matplotlib.
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

from bench.adversarial.pages import recipe, standing_section
from bench.progress import Progress
from bench.referee.floors_page import measured, table
from bench.results import kept, user_seconds, whole

PARTICLE = 4  # eta, phi, pT (relative to the jet), mask
# The letter of their file, and their greatest number of particles.
KINDS = {
    f"{kind}{suffix}": (kind[0], particles)
    for suffix, particles in (("", 30), ("-150", 150))
    for kind in ("gluon", "quark", "top")
}
# epic_gan has half the published width, so that a step of 64 takes 0.05 s of one core; a cloud as a whole has
# more features between layers, and each particle more random numbers, than as published, as without them
# jets have too few subjets. It learned several times faster without normalised weights, with unit
# deviations and by the recipe below than as published (least squares, Adam, no regulariser). mpgan is smaller
# than published and trained likewise, so that a step of 32 takes 0.08 s of one core, not 1.3. Both gained
# most by cloud_moments: after 2000 steps on gluon jets the distance of masses (W1-M) is 0.002, and without
# 0.03; where particles were standardised over their jet, and the network gave the deviation, 0.013, with a
# few jets in a thousand far too heavy. Tried without gain, before that: a critic that is shown the jet's
# mass, momentum and girth, and a distance between true and generated ones in the generator's loss. The best
# weights are those whose observables of jets are nearest.
MODELS = {
    "epic_gan": {  # 2301.08128
        "sorted_by": 2,
        "preprocessing": ["standardise"] * 3,
        "weight_norm": False,
        "hidden": 64,
        "latent": 16,
        "particle_latent": 8,
        "global_features": 32,
        "cloud_moments": True,
    },
    "mpgan": {  # 2106.11535
        "sorted_by": 2,
        "preprocessing": ["standardise", "standardise", "log(0.01); standardise"],
        "particle_latent": 16,
        "node_features": 32,
        "edge_layers": [32, 32],
        "node_layers": [64],
        "critic_dropout": 0.0,
        "bounded": False,
        "cloud_moments": True,
    },
}


def fields_for(architecture: str, particles: int) -> dict:
    """Its settings for so many particles at most."""
    fields = {"particles": particles, **MODELS[architecture]}
    if architecture == "epic_gan":
        fields["sum_scale"] = 1 / particles
    return fields


TRAINING = {
    "epic_gan": {
        "batch": 64,
        "adversarial_loss": "hinge",
        "regularisers": ["r1"],
        "regulariser_weights": [0.1],
        "optimiser": "adam",
        "learning_rate": 3e-4,
        "beta1": 0.0,
        "critic_rate": 2.0,
        "schedule": "cosine",
        "final_fraction": 0.05,
    },
    "mpgan": {
        "batch": 32,
        "adversarial_loss": "hinge",
        "regularisers": ["r1"],
        "regulariser_weights": [0.1],
        "optimiser": "adam",
        "learning_rate": 5e-4,
        "beta1": 0.0,
        "beta2": 0.99,
        "critic_rate": 2.0,
        "schedule": "cosine",
        "final_fraction": 0.05,
    },
}
COMMON = {
    "ema": 0.999,
    "judge": "energy_distance(jets)",
    "validate_every": 1000,
    "checkpoint_every": 1000,
}
# The metric, and the set of observables that it is taken of; None: of the jets as they are.
METRICS = {
    "jet_scores": None,
    "frechet_physics_distance": "jets",
    "kernel_physics_distance": "jets",
}
NAMES = {
    "w1_m": "W1-M",
    "w1_p": "W1-P",
    "w1_efp": "W1-EFP",
    "frechet_physics_distance": "FPD",
    "kernel_physics_distance": "KPD",
    "coverage": "coverage",
    "mmd": "MMD",
}


def jets(data: Path, kind: str, part: str) -> np.ndarray:
    letter, particles = KINDS[kind]
    path = data / f"pythia8/jetnet/jetnet{particles}_{letter}_{part}.h5"
    features = castalia.hdf5_read(path, "particle_features").astype(np.float64)
    return features.reshape(len(features), -1)


def judged(metric: str, generated: np.ndarray, reference: np.ndarray) -> list[dict]:
    samples = [castalia.Dataset(each) for each in (generated, reference)]
    if METRICS[metric]:
        samples = [each.observe(METRICS[metric], particle_features=PARTICLE) for each in samples]
    return castalia.evaluate(metric, *samples, seed=1, progress=False)["figures"]


def trained(architecture: str, x: np.ndarray, rows: Path, steps: int, device: str) -> dict:
    """Trains, saves the model, and says what was done."""
    settings = castalia.Context(training_threads=1, device=device)
    fields = fields_for(architecture, x.shape[1] // PARTICLE)
    model = castalia.create(architecture, seed=1, settings=settings, **fields)
    # On a CPU user time, to which other work does not add. Of a run that is gone on with it is not known.
    now = user_seconds if device == "cpu" else time.monotonic
    resumed = (rows / "checkpoint").exists()
    started = now()
    model.fit(
        x,
        steps=steps,
        checkpoint=str(rows / "checkpoint"),
        **COMMON,
        **TRAINING[architecture],
    )
    model.save(rows / "model.safetensors")
    return {
        "steps": steps,
        "device": device,
        "seconds": None if resumed else now() - started,
        "fields": fields,
        "training": TRAINING[architecture],
    }


def figures(
    sample: Callable[[], np.ndarray], test: np.ndarray, rows: Path, show: Callable[[str], None]
) -> dict[str, dict]:
    """Every figure of a sample against the test jets, by name."""
    found = {}
    for metric in METRICS:
        show(metric)
        compute = partial(lambda name: judged(name, sample(), test), metric)
        for each in kept(rows / f"{metric}.json", compute):
            found[each["name"]] = each
    return found


def section(kind: str, training: dict, made: dict, floor: dict) -> str:
    body = []
    for name, shown in NAMES.items():
        a, b = made[name], floor[name]
        ratio = a["value"] / b["value"] if b["value"] else float("inf")
        body.append(
            [
                shown,
                *(measured(each["value"], each["error"]) for each in (a, b)),
                f"{ratio:.3g}" if np.isfinite(ratio) else "",
            ]
        )
    settings = [recipe(training[part]) for part in ("fields", "training") if part in training]
    by_one_core = " of one core" if training["device"] == "cpu" else ""
    seconds = training["seconds"]
    taken = f", {seconds / 60:.1f} minutes{by_one_core}" if seconds is not None else ""
    return (
        f"### {kind}\n\n{training['steps']} steps on {training['device']}{taken}.\n\n"
        + "\n".join(settings)
        + "\n\n"
        + table(["figure", "generated", "floor", "ratio"], body)
    )


def generated(rows: Path, count: int) -> np.ndarray:
    """Jets by the model in these rows."""
    return castalia.load(rows / "model.safetensors").sample(count, seed=1)


def section_of(data: Path, rows: Path, architecture: str, kind: str, progress: Progress) -> str:
    """Of what has been trained; figures that there are not yet are computed."""
    own, floor_rows = rows / architecture / kind, rows / "floor" / kind
    floor_rows.mkdir(parents=True, exist_ok=True)
    test = jets(data, kind, "test")

    made = figures(
        lambda: generated(own, len(test)),
        test,
        own,
        lambda metric: progress.show(f"{architecture}, {kind}: {metric}"),
    )
    floor = figures(
        lambda: jets(data, kind, "train"),
        test,
        floor_rows,
        lambda metric: progress.show(f"{kind}: floor of {metric}"),
    )
    return section(kind, json.loads((own / "training.json").read_text()), made, floor)


def of_jets(x: np.ndarray) -> dict[str, np.ndarray]:
    """What the picture shows: of massless particles that are there, by its title."""
    eta, phi, pt, mask = np.moveaxis(x.reshape(len(x), -1, PARTICLE), 2, 0)
    pt = np.where(mask > 0, pt, 0.0)
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    energy = pt * np.cosh(eta)
    squared = energy.sum(1) ** 2 - sum(each.sum(1) ** 2 for each in (px, py, pz))
    return {
        "mass over pT of the jet": np.sqrt(np.maximum(squared, 0)),
        "pT of a particle over that of the jet": pt[mask > 0],
        "eta of a particle about the jet": eta[mask > 0],
    }


def draw(drawn: dict[str, tuple[np.ndarray, np.ndarray]], path: Path) -> None:
    """Generated jets over test jets, a line for each model."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    ranges = {"mass": (0, 0.4), "pT": (0, 0.25), "eta": (-0.4, 0.4)}
    figure, axes = plt.subplots(
        len(drawn), len(ranges), figsize=(8, 2.4 * len(drawn)), layout="constrained", squeeze=False
    )
    for line, (title, samples) in zip(axes, drawn.items(), strict=True):
        for name, x in zip(("Pythia", title), samples, strict=True):
            for place, (what, values) in zip(line, of_jets(x).items(), strict=True):
                bins = np.linspace(*ranges[what.split()[0]], 81)
                share, _ = np.histogram(values, bins)
                place.stairs(share / len(values) / np.diff(bins), bins, label=name)
                place.set_xlabel(what, fontsize=8)
                place.set_yscale("log")
                place.tick_params(labelsize=7)
        line[0].legend(frameon=False, fontsize=7)
    whole(path, lambda unfinished: figure.savefig(unfinished, dpi=110))


PICTURE = """
![Generated jets over those of Pythia]({name})

The picture has the models that were at hand when this page was last written.
"""

HEAD = """# Generated jets

Generators for each kind of jets of 0.8 to 1.6 TeV of Pythia 8, of up to 30 particles (150 where it says so),
trained by

    python -m bench.adversarial.jets --data DIR --architecture epic_gan --document docs/jets.md

(or mpgan) and judged against jets that they have not seen. The floor is what training jets give. The
settings stand beside the figures: fields of the model, then those of training. W1-M, W1-P, coverage and
MMD say how well most jets are described; FPD, KPD and W1-EFP, of high powers of momenta and angles, see the
subjets, of which generated jets have too few.
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--architecture", choices=MODELS, default="epic_gan")
    parser.add_argument("--jets", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--steps", type=int, default=50000)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rows", type=Path, default=Path("out/jets"))
    parser.add_argument("--document", type=Path)
    arguments = parser.parse_args()
    progress = Progress()
    for kind in arguments.jets:
        rows = arguments.rows / arguments.architecture / kind
        rows.mkdir(parents=True, exist_ok=True)
        kept(
            rows / "training.json",
            partial(
                trained,
                arguments.architecture,
                jets(arguments.data, kind, "train"),
                rows,
                arguments.steps,
                arguments.device,
            ),
        )
    text, drawn = "", {}
    for architecture in MODELS:
        rows = arguments.rows / architecture
        heading, sections = f"## `{architecture}`", []
        for kind in KINDS:
            if (rows / kind / "training.json").exists():
                own = section_of(arguments.data, arguments.rows, architecture, kind, progress)
                sections.append(own)
                test = jets(arguments.data, kind, "test")
                drawn[f"{architecture}, {kind}"] = (test, generated(rows / kind, len(test)))
            else:
                sections.append(standing_section(arguments.document, heading, f"### {kind}"))
        if any(sections):
            text += "\n".join(["", heading, "", *filter(None, sections)])
    picture = arguments.document.with_suffix(".png") if arguments.document else None
    if picture and drawn:
        draw(drawn, picture)
    shown = PICTURE.format(name=picture.name) if picture and picture.exists() else ""
    text = HEAD + shown + text
    progress.say(text)
    if arguments.document:
        arguments.document.write_text(text)


if __name__ == "__main__":
    main()

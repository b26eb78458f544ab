"""What the referee's metrics say of real events that are right, and of real events that are not.

    python -m bench.referee.floors --data DIR [--rows out/floors] [--document docs/floors.md]
                                   [--part floor null planted classifier] [--set eplus top ...]

DIR holds geant4/ and pythia8/. Four parts:

    floor       training events against test events, all of them, at the settings that `castalia evaluate`
                has: the figure that no generator should be expected to beat
    null        20 times two samples drawn from one file: the deviations should have mean 0 and spread 1
    planted     events whose energies are scaled by 1 %, whose cells or particles come from different events,
                or of which a mode is missing, against events as they are
    classifier  a network trained to tell apart training and test events; and events scaled by 1 %

A row is one metric on one set; it is written when it is done and kept by the next run, so that an
interrupted one goes on where it stopped. All of it takes some ten minutes of one core.
Needs castalia and numpy.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import partial
from pathlib import Path
from typing import Iterator

import castalia
import numpy as np

from bench.progress import Progress
from bench.referee.floors_events import SETS, Events, Set, densities, joined, posterior
from bench.referee.floors_page import page

SEEDS = 20
NULL_EVENTS = 2000  # of either half
PLANTED_EVENTS = 5000
OPTIONS = {"conditional": {"metric": "wasserstein"}}
# For few events: batches no larger than the samples that they are drawn from.
SMALL = {
    **OPTIONS,
    "classifier": {"hidden": 128, "epochs": 20, "batch": 100, "learning_rate": 1e-3},
    "energy_movers_distance": {"batches": 10, "events": 30},
    "frechet_physics_distance": {
        "min_samples": NULL_EVENTS // 4,
        "max_samples": NULL_EVENTS,
        "batches": 10,
        "points": 5,
    },
    "kernel_physics_distance": {"batches": 10, "batch_size": NULL_EVENTS // 2},
    "optimal_transport": {"batches": 8, "events": 200},
    "sinkhorn": {"batches": 12, "events": 100},
}
PLANTED = {
    **SMALL,
    "classifier": {"hidden": 256, "epochs": 30, "batch": 200, "learning_rate": 5e-4},
    "energy_movers_distance": {},
    "frechet_physics_distance": {
        "min_samples": PLANTED_EVENTS // 4,
        "max_samples": PLANTED_EVENTS,
        "batches": 10,
        "points": 5,
    },
    "kernel_physics_distance": {"batches": 10, "batch_size": PLANTED_EVENTS // 2},
    "optimal_transport": {},
    "sinkhorn": {},
}
# A network that sees the cells or particles, and one that sees the observables. The default of the
# metric (2048 units, 50 epochs) takes ten times as long.
CLASSIFIER = {"hidden": 512, "epochs": 30, "batch": 250, "learning_rate": 5e-4}


def inputs(
    metric: str, generated: Events, reference: Events, training: Events, seed: int
) -> dict[str, castalia.Dataset]:
    """What the metric takes of the events."""
    if metric == "energy_movers_distance":
        return {"generated": generated.raw_dataset(), "reference": reference.raw_dataset()}
    if metric == "calibration":
        return dict(
            zip(("generated", "reference"), posterior(generated, reference, seed), strict=True)
        )
    if metric == "bits_per_dimension":
        return dict(
            zip(("generated", "reference"), densities(training, generated, reference), strict=True)
        )
    out = {"generated": generated.dataset(), "reference": reference.dataset()}
    if metric == "amplification":
        out["training"] = training.dataset()
    return out


def judge(
    metric: str,
    generated: Events,
    reference: Events,
    training: Events,
    seed: int,
    options: dict[str, dict],
) -> dict:
    fields = dict(options.get(metric, {}))
    if metric == "bits_per_dimension":
        fields["dimensions"] = reference.table.shape[1]
    samples = inputs(metric, generated, reference, training, seed)
    generated, reference = samples.pop("generated"), samples.pop("reference")
    found = castalia.evaluate(
        metric, generated, reference, **samples, seed=seed, progress=False, **fields
    )
    return {k: found[k] for k in ("figures", "settings", "generated", "reference")}


def metrics_of(one: Set) -> list[str]:
    """Those that make sense for the set; the classifier has rows of its own."""
    names = [each["name"] for each in castalia.metrics()]
    return [n for n in names if one.jets or n != "energy_movers_distance"]


# ---- The parts: each yields the name of a row and how it is computed


def floors(one: Set, data: Path) -> Iterator:
    train, test = one.load(data, "train"), one.load(data, "test")
    # Densities and amplification need three samples.
    half = len(train) // 2
    for metric in metrics_of(one):
        if metric == "classifier":
            continue
        three = metric in ("amplification", "bits_per_dimension")
        generated, training = (train[:half], train[half:]) if three else (train, train)
        yield metric, partial(judge, metric, generated, test, training, 1, OPTIONS)


def null_laws(one: Set, data: Path) -> Iterator:
    everything = joined(one.load(data, "train"), one.load(data, "test"))

    def twenty(metric: str) -> dict:
        found = []
        for seed in range(SEEDS):
            rows = np.random.default_rng(seed).permutation(len(everything))
            a, b, c = (everything[rows[k * NULL_EVENTS : (k + 1) * NULL_EVENTS]] for k in range(3))
            found.append(judge(metric, a, b, c, seed, SMALL))
        return {"seeds": [each["figures"] for each in found], "settings": found[0]["settings"]}

    for metric in metrics_of(one):
        yield metric, partial(twenty, metric)


def planted(one: Set, data: Path) -> Iterator:
    test = one.load(data, "test")[:PLANTED_EVENTS]
    train = one.load(data, "train")
    training, right = train[PLANTED_EVENTS : 2 * PLANTED_EVENTS], train[:PLANTED_EVENTS]
    for defect in (None, *one.defects):
        generated = right if defect is None else one.planted(defect, right, data)
        for metric in metrics_of(one):
            name = f"{defect or 'none'}-{metric}"
            yield name, partial(judge, metric, generated, test, training, 1, PLANTED)


def classifiers(one: Set, data: Path) -> Iterator:
    """As many training events as there are test events."""
    test = one.load(data, "test")
    train = one.load(data, "train")[: len(test)]

    def evaluate(generated: Events, cells: bool) -> dict:
        a, b = (x.raw_dataset() if cells else x.dataset() for x in (generated, test))
        fields = {"inputs": "showers"} if cells and not one.jets else {}
        found = castalia.evaluate(
            "classifier", a, b, seed=1, progress=False, **fields, **CLASSIFIER
        )
        return {k: found[k] for k in ("figures", "settings", "generated", "reference")}

    samples = [("none", train)]
    if one.whole:
        samples.append(("scale", one.planted("scale", train, data)))
    for defect, generated in samples:
        yield f"{defect}-observables", partial(evaluate, generated, False)
        yield f"{defect}-cells", partial(evaluate, generated, True)


PARTS = {
    "floor": (floors, lambda one: True),
    "null": (null_laws, lambda one: one.whole),
    "planted": (planted, lambda one: one.whole),
    "classifier": (classifiers, lambda one: one.name not in ("piplus", "gamma_grid", "zmumu")),
}


def run(part: str, one: Set, data: Path, rows: Path, progress: Progress) -> None:
    # One line that says what is complete keeps a finished part from reading its events again.
    complete = rows / f"{part}-{one.name}.complete"
    if complete.exists():
        return
    for name, compute in PARTS[part][0](one, data):
        path = rows / f"{part}-{one.name}-{name}.json"
        if path.exists():
            continue
        progress.show(f"{part} {one.name} {name}")
        start = time.process_time()
        try:
            result = compute()
        except castalia.EmptyDataError as refusal:  # too few events for the metric's settings
            result = {"figures": [], "refused": str(refusal)}
        row = {"seconds": time.process_time() - start, **result}
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(row, indent=1) + "\n")
        unfinished.rename(path)
    complete.touch()
    progress.say(f"{part} {one.name}: done")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=Path, default=Path("out/floors"))
    parser.add_argument("--document", type=Path, default=Path("docs/floors.md"))
    parser.add_argument("--part", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--set", nargs="*", choices=[each.name for each in SETS])
    arguments = parser.parse_args()
    arguments.rows.mkdir(parents=True, exist_ok=True)
    progress = Progress()
    for part in arguments.part:
        for one in SETS:
            if PARTS[part][1](one) and (not arguments.set or one.name in arguments.set):
                run(part, one, arguments.data, arguments.rows, progress)
    arguments.document.write_text(page(arguments.rows))


if __name__ == "__main__":
    main()

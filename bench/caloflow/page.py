"""The page of CaloFlow, from the rows that bench/caloflow/caloflow.py has written."""

from __future__ import annotations

import json
from pathlib import Path

import castalia

from bench.caloflow.models import FIELDS, GEANT4_MILLISECONDS, MODELS, PARTICLES, Trained
from bench.referee.floors_page import measured, table

# What one looks at first, of the 56 that the set has.
OBSERVABLES = {
    "response": "energy of all cells over the incident energy",
    "sparsity": "share of cells without energy",
    "depth": "mean number of the layer",
    "layer_0_fraction": "share of the energy in layer 0",
    "layer_1_fraction": "share of the energy in layer 1",
    "layer_2_fraction": "share of the energy in layer 2",
    "layer_0_sparsity": "share of cells of layer 0 without energy",
    "layer_1_sparsity": "share of cells of layer 1 without energy",
    "layer_0_eta_width": "width of layer 0, mm",
    "layer_1_eta_width": "width of layer 1, mm",
    "layer_0_eta_centre": "centre of layer 0, mm",
    "layer_1_eta_centre": "centre of layer 1, mm",
    "layer_0_energy_ratio": "(E1 - E2) / (E1 + E2) of the two greatest cells of layer 0",
    "layer_1_energy_ratio": "the same of layer 1",
}

HEAD = """# CaloFlow

Showers of positrons and photons of 1 to 50 GeV in a lead and liquid-argon calorimeter of 504 cells (the
geometry of CaloGAN, arXiv:1712.10321), learned from Geant4's by `caloflow` (arXiv:2106.05285, 2110.11377).
The teacher is a masked autoregressive flow of the cells, with {layers} layers of {hidden} hidden units and
splines of {bins} bins, where the papers have eight layers; the student is an inverse one, taught by it.
This page is written by

    python -m bench.caloflow --data DIR

![Two observables of drawn positrons that agree with Geant4's, and two that do not](caloflow.png)

The picture is from the page that this writes, with 52 more observables: the worst are how the two greatest
cells of layer 0, on either side of the beam, share their energy.

    castalia evaluate --generated out/caloflow/eplus-teacher-showers.h5 \\
      --reference DIR/geant4/eplus_test.h5 --geometry DIR/geant4/binning.xml \\
      --metrics separation_power --report caloflow.html
"""

CLASSIFIER_HEAD = """
## Can a network tell them from Geant4's?

The referee's classifier on the energies of the cells over the incident energy: drawn showers against those
of the test file, as many of either. An AUC of 0.5 is a sample that it cannot tell apart. The floor is
training showers against test showers. The default network is the larger one, with three seeds; the smaller
one is that of [floors](floors.md). Errors are DeLong's or the seeds' spread, whichever is larger. The
figures are not comparable with the papers', which have other showers.
"""

OBSERVABLES_HEAD = """
## Observables

The separation power (0: the same histogram, 1: none in common) of {what} from the test file's, in 20 bins
of equal shares of the latter; equal laws would give about {null:.4f}. In brackets mean and standard
deviation, where the first is Geant4's.
"""

TIME_HEAD = f"""
## Time

Milliseconds of one thread for a shower, drawn so many at a time (user time, the least of several
repetitions), beside Geant4's {GEANT4_MILLISECONDS} ms for the same showers with coarse cuts, on a machine
of the same kind; and how long training took by the clock, on a busy machine of two cores.
"""


def load(rows: Path, name: str, stage: str) -> dict | None:
    path = rows / f"{name}-{stage}.json"
    return json.loads(path.read_text()) if path.exists() else None


def how_trained(rows: Path, one: Trained) -> str:
    """From the model file: what was done, not what should be."""
    path = rows / f"{one.name}.safetensors"
    if not path.exists():
        return "not trained"
    training = castalia.load(path).describe()["training"]
    batch = training["options"]["batch"]
    steps = [str(fit["steps"]) for fit in one.fits[:-1]] + [str(training["steps"])]
    out = f"{' and '.join(steps)} steps of {batch} of {training['events']:,} showers"
    if one.start:
        out += f", from the weights of {one.start}"
    out += f", by {one.teacher}" if one.teacher else ""
    note = (load(rows, one.name, "train") or {}).get("note")
    return f"{out}; {note}" if note else out


def models(rows: Path) -> str:
    body = [[one.name, one.words, how_trained(rows, one)] for one in MODELS]
    return "\n## Models\n\n" + table(["model", "what", "trained"], body)


def classifiers(rows: Path) -> str:
    body, missing = [], []
    for stage in ("judge", "glance"):
        for name in [one.name for one in MODELS] + [f"{each}-floor" for each in PARTICLES]:
            row = load(rows, name, stage)
            if row is None:
                missing += [name] if stage == "judge" else []
                continue
            auc, jsd = row["figures"][:2]
            network = "{hidden_layers} x {hidden}, {epochs} epochs, seeds: {seeds}"
            body.append(
                [
                    name,
                    f"{row['generated']['rows']:,}",
                    network.format(**row["settings"]),
                    measured(auc["value"], auc["error"]),
                    measured(jsd["value"], jsd["error"]),
                    measured(jsd["null_value"], jsd["null_error"]),
                ]
            )
    if not body:
        return ""
    head = ["drawn by", "showers", "network", "AUC", "JSD, bits", "equal laws"]
    out = CLASSIFIER_HEAD + "\n" + table(head, body)
    return out + (
        f"\nNot judged by the default network yet: {', '.join(missing)}.\n" if missing else ""
    )


def moments(column: dict, which: int) -> str:
    return f"{column['mean'][which]:.4g}, {column['deviation'][which]:.3g}"


def observables(rows: Path) -> str:
    out, null = "", 0.0
    for particle, words in PARTICLES.items():
        names = [one.name for one in MODELS if one.particle == particle] + [f"{particle}-floor"]
        found = {name: load(rows, name, "observe") for name in names}
        found = {
            name: {each["name"]: each for each in row["columns"]}
            for name, row in found.items()
            if row is not None
        }
        if not found:
            continue
        body = []
        for observable, meaning in OBSERVABLES.items():
            of_each = [columns[observable] for columns in found.values()]
            null = of_each[0]["null_value"]
            body.append(
                [
                    meaning,
                    moments(of_each[0], 1),
                    *(
                        f"{measured(c['separation_power'], c['error'])} ({moments(c, 0)})"
                        for c in of_each
                    ),
                ]
            )
        head = ["observable", "Geant4", *found]
        out += f"\n### {words[0].upper()}{words[1:]}\n\n{table(head, body)}"
    return OBSERVABLES_HEAD.format(what="drawn showers", null=null) + out if out else ""


def times(rows: Path) -> str:
    body, batches = [], []
    for one in MODELS:
        row = load(rows, one.name, "time")
        if row is None:
            continue
        batches = [f"{int(each):,}" for each in row["milliseconds"]]
        seconds = (load(rows, one.name, "train") or {}).get("seconds")
        body.append(
            [
                one.name,
                f"{row['parameters']:,}",
                *(f"{each:.3g}" for each in row["milliseconds"].values()),
                *(f"{GEANT4_MILLISECONDS / each:,.0f}" for each in row["milliseconds"].values()),
                "" if seconds is None else f"{seconds:.0f}",
            ]
        )
    if not body:
        return ""
    head = ["model", "weights", *(f"ms, {b} at a time" for b in batches)]
    head += [*(f"times faster, {b}" for b in batches), "training, s"]
    return TIME_HEAD + "\n" + table(head, body)


def page(rows: Path) -> str:
    return (
        HEAD.format(**FIELDS) + models(rows) + classifiers(rows) + observables(rows) + times(rows)
    )

"""The page of CaloFlow, from the rows that its training and bench/geant4_showers.py have written."""

from __future__ import annotations

from pathlib import Path

import castalia

from bench.caloflow.models import FIELDS, MODELS, Trained
from bench.geant4_showers import PARTICLES
from bench.geant4_showers_page import classifiers, load, observables, times
from bench.referee.floors_page import table

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


def page(rows: Path) -> str:
    names = {p: [one.name for one in MODELS if one.particle == p] for p in PARTICLES}
    floors = [f"{particle}-floor" for particle in PARTICLES]
    drawing = [one.name for one in MODELS]
    with_floors = {p: [*of, f"{p}-floor"] for p, of in names.items()}
    return (
        HEAD.format(**FIELDS)
        + models(rows)
        + classifiers(rows, drawing + floors)
        + observables(rows, with_floors)
        + times(rows, drawing, ", on a busy machine of two cores")
    )

"""Parts of a page about models of Geant4's showers, from the rows that bench/geant4_showers.py writes."""

from __future__ import annotations

import json
from pathlib import Path

from bench.geant4_showers import CLASSIFIERS, GEANT4_MILLISECONDS, PARTICLES
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
of the same kind; and how long training took by the clock{{where}}.
"""


def load(rows: Path, name: str, stage: str) -> dict | None:
    path = rows / f"{name}-{stage}.json"
    return json.loads(path.read_text()) if path.exists() else None


def classifiers(rows: Path, names: list[str]) -> str:
    """Of models and floors, by the names of their rows."""
    body, missing = [], []
    for stage in reversed(CLASSIFIERS):
        for name in names:
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


def observables(rows: Path, names_of: dict[str, list[str]]) -> str:
    """Of models and floors, by particle."""
    out, null = "", 0.0
    for particle, names in names_of.items():
        words = PARTICLES[particle]
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


def times(rows: Path, names: list[str], where: str) -> str:
    """Of models; `where` they were trained: ", on a GPU"."""
    body, batches = [], []
    for name in names:
        row = load(rows, name, "time")
        if row is None:
            continue
        batches = [f"{int(each):,}" for each in row["milliseconds"]]
        seconds = (load(rows, name, "train") or {}).get("seconds")
        body.append(
            [
                name,
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
    return TIME_HEAD.format(where=where) + "\n" + table(head, body)

"""The page of the floors, from the rows that bench/referee/floors.py has written."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path

import castalia

from bench.referee.floors_events import SETS, Set

CAUGHT = 5  # standard deviations, of which one false alarm in a million is expected
RIGHT = "none"  # in the name of a row: events without a defect

HEAD = """# Floors

What the referee says of real events. A generator is measured against these figures: none should be expected
to come below what two samples of the truth give, and a figure that could not tell a wrong sample from a
right one says little. The events are Geant4 showers and Pythia collisions, seen through the sets of
observables that `castalia evaluate` takes; energy_movers_distance sees the particles. This page is
written by

    python -m bench.referee.floors --data DIR

A value is followed by its error, then by what two samples of one law and of these sizes would give, then by
how many standard deviations lie between them (σ). The values depend on the number of events and on the
observables: compare a generator's with them at the same numbers and settings.

Three metrics ask for more than two samples of events, and are given what real events allow.
calibration: the samples of a posterior are events with nearly the same condition (the incident energy, the
transverse momentum), the truth is one of them, so that nothing is modelled. bits_per_dimension: the density
is the normal law with the means and covariances of the training events; a law of any kind serves, since
both samples are asked for the same one. amplification: the generated events are true events, worth as
many as they are.
"""


def load(rows: Path, part: str, one: Set) -> dict[str, dict]:
    prefix = f"{part}-{one.name}-"
    paths = sorted(rows.glob(prefix + "*.json"))
    return {p.stem.removeprefix(prefix): json.loads(p.read_text()) for p in paths}


def measured(value: float | None, error: float | None) -> str:
    """0.00077 ± 0.00005, (1.0 ± 0.4)e-5: two digits of the error, as many places of the value."""
    if value is None:
        return ""
    if not error:
        return f"{value:.4g}"
    power = math.floor(math.log10(max(abs(value), error)))
    shown = power if power < -3 or power > 4 else 0
    places = max(0, 1 - math.floor(math.log10(error)) + shown)
    text = f"{value / 10**shown:.{places}f} ± {error / 10**shown:.{places}f}"
    return f"({text})e{shown}" if shown else text


def table(head: list[str], body: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def figure_rows(judged: dict[str, dict]) -> list[list[str]]:
    out = []
    for metric, row in judged.items():
        for each in row["figures"]:
            sigma = each["deviation"]
            out.append(
                [
                    metric,
                    each["name"],
                    measured(each["value"], each["error"]),
                    measured(each["null_value"], each["null_error"]),
                    "" if sigma is None else f"{sigma:.1f}",
                ]
            )
    return out


def sizes(row: dict) -> str:
    return f"{row['generated']['rows']:,} against {row['reference']['rows']:,} events"


def floors(rows: Path) -> str:
    out = "\n## Training events against test events\n"
    for one in SETS:
        judged = load(rows, "floor", one)
        if judged:
            some = judged.get("mmd") or next(iter(judged.values()))
            columns = some["reference"]["columns"]
            out += f"\n### {one.name}: {one.words}\n\n{sizes(some)}, {columns} observables.\n\n"
            out += table(["metric", "figure", "value", "equal laws", "σ"], figure_rows(judged))
            refusals = [f"{k}: {v['refused']}" for k, v in judged.items() if "refused" in v]
            out += "".join(f"\nNot judged, {each}.\n" for each in refusals)
    return out


def classifiers(rows: Path) -> str:
    body, settings = [], None
    for one in SETS:
        for name, row in load(rows, "classifier", one).items():
            settings = row["settings"]
            auc, jsd = (each for each in row["figures"][:2])
            defect, sees = name.split("-")
            what = "as they are" if defect == RIGHT else one.defects[defect][0]
            body.append(
                [
                    one.name,
                    what,
                    ("particles" if one.jets else "cells") if sees == "cells" else sees,
                    f"{row['generated']['rows']:,} + {row['reference']['rows']:,}",
                    measured(auc["value"], auc["error"]),
                    f"{auc['deviation']:.1f}",
                    measured(jsd["value"], jsd["error"]),
                    measured(jsd["null_value"], jsd["null_error"]),
                    f"{row['seconds']:.0f}",
                ]
            )
    if not body:
        return ""
    network = "{hidden_layers} hidden layers of {hidden}, {epochs} epochs".format(**settings)
    head = ["set", "training events", "the network sees", "events", "AUC", "σ"]
    head += ["JSD, bits", "equal laws", "CPU seconds"]
    return f"""
## The classifier

Training events against test events, and training events scaled by 1 % against test events:
{network}, one seed. The metric's defaults (2 layers of 2048, 50 epochs)
take longer by more than ten times.

{table(head, body)}"""


def null_laws(rows: Path) -> str:
    found: dict[tuple[str, str], dict[str, str]] = {}
    whole = [one for one in SETS if one.whole]
    runs = 0
    for one in whole:
        for metric, row in load(rows, "null", one).items():
            runs = len(row["seeds"])
            for figures in zip(*row["seeds"], strict=True):
                sigma = [each["deviation"] for each in figures if each["deviation"] is not None]
                found.setdefault((metric, figures[0]["name"]), {})[one.name] = (
                    f"{statistics.mean(sigma):.2f} / {statistics.stdev(sigma):.2f} / "
                    f"{max(map(abs, sigma)):.1f}"
                )
    if not found:
        return ""
    mean, spread = 1 / math.sqrt(runs), 1 / math.sqrt(2 * runs)
    body = [[*key, *(each.get(one.name, "") for one in whole)] for key, each in found.items()]
    return f"""
## Halves of one sample, {runs} times

The deviations from the null value in its standard deviations: their mean, their spread and the largest.
Were null values and errors exact, means would be 0 ± {mean:.2f} and spreads 1 ± {spread:.2f}. Spreads far
below 1 are errors that are upper bounds: amplification and calibration, for one, take the columns for one and
the same.

{table(["metric", "figure", *(f"{one.name}: mean / spread / largest" for one in whole)], sorted(body))}"""


def planted(rows: Path) -> str:
    whole = [one for one in SETS if one.whole]
    largest: dict[str, dict[tuple[str, str], float]] = {}
    for one in whole:
        for name, row in load(rows, "planted", one).items():
            defect, metric = name.split("-")
            sigma = [each["deviation"] for each in row["figures"]]
            if not sigma:
                continue
            largest.setdefault(metric, {})[one.name, defect] = max(
                abs(each) for each in sigma if each is not None
            )
    if not largest:
        return ""

    def cell(metric: str, key: tuple[str, str]) -> str:
        if key not in largest[metric]:
            return ""
        sigma = largest[metric][key]
        text = f"{sigma:.1f}" if sigma < 1000 else "> 1000"
        return f"**{text}**" if key[1] != RIGHT and sigma > CAUGHT else text

    out = f"""
## Events that are not right

5,000 training events with a defect against 5,000 test events: the largest deviation among a metric's figures,
in standard deviations; above {CAUGHT} it is bold, and the defect caught. The first column has no defect. A
missing mode takes the events away that it had.
"""
    for one in whole:
        keys = [(one.name, defect) for defect in (RIGHT, *one.defects)]
        words = ["no defect", *(each[0] for each in one.defects.values())]
        body = [
            [metric, *(cell(metric, key) for key in keys)]
            for metric in sorted(largest)
            if any(key in largest[metric] for key in keys)
        ]
        out += f"\n### {one.name}\n\n{table(['metric', *words], body)}"
    return out + families(largest, whole)


def families(largest: dict[str, dict[tuple[str, str], float]], whole: list[Set]) -> str:
    """How many metrics of each family catch a defect."""
    family = {each["name"]: each["family"] for each in castalia.metrics()}
    keys = [(one.name, defect) for one in whole for defect in one.defects]
    body = []
    for name in sorted(set(family.values())):
        line = [name]
        for key in keys:
            judged = [each[key] for m, each in largest.items() if family[m] == name and key in each]
            line.append(f"{sum(each > CAUGHT for each in judged)} of {len(judged)}")
        body.append(line)
    head = ["family", *(f"{one}: {defect}" for one, defect in keys)]
    return f"\n### How many of a family catch it\n\n{table(head, body)}"


def page(rows: Path) -> str:
    return HEAD + floors(rows) + classifiers(rows) + null_laws(rows) + planted(rows)

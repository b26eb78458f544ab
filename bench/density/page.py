"""The page of the densities, from the rows that bench/density/density.py has written."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.density.events import PLANE_EVENTS, SETS

HEAD = """# How well flows learn densities

The mean logarithm of the density at test events, in nats an event, higher is better: Castalia beside the
same architectures in zuko and flowjax. Each learns the same standardised events, with {layers} layers,
conditioners of two hidden layers of {hidden}, splines of {bins} bins on [-{bound:g}, {bound:g}], {steps}
steps of Adam of {batch} events, and a learning rate that falls from {learning_rate:g} to 0 by a cosine.
Between the layers each permutes the features as it does by default; zuko's couplings swap halves. No weights
are chosen by a validation sample. Events: the standard densities have {plane} for training and as many for
the test, collisions and jets are Pythia's.
This page is written by

    python -m bench.density.density --data DIR

After a figure stands its error from the seeds, where there are two; after the difference to the better peer
its error, from the test events of both, paired, and from the seeds. Numbers of parameters differ a little:
flowjax learns the derivatives at the ends of the interval, too. A dash stands for what was not trained.
"""


def loaded(rows: Path, name: str) -> list[dict]:
    return [dict(np.load(path)) for path in sorted(rows.glob(f"{name}-[0-9]*.npz"))]


def mean(runs: list[dict]) -> float:
    return float(np.mean([run["log_prob"].mean() for run in runs]))


def spread(runs: list[dict]) -> float:
    means = [run["log_prob"].mean() for run in runs]
    return float(np.std(means, ddof=1) / np.sqrt(len(means))) if len(means) > 1 else 0.0


def figure(runs: list[dict]) -> str:
    if not runs:
        return "–"
    return f"{mean(runs):.4f}" + (f" ± {spread(runs):.4f}" if len(runs) > 1 else "")


def difference(ours: list[dict], theirs: list[dict]) -> tuple[float, float]:
    """Ours less theirs with its error."""
    paired = np.mean([r["log_prob"] for r in ours], 0) - np.mean([r["log_prob"] for r in theirs], 0)
    events = paired.std(ddof=1) / np.sqrt(len(paired))
    return float(paired.mean()), float(np.sqrt(events**2 + spread(ours) ** 2 + spread(theirs) ** 2))


def page(
    rows: Path, architectures: tuple[str, ...], libraries: tuple[str, ...], settings: dict
) -> str:
    lines = [HEAD.format(**settings, plane=f"{PLANE_EVENTS:,}")]
    peers = [library for library in libraries if library != "castalia"]
    for one in SETS:
        body = []
        for architecture in architectures:
            runs = {
                library: loaded(rows, f"{one.name}-{architecture.replace(', ', '-')}-{library}")
                for library in libraries
            }
            known = [peer for peer in peers if runs[peer]]
            if not (runs["castalia"] and known):
                continue
            best = max(known, key=lambda peer: mean(runs[peer]))
            above, error = difference(runs["castalia"], runs[best])
            figures = [figure(runs[library]) for library in libraries]
            body.append([architecture, *figures, f"{above:+.4f} ± {error:.4f}"])
        if body:
            head = ["architecture", *libraries, "above the better peer"]
            table = [head, ["---"] * len(head), *body]
            lines.append(f"## {one.words[0].upper()}{one.words[1:]}\n")
            lines.append("\n".join(f"| {' | '.join(row)} |" for row in table) + "\n")
    return "\n".join(lines)

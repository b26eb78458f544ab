"""How many calls of a simulator a local surrogate takes to find the least of ten parameters, beside finite
differences.

    python -m bench.adversarial.surrogate [--rows out/surrogate] [--document docs/surrogate.md] [--steps N]
                                          [--device cuda:0]

A call is a batch of EVENTS events at one parameter vector, as long as an event takes for both. What is
complete in the folder --rows is kept by the next run. Needs castalia and numpy; no data.
"""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path

import castalia
import numpy as np

from bench.progress import Progress
from bench.results import user_seconds, write_json

PARAMETERS = 10
STARTS = (-1.0, 2.5)  # at random between these
EVENTS = 32  # of a call
SEEDS = (1, 2, 3)
LEVELS = (10.0, 3.0, 1.0)  # of the true mean objective
POINTS = 8
OPTIONS = {
    "region": [0.3],
    "points": POINTS,
    "events": EVENTS,
    "moves": 4,
    "draws": 256,
    "learning_rate": 0.1,
}
MODELS = {
    "gan": {
        "latent": 4,
        "generator_hidden": 64,
        "generator_layers": 2,
        "generator_activation": "tanh",
        "critic_hidden": 64,
        "critic_layers": 2,
    },
    "coupling_flow": {"layers": 2, "hidden": 64, "bins": 4},
}
TRAINING = {
    "gan": {
        "steps": 500,
        "batch": 128,
        "optimiser": "adam",
        "learning_rate": 3e-3,
        "beta1": 0.5,
        "regularisers": ["r1"],
        "validation": 0.0,
    },
    "coupling_flow": {"steps": 150, "batch": 128, "learning_rate": 3e-3, "validation": 0.0},
}
# What finite differences may choose: the step of a difference, and the learning rate of Adam.
DIFFERENCES = tuple(itertools.product((0.05, 0.1, 0.3), (0.05, 0.1, 0.2)))


def height(at: np.ndarray) -> float:
    """Rosenbrock's valley with walls of slope 1: least, 0, where all parameters are 1."""
    return float(np.sum((at[1:] - at[:-1] ** 2) ** 2 + (1 - at[:-1]) ** 2))


def start(seed: int) -> np.ndarray:
    return np.random.default_rng(50 + seed).uniform(*STARTS, PARAMETERS)


class Simulator:
    """Events y ~ N(height + x, 1), x ~ N(0, 1), and the height at each call."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def __call__(self, at: np.ndarray, rows: range, x: np.ndarray | None = None) -> np.ndarray:
        x = self._random.normal(size=(len(rows), 1)) if x is None else x
        return height(at) + x + self._random.normal(size=(len(rows), 1))


def by_surrogate(architecture: str, seed: int, steps: int, device: str) -> dict:
    """calls and height after each step."""
    began = user_seconds()
    settings = castalia.Context(training_threads=1, device=device)
    model = castalia.create(
        architecture,
        features=1,
        context_features=PARAMETERS + 1,
        seed=seed,
        settings=settings,
        **MODELS[architecture],
    )
    inputs = np.random.default_rng(100 + seed).normal(size=(10000, 1))
    search = castalia.Surrogate(
        Simulator(seed),
        start(seed),
        model=model,
        inputs=inputs,
        training=TRAINING[architecture],
        seed=seed,
        **OPTIONS,
    )
    search.advance(steps)
    history = search.describe()["history"]
    return {
        "calls": [entry["simulated"] // EVENTS for entry in history],
        "heights": [height(np.array(entry["parameters"])) for entry in history],
        "seconds": user_seconds() - began,
    }


def by_differences(seed: int, step: float, rate: float, calls: int) -> dict:
    """Adam along central differences."""
    simulator = Simulator(1000 + seed)
    at = start(seed)
    first, second = np.zeros(PARAMETERS), np.zeros(PARAMETERS)
    found = {"calls": [], "heights": []}
    rows = range(EVENTS)
    for taken in range(1, calls // (2 * PARAMETERS) + 1):
        gradient = np.array(
            [
                (simulator(at + each, rows).mean() - simulator(at - each, rows).mean()) / (2 * step)
                for each in step * np.eye(PARAMETERS)
            ]
        )
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        at = at - rate * (first / (1 - 0.9**taken)) / (np.sqrt(second / (1 - 0.999**taken)) + 1e-8)
        found["calls"].append(2 * PARAMETERS * taken)
        found["heights"].append(height(at))
    return found


def calls_to(found: dict, level: float) -> float:
    for calls, reached in zip(found["calls"], found["heights"], strict=True):
        if reached <= level:
            return calls
    return np.inf


def median_calls(runs: list[dict], level: float) -> float:
    return float(np.median([calls_to(run, level) for run in runs]))


def shown(calls: float) -> str:
    return f"{calls:.0f}" if np.isfinite(calls) else "not reached"


def page(runs: dict[str, list[dict]], chosen: tuple[float, float], steps: int) -> str:
    heights = ", ".join(f"{height(start(seed)):.0f}" for seed in SEEDS)
    text = f"""# A simulator without derivatives

{PARAMETERS} parameters psi of a simulator that gives events y ~ N(h(psi) + x, 1) with x ~ N(0, 1) are to make
the mean of y least; h = sum of (psi[i + 1] - psi[i]^2)^2 + (1 - psi[i])^2 is Rosenbrock's valley, whose least
value, 0, lies where all are 1. They start at random between {STARTS[0]:g} and {STARTS[1]:g}, where h is
{heights}. A call is {EVENTS} events at one parameter vector, for both ways.

- *Local surrogate* (`castalia.Surrogate`, arXiv:2002.04632): {POINTS} calls a step, in a box of half width
  {OPTIONS["region"][0]:g}, {OPTIONS["moves"]} steps of Adam on each surrogate; a `gan` or a `coupling_flow`
  of them.
- *Finite differences*: central ones, {2 * PARAMETERS} calls a step of Adam; of {len(DIFFERENCES)} choices of
  difference and learning rate the one that needs least calls to the lowest level, {chosen[0]:g} and
  {chosen[1]:g}; they get twice the calls. The last row is the choice that is fastest to the first level.

Medians of {len(SEEDS)} runs. Written by

    python -m bench.adversarial.surrogate

| way | """
    text += " | ".join(f"calls to h = {level:g}" for level in LEVELS)
    text += " | h at the end | calls at the end | seconds of a core a step |\n"
    text += "|---" * (len(LEVELS) + 4) + "|\n"
    for name, each in runs.items():
        final = np.median([run["heights"][-1] for run in each])
        cost = (
            f"{np.median([run['seconds'] for run in each]) / steps:.2f}"
            if "seconds" in each[0]
            else "0"
        )
        cells = [shown(median_calls(each, level)) for level in LEVELS]
        text += (
            f"| {name} | {' | '.join(cells)} | {final:.2f} | {each[0]['calls'][-1]} | {cost} |\n"
        )
    text += "\nThe curve, h after so many calls:\n\n| calls | " + " | ".join(runs) + " |\n"
    text += "|---" * (len(runs) + 1) + "|\n"
    most = min(run[0]["calls"][-1] for run in runs.values())
    for calls in np.linspace(0, most, 11)[1:]:
        cells = []
        for each in runs.values():
            at = [
                run["heights"][max(0, int(np.searchsorted(run["calls"], calls, "right")) - 1)]
                for run in each
            ]
            cells.append(f"{np.median(at):.2f}")
        text += f"| {calls:.0f} | {' | '.join(cells)} |\n"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=Path, default=Path("out/surrogate"))
    parser.add_argument("--document", type=Path)
    parser.add_argument("--steps", type=int, default=45)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    rows, steps = arguments.rows, arguments.steps
    rows.mkdir(parents=True, exist_ok=True)
    progress = Progress()
    runs = {}
    for architecture in MODELS:
        each = []
        for seed in SEEDS:
            path = rows / f"{architecture}-{steps}-{seed}.json"
            progress.show(path.stem)
            if not path.exists():
                write_json(path, by_surrogate(architecture, seed, steps, arguments.device))
            each.append(json.loads(path.read_text()))
        runs[f"local surrogate, {architecture}"] = each
    progress.show("finite differences")
    choices = {
        choice: [by_differences(seed, *choice, 2 * POINTS * steps) for seed in SEEDS]
        for choice in DIFFERENCES
    }
    chosen = min(
        choices,
        key=lambda c: (
            median_calls(choices[c], LEVELS[-1]),
            np.median([run["heights"][-1] for run in choices[c]]),
        ),
    )
    runs["finite differences"] = choices[chosen]
    hasty = min(choices, key=lambda c: median_calls(choices[c], LEVELS[0]))
    runs[f"finite differences, {hasty[0]:g} and {hasty[1]:g}"] = choices[hasty]
    text = page(runs, chosen, steps)
    progress.say(text)
    if arguments.document:
        arguments.document.write_text(text)


if __name__ == "__main__":
    main()

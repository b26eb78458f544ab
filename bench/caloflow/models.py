"""The models: what they are, and how they are trained."""

from __future__ import annotations

from dataclasses import dataclass, field

# The flow smears the upper edge of the noise: with the threshold above it the mean numbers of cells with
# energy come out right; the classifier does not see it.
FIELDS = {
    "cells": [288, 144, 72],
    "layers": 2,
    "hidden": 192,
    "bins": 6,
    "noise": 0.01,
    "threshold": 0.015,
    "energy_layers": 4,
}
COMMON = {"batch": 256, "schedule": "one_cycle", "clip_norm": 200, "ema": 0.99}


@dataclass(frozen=True)
class Trained:
    name: str
    particle: str
    words: str
    fits: list[dict]  # one after the other
    fields: dict = field(default_factory=lambda: FIELDS)
    start: str = ""  # the model whose weights it starts from
    teacher: str = ""


def validated(steps: int, rate: float, **more) -> dict:
    return {
        **COMMON,
        "steps": steps,
        "learning_rate": rate,
        "validation": 0.05,
        "validate_every": 250,
        **more,
    }


def distilled(steps: int, rate: float, parameters: float) -> dict:
    weights = {f"distil_{what}": 10 for what in ("data", "latent", "layers")}
    return validated(steps, rate, validation=0.03, **weights, distil_parameters=parameters)


MODELS = (
    Trained("eplus-teacher", "eplus", "teacher, positrons", [validated(3000, 2e-3)]),
    Trained(
        "eplus-student",
        "eplus",
        "student, positrons",
        [distilled(1000, 2e-3, parameters=0.01), distilled(1500, 1e-3, parameters=0.1)],
        fields={**FIELDS, "direction": "inverse"},
        teacher="eplus-teacher",
    ),
    Trained(
        "gamma-teacher",
        "gamma",
        "teacher, photons",
        [validated(1000, 1.5e-3), validated(1200, 8e-4)],
        start="eplus-teacher",
    ),
    Trained(
        "gamma-student",
        "gamma",
        "student, photons",
        [distilled(800, 1e-3, parameters=0.1)],
        start="eplus-student",
        teacher="gamma-teacher",
    ),
)

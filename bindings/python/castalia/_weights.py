"""What importing the weights of other libraries' flows shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._model import Model


def as_they_are(features: int, context_features: int) -> dict[str, Any]:
    """The fields of a model that takes data and context without preprocessing."""
    return {
        "features": features,
        "context_features": context_features,
        "preprocessing": ["none"] * features,
        "context_preprocessing": ["none"] * context_features,
    }


def filled(model: Model, weights: Mapping[str, np.ndarray]) -> Model:
    """The model with these parameters, by name."""
    ordered = []
    for each in model.describe()["parameters"]:
        name, shape = each["name"], each["shape"]
        if name not in weights:
            raise ValueError(f"the state has nothing for {name}, which these fields ask for")
        if weights[name].size != np.prod(shape, dtype=int):
            raise ValueError(f"{name} has the shape {shape}, the state's {weights[name].shape}")
        ordered.append(weights[name].ravel())
    model.parameters = np.concatenate(ordered)
    return model


def require_all(places: set[int]) -> None:
    """Raises ValueError where transforms are missing between the first and the last of these."""
    for place in range(max(places, default=-1) + 1):
        if place not in places:
            raise ValueError(
                f"transform {place} has no tensors in this state: what it does cannot be carried over"
            )


def placed(
    weight: np.ndarray,
    rows: Sequence[int] | np.ndarray,
    columns: Sequence[int] | np.ndarray,
    shape: tuple[int, int],
) -> np.ndarray:
    """Zeros of this shape, with the matrix at these rows and columns."""
    out = np.zeros(shape)
    out[np.ix_(rows, columns)] = weight
    return out


def coupling_split(kept: np.ndarray) -> str:
    """The settings of a coupling that keeps these features."""
    place = np.arange(len(kept))
    for split, usual in (("alternating", place % 2 == 1), ("halves", place < len(kept) // 2)):
        for swap, mask in (("false", usual), ("true", ~usual)):
            if np.array_equal(kept, mask):
                return f"split={split}, swap={swap}"
    raise ValueError(
        "a mask keeps neither every other feature nor the first or second half of them"
    )

"""What importing the weights of other libraries' flows shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ._model import Model


def filled(model: Model, weights: Mapping[str, np.ndarray]) -> Model:
    """The model with these parameters, by name."""
    model.parameters = np.concatenate(
        [weights[each["name"]].ravel() for each in model.describe()["parameters"]]
    )
    return model


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

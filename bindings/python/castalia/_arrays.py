"""What becomes of the arrays that callers give.

float32 and float64 are handed over where they lie, whatever their strides. Every other real type
(integers, booleans, float16, long double, other byte orders) becomes a new float64 array. Complex
numbers, text and objects are refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_TAKEN = (np.dtype(np.float32), np.dtype(np.float64))


def readable(values: Any, name: str) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype in _TAKEN and all(step % array.itemsize == 0 for step in array.strides):
        return array
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} has elements of type {array.dtype}, which are not real numbers")
    return array.astype(np.float32 if array.dtype == np.float32 else np.float64)


def maybe_readable(values: Any, name: str) -> np.ndarray | None:
    return None if values is None else readable(values, name)


def writable(array: Any, name: str) -> np.ndarray:
    """The caller's own array for results: float32 or float64, and not read-only."""
    if not isinstance(array, np.ndarray) or array.dtype not in _TAKEN:
        raise TypeError(f"{name} must be a NumPy array of float32 or float64")
    if not array.flags.writeable:
        raise ValueError(f"{name} is read-only")
    if any(step % array.itemsize for step in array.strides):
        raise ValueError(f"the strides of {name} are not whole elements")
    return array

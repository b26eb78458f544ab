"""What becomes of the arrays that callers give.

float32 and float64 are handed over where they lie, whatever their strides. Every other real type
(integers, booleans, float16, long double, other byte orders) becomes a new float64 array. Complex
numbers, text and objects are refused.

Tensors of other libraries come in by DLPack, those on a GPU without leaving it: dense ones of float32 or
float64, for models whose device it is. Results go to a tensor there when it is given as `out`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_TAKEN = (np.dtype(np.float32), np.dtype(np.float64))


_CUDA = 2  # DLPack's kDLCUDA


class OnDevice:
    """A tensor on a GPU, with the shape and the type of an array."""

    def __init__(self, tensor: Any, name: str) -> None:
        self._tensor = tensor
        self.shape = tuple(tensor.shape)
        self.dtype = _element_type(tensor, name)

    def __len__(self) -> int:
        return self.shape[0]

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._tensor.__dlpack_device__()

    def __dlpack__(self, **options: Any) -> Any:
        return self._tensor.__dlpack__(**options)


def _element_type(tensor: Any, name: str) -> np.dtype:
    words = str(tensor.dtype).rpartition(".")[2]  # "torch.float32", "float32"
    if words not in ("float32", "float64"):
        raise TypeError(f"{name} has elements of type {tensor.dtype} on a device")
    return np.dtype(words)


def _is_on_device(values: Any) -> bool:
    place = getattr(values, "__dlpack_device__", None)
    return place is not None and int(place()[0]) == _CUDA


def readable(values: Any, name: str) -> Any:
    if _is_on_device(values):
        return OnDevice(values, name)
    if hasattr(values, "__dlpack__") and not hasattr(values, "__array__"):
        values = np.from_dlpack(values)
    array = np.asarray(values)
    if array.dtype in _TAKEN and all(step % array.itemsize == 0 for step in array.strides):
        return array
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} has elements of type {array.dtype}, which are not real numbers")
    return array.astype(np.float32 if array.dtype == np.float32 else np.float64)


def maybe_readable(values: Any, name: str) -> Any:
    return None if values is None else readable(values, name)


def writable(array: Any, name: str) -> Any:
    """The caller's own array for results: float32 or float64, and not read-only."""
    if _is_on_device(array):
        _element_type(array, name)
        return array
    if not isinstance(array, np.ndarray) or array.dtype not in _TAKEN:
        raise TypeError(f"{name} must be a NumPy array of float32 or float64")
    if not array.flags.writeable:
        raise ValueError(f"{name} is read-only")
    if any(step % array.itemsize for step in array.strides):
        raise ValueError(f"the strides of {name} are not whole elements")
    return array

"""What the benchmark needs of the C interface (capi/castalia.h), through ctypes: any Python will do.

The library is the file that CASTALIA_LIBRARY names, or libcastalia.so.1 where the system finds it.
"""

from __future__ import annotations

import ctypes
import json
import os

import numpy as np

MAX_RANK = 8
DTYPES = {np.dtype(np.float32): 1, np.dtype(np.float64): 2}


class Array(ctypes.Structure):
    """castalia_array."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("shape", ctypes.c_int64 * MAX_RANK),
        ("strides", ctypes.c_int64 * MAX_RANK),
        ("device_kind", ctypes.c_int32),
        ("device_number", ctypes.c_int32),
        ("stream", ctypes.c_void_p),
        ("reserved", ctypes.c_uint64 * 4),
    ]


class Error(RuntimeError):
    """A call that failed, with the library's words."""


_library = ctypes.CDLL(os.environ.get("CASTALIA_LIBRARY", "libcastalia.so.1"))
_library.castalia_last_error.restype = ctypes.c_char_p
_library.castalia_status_name.restype = ctypes.c_char_p
_library.castalia_version.restype = ctypes.c_char_p


def call(name: str, *arguments) -> None:
    status = getattr(_library, f"castalia_{name}")(*arguments)
    if status != 0:
        kind = _library.castalia_status_name(status).decode()
        raise Error(f"{kind}: {_library.castalia_last_error().decode()}")


def version() -> str:
    return _library.castalia_version().decode()


class Handle:
    """An object of the library, destroyed with its owner."""

    def __init__(self, kind: str, *arguments, make: str = "create"):
        self._kind = kind
        self._as_parameter_ = ctypes.c_void_p()
        call(f"{kind}_{make}", *arguments, ctypes.byref(self._as_parameter_))

    def __del__(self):
        if getattr(self, "_as_parameter_", None):
            call(f"{self._kind}_destroy", self._as_parameter_)


def view(values: np.ndarray | None):
    """A dense array as the interface takes it; it must outlive the call."""
    if values is None:
        return None
    shape = (ctypes.c_int64 * MAX_RANK)(*values.shape)
    array = Array()
    call(
        "array_dense",
        ctypes.c_void_p(values.ctypes.data),
        DTYPES[values.dtype],
        values.ndim,
        shape,
        ctypes.byref(array),
    )
    return ctypes.byref(array)


def config(fields: dict) -> Handle:
    made = Handle("config")
    call("config_set_json", made, json.dumps(fields).encode())
    return made


def context(device: str, threads: int) -> Handle:
    made = Handle("context")
    call("context_set_threads", made, threads, threads)
    call("context_set_device", made, device.encode())
    return made


def info(context: Handle | None = None) -> dict:
    text = ctypes.c_char_p()
    call("info", context, ctypes.byref(text))
    return json.loads(text.value)


def normal(seed: int, shape: tuple[int, int], dtype=np.float32, stage: int = 1) -> np.ndarray:
    """Standard normal numbers of the library's own."""
    values = np.empty(shape, dtype)
    call("normal", ctypes.c_uint64(seed), ctypes.c_int64(0), stage, view(values))
    return values


class Dataset(Handle):
    def __init__(self, context: Handle, x: np.ndarray, condition: np.ndarray | None = None):
        super().__init__("dataset", context, view(x), view(condition), None)


class Model(Handle):
    def __init__(self, context: Handle, architecture: str, fields: dict):
        super().__init__("model", context, architecture.encode(), config(fields))
        sizes = [ctypes.c_int64() for _ in range(3)]
        call("model_shape", self, *map(ctypes.byref, sizes))
        self.features, self.context_features, self.parameters = (size.value for size in sizes)

    def set_parameters(self, values: np.ndarray) -> None:
        call("model_set_parameters", self, view(values))

    def fit(self, data: Dataset, training: dict) -> None:
        call("model_fit", self, data, config(training), None, None)

    def sample(self, seed: int, first: int, condition: np.ndarray | None, out: np.ndarray) -> None:
        call(
            "model_sample",
            self,
            ctypes.c_uint64(seed),
            ctypes.c_int64(first),
            view(condition),
            view(out),
        )

    def log_prob(self, x: np.ndarray, condition: np.ndarray | None, out: np.ndarray) -> None:
        call("model_log_prob", self, view(x), view(condition), view(out))


class Trainer(Handle):
    def __init__(self, model: Model, data: Dataset, training: dict):
        super().__init__("trainer", model, data, config(training))

    def advance(self, steps: int) -> None:
        call("trainer_advance", self, ctypes.c_int64(steps))

    def loss(self) -> float:
        loss = ctypes.c_double()
        call("trainer_status", self, None, None, ctypes.byref(loss), None, None)
        return loss.value

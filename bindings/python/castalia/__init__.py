"""Castalia: generative models for particle physics.

    import castalia

    flow = castalia.CouplingFlow(features=9)
    flow.fit(x, steps=4000)                       # x: (events, features), float32 or float64
    flow.save("flow.safetensors")
    events = castalia.load("flow.safetensors").sample(1000, seed=1)

Every architecture of the catalogue is a class of this module: `castalia.models()` lists them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._catalogue import make_classes as _make_classes
from ._data import Dataset, hdf5_read, hdf5_shape, hdf5_write, normal, uniform
from ._errors import (
    BusyError,
    CallbackFailedError,
    CancelledError,
    CorruptFileError,
    DeviceUnavailableError,
    DTypeMismatchError,
    EmptyDataError,
    Error,
    InternalError,
    InvalidArgumentError,
    InvalidHandleError,
    IOError,
    NewerVersionError,
    NotFiniteError,
    NotFoundError,
    NumericalError,
    OutOfMemoryError,
    OutOfRangeError,
    ShapeMismatchError,
    UnsupportedError,
)
from ._errors import low as _low
from ._events import EventWriter
from ._handles import Context, adversarial, bijections, info, models, training_fields, transformers
from ._model import Model, Sampler, load
from ._nflows import from_nflows
from ._referee import evaluate, metrics, observable_sets
from ._surrogate import Surrogate, surrogate_fields
from ._target import Target, Weighed, targets
from ._training import Status, Trainer
from ._zuko import from_zuko

__version__: str = _low.castalia_version()
_classes = _make_classes()
globals().update(_classes)

if TYPE_CHECKING:

    def __getattr__(name: str) -> type[Model]: ...


def create(architecture: str, **fields: object) -> Model:
    """A model by its architecture's name: create("coupling_flow", features=9)."""
    known = Model._classes.get(architecture)
    if known is None:
        known = type("Model", (Model,), {"architecture": architecture})
    model = known.__new__(known)
    model._create(dict(fields))
    return model


__all__ = [
    "BusyError",
    "CallbackFailedError",
    "CancelledError",
    "Context",
    "CorruptFileError",
    "DTypeMismatchError",
    "Dataset",
    "DeviceUnavailableError",
    "EmptyDataError",
    "Error",
    "EventWriter",
    "IOError",
    "InternalError",
    "InvalidArgumentError",
    "InvalidHandleError",
    "Model",
    "NewerVersionError",
    "NotFiniteError",
    "NotFoundError",
    "NumericalError",
    "OutOfMemoryError",
    "OutOfRangeError",
    "Sampler",
    "ShapeMismatchError",
    "Status",
    "Surrogate",
    "Target",
    "Trainer",
    "UnsupportedError",
    "Weighed",
    "adversarial",
    "bijections",
    "create",
    "evaluate",
    "from_nflows",
    "from_zuko",
    "hdf5_read",
    "hdf5_shape",
    "hdf5_write",
    "info",
    "load",
    "metrics",
    "models",
    "normal",
    "observable_sets",
    "surrogate_fields",
    "targets",
    "training_fields",
    "transformers",
    "uniform",
    *_classes,
]

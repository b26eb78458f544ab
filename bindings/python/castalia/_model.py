"""Models and samplers."""

from __future__ import annotations

import json
import os
from typing import Any, Callable

import numpy as np

from ._arrays import maybe_readable, readable, writable
from ._data import Dataset
from ._errors import low
from ._handles import Config, Context, Handle, settings_handle
from ._target import Target, Weighed
from ._training import Status, train

_DTYPES = {np.dtype(np.float32): 1, np.dtype(np.float64): 2}


def _results(
    n: int | None, context: np.ndarray | None, features: int, out: Any, dtype: Any
) -> np.ndarray:
    """The array that events go to: the caller's, or a new one of n events, one a row of context."""
    if out is not None:
        if n is not None and len(out) != n:
            raise ValueError(f"out has {len(out)} rows, but n is {n}")
        return writable(out, "out")
    if n is None:
        if context is None:
            raise ValueError("n is missing")
        n = len(context)
    return np.empty((n, features), dtype)


class Model(Handle):
    """A generative model. Each architecture of the catalogue is a class of its own: see `castalia.models()`.

    Arrays are (events, features). Methods may run on many threads at the same time; Python's lock is
    free while they do.
    """

    _destroy = staticmethod(low.castalia_model_destroy)
    _classes: dict[str, type[Model]] = {}
    architecture = ""

    def _create(self, fields: dict[str, Any]) -> None:
        threads, device, settings = (
            fields.pop(name, None) for name in ("threads", "device", "settings")
        )
        if threads is not None or device is not None:
            if settings is not None:
                raise TypeError("threads and device are those of settings: give them there")
            settings = Context(threads=1 if threads is None else threads, device=device or "cpu")
        with Config(fields) as config:
            super().__init__(
                low.castalia_model_create(
                    settings_handle(settings), self.architecture, config._handle
                )
            )

    @staticmethod
    def _wrap(handle: Any) -> Model:
        """A handle as an object of its architecture's class."""
        model = Model.__new__(Model)
        Handle.__init__(model, handle)
        architecture = model.describe()["architecture"]
        model.__class__ = Model._classes.get(architecture, Model)
        return model

    # ---- What it is ------------------------------------------------------------------------------

    @property
    def features(self) -> int:
        """Number of features of an event."""
        return low.castalia_model_shape(self._handle)[0]

    @property
    def context_features(self) -> int:
        """Number of features of the condition; 0 for a model without."""
        return low.castalia_model_shape(self._handle)[1]

    def describe(self) -> dict:
        """Architecture, specification, preprocessing, parameters, capabilities, training."""
        return json.loads(low.castalia_model_describe(self._handle))

    def plan(self, computes: str = "sample", events: int = 256) -> dict:
        """What runs to compute this for so many events at a time: steps, bytes, and a table of them."""
        return json.loads(low.castalia_model_plan(self._handle, computes, events))

    @property
    def dtype(self) -> np.dtype:
        """What the model computes in."""
        found = self.describe()
        name = found.get("dtype") or found.get("specification", {}).get("dtype", "float32")
        return np.dtype(name)

    @property
    def parameters(self) -> np.ndarray:
        """All parameters as one vector (a copy), in the order of `describe`. May be assigned to."""
        values = np.empty(low.castalia_model_shape(self._handle)[2], np.float64)
        low.castalia_model_get_parameters(self._handle, values)
        return values

    @parameters.setter
    def parameters(self, values: Any) -> None:
        low.castalia_model_set_parameters(self._handle, readable(values, "parameters"))

    def __repr__(self) -> str:
        if self._held is None:
            return f"<{type(self).__name__}, closed>"
        features, context, parameters = low.castalia_model_shape(self._handle)
        widths = f"{features} features, {context} context features"
        return f"<{type(self).__name__}: {widths}, {parameters} parameters>"

    # ---- Training --------------------------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        context: Any = None,
        weights: Any = None,
        *,
        target: Target | None = None,
        progress: bool | None = None,
        callback: Callable[[Status], object] | None = None,
        **training: Any,
    ) -> Model:
        """Trains the model and gives it back.

        Ctrl-C, or an exception in the callback, ends training and leaves the model as it was. A model that
        has been fitted goes on from its weights, and keeps what its preprocessing has learned of the first
        data: for data of another kind make a new one.

        Args:
            x: events (events, features), or a `Dataset`; with a target they may be left out.
            context: condition (events, context features).
            weights: one weight an event.
            target: what is followed instead of events, or beside them, by the field objective: reverse_kl,
                forward_kl, variance, symmetric_kl.
            progress: show a bar; by default where stderr is a terminal.
            callback: called now and then with a `Status`; `False` stops training and keeps the best weights.
            **training: fields of training, such as steps=4000, epochs=, batch=, learning_rate=, checkpoint=;
                `castalia.training_fields()` lists them.
        """
        if isinstance(x, Dataset):
            if context is not None or weights is not None:
                raise TypeError("a Dataset has its context and weights in it")
            train(self, x, target, progress, callback, training)
            return self
        if x is None and target is not None:
            if context is not None or weights is not None:
                raise TypeError("context and weights are of events, and x is missing")
            train(self, None, target, progress, callback, training)
            return self
        with Dataset(x, context, weights) as data:
            train(self, data, target, progress, callback, training)
        return self

    # ---- Use -------------------------------------------------------------------------------------

    def sample(
        self,
        n: int | None = None,
        context: Any = None,
        *,
        seed: int = 0,
        first_event: int = 0,
        out: np.ndarray | None = None,
        dtype: Any = None,
    ) -> np.ndarray:
        """Events first_event, first_event + 1, ... of the sample that the seed names.

        Event i is the same in whatever range it is drawn, so that processes may draw ranges of their own.

        Args:
            n: how many; by default one a row of context or of out.
            context: condition (n, context features).
            seed: from 0 to 2**64 - 1.
            first_event: number of the first event, from 0.
            out: array (n, features) of float32 or float64 to write to, of any strides.
            dtype: of a new array; by default what the model computes in.
        """
        condition = maybe_readable(context, "context")
        x = _results(
            n, condition, self.features, out, dtype or (None if out is not None else self.dtype)
        )
        low.castalia_model_sample(self._handle, seed, first_event, condition, x)
        return x

    def weigh(
        self,
        target: Target,
        n: int | None = None,
        context: Any = None,
        *,
        seed: int = 0,
        first_event: int = 0,
    ) -> Weighed:
        """Events as `sample` gives them, in float64, with their weights towards a target and what these
        say: its integral, the effective sample size, and what unweighting keeps."""
        condition = maybe_readable(context, "context")
        x = _results(n, condition, self.features, None, np.float64)
        log_weights = np.empty(len(x))
        figures = low.castalia_model_weigh(
            self._handle, target._handle, seed, first_event, condition, x, log_weights
        )
        return Weighed(x, log_weights, *figures)

    def sampler(self, seed: int = 0) -> Sampler:
        """Draws the events of a seed in order. While it lives the model cannot be trained."""
        return Sampler(self, seed)

    def log_prob(self, x: Any, context: Any = None, *, out: np.ndarray | None = None) -> np.ndarray:
        """The natural logarithm of the density at each event of x (n, features)."""
        return self._one_number(low.castalia_model_log_prob, x, context, out)

    def score(self, x: Any, context: Any = None, *, out: np.ndarray | None = None) -> np.ndarray:
        """A classifier's response to each event of x (n, features)."""
        return self._one_number(low.castalia_model_score, x, context, out)

    def transform(self, x: Any, context: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Data x to latent z, and log |det dz/dx| of each event."""
        return self._map(low.castalia_model_transform, readable(x, "x"), context)

    def inverse(self, z: Any, context: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Latent z back to data x, and log |det dx/dz| of each event."""
        return self._map(low.castalia_model_inverse, readable(z, "z"), context)

    def encode(self, data: Dataset) -> Dataset:
        """The events of a Dataset in latent space, with their context and weights: features of which
        `castalia.evaluate` takes any metric."""
        return Dataset._wrap(low.castalia_model_encode(self._handle, data._handle))

    def _one_number(
        self, function: Callable, x: Any, context: Any, out: np.ndarray | None
    ) -> np.ndarray:
        data = readable(x, "x")
        numbers = np.empty(data.shape[:1], data.dtype) if out is None else writable(out, "out")
        function(self._handle, data, maybe_readable(context, "context"), numbers)
        return numbers

    def _map(
        self, function: Callable, source: np.ndarray, context: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        target = np.empty(source.shape, source.dtype)
        determinants = np.empty(source.shape[:1], source.dtype)
        function(self._handle, source, maybe_readable(context, "context"), target, determinants)
        return target, determinants

    # ---- Files and copies ------------------------------------------------------------------------

    def save(self, path: str | os.PathLike) -> None:
        """Writes one safetensors file; on any failure an older file of this name is whole."""
        low.castalia_model_save(self._handle, os.fspath(path))

    def export(self, path: str | os.PathLike, computes: str = "log_prob") -> None:
        """Writes an ONNX file (FILE.onnx) that computes "log_prob" or "transform" of x, or "inverse" of z.

        It takes any number of events, in the model's own units, and has basic operators alone.
        """
        low.castalia_model_export(self._handle, computes, os.fspath(path))

    def to(self, dtype: Any) -> Model:
        """A copy that computes in float32 or float64."""
        wanted = np.dtype(dtype)
        if wanted not in _DTYPES:
            raise TypeError(f"a model computes in float32 or float64, not {wanted}")
        return self._wrap(low.castalia_model_convert(self._handle, _DTYPES[wanted]))


class Sampler(Handle):
    """Draws the events of a seed in order. One thread at a time."""

    _destroy = staticmethod(low.castalia_sampler_destroy)

    def __init__(self, model: Model, seed: int = 0) -> None:
        super().__init__(low.castalia_sampler_create(model._handle, seed))
        self._features, self._dtype = model.features, model.dtype

    def next(
        self,
        n: int | None = None,
        context: Any = None,
        *,
        out: np.ndarray | None = None,
        dtype: Any = None,
    ) -> np.ndarray:
        """The next n events; the arguments are as for `Model.sample`."""
        condition = maybe_readable(context, "context")
        x = _results(n, condition, self._features, out, dtype or self._dtype)
        low.castalia_sampler_next(self._handle, condition, x)
        return x

    def seek(self, event: int) -> None:
        """The next event drawn is number `event`, from 0."""
        low.castalia_sampler_seek(self._handle, event)

    def tell(self) -> int:
        """The number of the next event."""
        return low.castalia_sampler_tell(self._handle)


def load(
    path: str | os.PathLike,
    *,
    verify: bool = True,
    products: str = "float32",
    settings: Context | None = None,
) -> Model:
    """A model from its file. With verify the golden events that it carries are computed and compared.

    products: what the matrix products of a float32 model read when it is evaluated: "float32", their
    operands as they are; "bfloat16", which a processor with AVX512_BF16 or a CUDA device does faster;
    "tf32", on a CUDA device alone; or "bfloat16_emulated". Training is in float32.
    """
    with Config({"verify": verify, "products": products}) as options:
        return Model._wrap(
            low.castalia_model_load(settings_handle(settings), os.fspath(path), options._handle)
        )

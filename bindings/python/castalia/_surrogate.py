"""Optimisation of a simulator without derivatives, by a generative model of it near its parameters."""

from __future__ import annotations

import json
from typing import Any, Callable, Mapping, NamedTuple

import numpy as np

from ._arrays import readable
from ._data import Dataset
from ._errors import low
from ._handles import Config, Handle
from ._model import Model
from ._target import Target


class Best(NamedTuple):
    """A simulated point of a `Surrogate`."""

    parameters: np.ndarray
    objective: float  # the mean over its events
    error: float  # standard deviation of that mean


class Surrogate(Handle):
    """Makes small the mean of an objective over a simulator's events (arXiv 2002.04632).

        def simulator(parameters, rows, x):
            return my_events(parameters, len(rows))        # (events, outputs)

        search = castalia.Surrogate(simulator, start=[2.0, 2.0], model=model, region=[0.5])
        search.advance(20)
        search.best.parameters

    Args:
        simulator: gets the parameters, a range of the numbers of the events that are asked for, counted over
            the whole search, and where they start from, x (events, inputs), None without inputs. Gives the
            events (events, outputs). What it raises comes out of `advance`; what was simulated is kept.
        start: the first parameters.
        model: what learns the events: any architecture whose samples can be differentiated, with the outputs
            as features and as context the parameters followed by the inputs. It has the weights of the last
            surrogate between calls.
        inputs: what events start from (n, inputs), drawn with replacement.
        objective: a `Target` with a gradient whose value is made small in the mean; by default the sum of an
            event's columns.
        training: fields of training of each surrogate.
        **options: `surrogate_fields()` lists them.
    """

    _destroy = staticmethod(low.castalia_surrogate_destroy)

    def __init__(
        self,
        simulator: Callable[..., Any],
        start: Any,
        *,
        model: Model,
        inputs: Any = None,
        objective: Target | None = None,
        training: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        # The library calls them while this object lives.
        self._function = _answering(simulator, model.features)
        self._objective = objective
        first = readable(start, "start")
        self._count = len(first)
        data = inputs if inputs is None or isinstance(inputs, Dataset) else Dataset(inputs)
        with Config(training or {}) as fields, Config(options) as settings:
            handle = low.castalia_surrogate_create(
                model._handle,
                fields._handle,
                settings._handle,
                first,
                None if data is None else data._handle,
                None if objective is None else objective._handle,
                self._function,
            )
        super().__init__(handle)

    def advance(self, steps: int = 1) -> None:
        """Takes steps, between which Ctrl-C is heeded. After an error the next call goes on from there."""
        if steps < 0:
            low.castalia_surrogate_advance(self._handle, steps)  # says what is allowed
        for _ in range(steps):
            low.castalia_surrogate_advance(self._handle, 1)

    def describe(self) -> dict:
        """step, simulated (events so far), parameters, best, history, points."""
        return json.loads(low.castalia_surrogate_describe(self._handle))

    @property
    def step(self) -> int:
        """Steps taken."""
        return low.castalia_surrogate_status(self._handle, None, None)[0]

    @property
    def simulated(self) -> int:
        """Events simulated."""
        return low.castalia_surrogate_status(self._handle, None, None)[1]

    @property
    def parameters(self) -> np.ndarray:
        """The present parameters."""
        found = np.empty(self._count)
        low.castalia_surrogate_status(self._handle, found, None)
        return found

    @property
    def best(self) -> Best:
        """The simulated point with the least mean objective; NaN before the first."""
        found = np.empty(self._count)
        figures = low.castalia_surrogate_status(self._handle, None, found)
        return Best(found, *figures[2:])


def _answering(simulator: Callable[..., Any], outputs: int) -> Callable:
    """The function as the low layer calls it: with bytes that are there for the time of the call."""

    def call(at: memoryview, first: int, rows: int, x: memoryview | None, y: memoryview) -> int:
        given = None if x is None else np.frombuffer(x).reshape(rows, -1).copy()
        answer = simulator(np.frombuffer(at).copy(), range(first, first + rows), given)
        events = np.asarray(answer, np.float64)
        if events.shape != (rows, outputs):
            raise ValueError(
                f"the simulator's events have shape {events.shape}, not {(rows, outputs)}"
            )
        np.frombuffer(y).reshape(rows, outputs)[...] = events
        return 0

    return call


def surrogate_fields() -> list[dict]:
    """The options of a `Surrogate`."""
    return json.loads(low.castalia_surrogate_fields())

"""Targets: densities of any norm that a model is trained to follow without events of them, or that its
events are weighed by."""

from __future__ import annotations

import json
from typing import Any, Callable, NamedTuple

import numpy as np

from ._arrays import maybe_readable, readable
from ._errors import low
from ._handles import Config, Handle


class Weighed(NamedTuple):
    """Events with their weights towards a target."""

    x: np.ndarray  # (events, features)
    log_weights: np.ndarray  # (events): log(target / density of the model)
    log_z: float  # logarithm of the mean weight: an estimate of the target's integral
    log_z_error: float  # its standard deviation
    effective_sample_size: float
    acceptance: float  # mean weight / largest weight


class Target(Handle):
    """A density of any norm: an integrand, the exponential of minus an action.

        castalia.Target("camel", features=4)
        castalia.Target(lambda x: -(x**4).sum(axis=1), features=4)

    Args:
        density: the name of a target that is built in (`castalia.targets()` lists them), or a function. It
            gets x (points, features), and the context (points, context features) as well where there is
            one, and gives the natural logarithm of the density at each point: -inf where that is zero. What
            it raises comes out of the call that asked for it.
        features: columns of x.
        gradient: the function gives a pair: the logarithms, and their derivatives with respect to x.
        **fields: of a target that is built in.
    """

    _destroy = staticmethod(low.castalia_target_destroy)

    def __init__(
        self,
        density: str | Callable[..., Any],
        features: int | None = None,
        gradient: bool = False,
        **fields: Any,
    ) -> None:
        # The library calls it while this target, or a trainer made from it, lives.
        self._function = None
        if isinstance(density, str):
            if features is not None:
                fields["features"] = features
            with Config(fields) as config:
                super().__init__(low.castalia_target_create(None, density, config._handle))
            return
        if fields:
            raise TypeError(f"a function has no fields, but {', '.join(fields)} is given")
        if features is None:
            raise TypeError("features is missing: how many columns the function takes")
        self._function = _answering(density, features, gradient)
        super().__init__(
            low.castalia_target_create_callback(None, features, int(gradient), self._function)
        )

    def describe(self) -> dict:
        """Name, features, whether there is a gradient, the integral's logarithm where it is known."""
        return json.loads(low.castalia_target_describe(self._handle))

    def log_density(self, x: Any, context: Any = None) -> np.ndarray:
        """The natural logarithm of the density at each point of x (n, features)."""
        points = readable(x, "x")
        densities = np.empty(points.shape[:1])
        low.castalia_target_log_density(
            self._handle, points, maybe_readable(context, "context"), densities, None
        )
        return densities

    def gradient(self, x: Any, context: Any = None) -> np.ndarray:
        """The derivatives of `log_density` with respect to x, (n, features)."""
        points = readable(x, "x")
        slopes = np.empty(points.shape)
        low.castalia_target_log_density(
            self._handle,
            points,
            maybe_readable(context, "context"),
            np.empty(points.shape[:1]),
            slopes,
        )
        return slopes


def _answering(density: Callable[..., Any], features: int, with_gradient: bool) -> Callable:
    """The function as the low layer calls it: with bytes that are there for the time of the call."""

    def write(to: memoryview, values: Any, shape: tuple, what: str) -> None:
        given = np.asarray(values, np.float64)
        if given.shape != shape:
            raise ValueError(f"{what} of the target has shape {given.shape}, not {shape}")
        np.frombuffer(to).reshape(shape)[...] = given

    def call(
        rows: int,
        x: memoryview,
        condition: memoryview | None,
        log_density: memoryview,
        gradient: memoryview | None,
    ) -> int:
        arguments = [
            np.frombuffer(each).reshape(rows, -1).copy()
            for each in (x, condition)
            if each is not None
        ]
        answer = density(*arguments)
        if with_gradient:
            answer, slopes = answer
            if gradient is not None:
                write(gradient, slopes, (rows, features), "the gradient")
        write(log_density, answer, (rows,), "the log-density")
        return 0

    return call


def targets() -> list[dict]:
    """The targets that are built in: name, summary, references, fields."""
    return json.loads(low.castalia_targets())

"""Data sets, HDF5 files, random numbers that belong to an event."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from ._arrays import maybe_readable, readable, writable
from ._errors import low
from ._handles import Config, Context, Handle, settings_handle


class Dataset(Handle):
    """Events to train on: a copy of x (events, features), context (events, context features) and
    weights (events)."""

    _destroy = staticmethod(low.castalia_dataset_destroy)

    def __init__(
        self, x: Any, context: Any = None, weights: Any = None, *, settings: Context | None = None
    ) -> None:
        super().__init__(
            low.castalia_dataset_create(
                settings_handle(settings),
                readable(x, "x"),
                maybe_readable(context, "context"),
                maybe_readable(weights, "weights"),
            )
        )

    @classmethod
    def open(
        cls,
        path: str | os.PathLike,
        x: str,
        context: str | None = None,
        weights: str | None = None,
        *,
        settings: Context | None = None,
    ) -> Dataset:
        """Reads data sets of an HDF5 file, by their names; further axes of x are flattened."""
        return cls._wrap(
            low.castalia_dataset_open(
                settings_handle(settings), os.fspath(path), x, context, weights
            )
        )

    @classmethod
    def _wrap(cls, handle: Any) -> Dataset:
        made = cls.__new__(cls)
        Handle.__init__(made, handle)
        return made

    @property
    def shape(self) -> tuple[int, int, int]:
        """Events, features, context features."""
        return tuple(low.castalia_dataset_shape(self._handle))

    def __len__(self) -> int:
        return self.shape[0]

    def read(
        self, first: int = 0, n: int | None = None, dtype: Any = np.float64
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Copies of x and context of the events first, first + 1, ..."""
        events, features, width = self.shape
        n = events - first if n is None else n
        x = np.empty((n, features), dtype)
        context = np.empty((n, width), dtype) if width else None
        low.castalia_dataset_read(self._handle, first, x, context)
        return x, context

    def weights(self, first: int = 0, n: int | None = None, dtype: Any = np.float64) -> np.ndarray:
        """A copy of the weights of the events first, first + 1, ...; 1 for each where there are none."""
        weights = np.empty(len(self) - first if n is None else n, dtype)
        low.castalia_dataset_weights(self._handle, first, weights)
        return weights

    def observe(
        self, observables: str, *, settings: Context | None = None, **options: Any
    ) -> Dataset:
        """A set of observables of every event (`castalia.observable_sets()`), with the events' context
        and weights. Options are fields of the set."""
        with Config(options) as config:
            return self._wrap(
                low.castalia_dataset_observe(
                    settings_handle(settings), self._handle, observables, config._handle
                )
            )

    def describe(self) -> dict:
        """Columns (name, units, meaning), and details of the whole sample (name, units, meaning, shape,
        values) where the data set is one of observables."""
        return json.loads(low.castalia_dataset_describe(self._handle))

    @property
    def columns(self) -> list[str]:
        """The names of the features."""
        return [column["name"] for column in self.describe()["columns"]]


def hdf5_shape(path: str | os.PathLike, dataset: str) -> tuple[int, ...]:
    """The extents of a data set of an HDF5 file."""
    return low.castalia_hdf5_shape(os.fspath(path), dataset)


def hdf5_read(
    path: str | os.PathLike,
    dataset: str,
    first: int = 0,
    n: int | None = None,
    dtype: Any = np.float64,
) -> np.ndarray:
    """Rows first, first + 1, ... of a data set, converted to dtype (float32, float64, int32, int64)."""
    shape = hdf5_shape(path, dataset)
    rows = shape[0] - first if n is None else n
    array = np.empty((rows, *shape[1:]), dtype)
    low.castalia_hdf5_read(os.fspath(path), dataset, first, array)
    return array


def hdf5_write(path: str | os.PathLike, dataset: str, array: Any, replace: bool = False) -> None:
    """Appends rows to a data set; file and data set are made where they are missing."""
    values = np.asarray(array)
    if values.dtype not in (np.int32, np.int64):
        values = readable(values, "array")
    low.castalia_hdf5_write(os.fspath(path), dataset, values, int(replace))


def uniform(
    shape: tuple[int, int], seed: int, first_event: int = 0, stage: int = 0, dtype: Any = np.float64
) -> np.ndarray:
    """Numbers in (0, 1): element (i, j) depends on seed, first_event + i, stage (0 to 999) and j alone."""
    x = writable(np.empty(shape, dtype), "x")
    low.castalia_uniform(seed, first_event, stage, x)
    return x


def normal(
    shape: tuple[int, int], seed: int, first_event: int = 0, stage: int = 0, dtype: Any = np.float64
) -> np.ndarray:
    """As `uniform`, with mean 0 and variance 1."""
    x = writable(np.empty(shape, dtype), "x")
    low.castalia_normal(seed, first_event, stage, x)
    return x

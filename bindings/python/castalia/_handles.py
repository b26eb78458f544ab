"""Objects of the library and their settings."""

from __future__ import annotations

import json
from typing import Any, Callable, Mapping

import numpy as np

from ._errors import InvalidHandleError, low


class Handle:
    """Owns one object of the library, which goes with it or with `close`."""

    _destroy: Callable[[Any], None]
    # An exception in the constructor leaves an object without a handle.
    _held: Any = None

    def __init__(self, handle: Any) -> None:
        self._held = handle

    @property
    def _handle(self) -> Any:
        if self._held is None:
            raise InvalidHandleError(2, f"this {type(self).__name__} was closed")
        return self._held

    def close(self) -> None:
        """Destroys the object now; using it after is an error."""
        held, self._held = self._held, None
        if held is not None:
            self._destroy(held)

    def __del__(self) -> None:
        if self._held is not None:
            self._destroy(self._held)

    def __copy__(self):
        raise TypeError(f"a {type(self).__name__} cannot be copied: both would own one object")

    def __deepcopy__(self, _: object):
        return self.__copy__()

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Config(Handle):
    """Named values. Their names and types are checked by the library where they are used."""

    _destroy = staticmethod(low.castalia_config_destroy)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        super().__init__(low.castalia_config_create())
        if fields:
            low.castalia_config_set_json(self._handle, json.dumps(dict(fields), default=_plain))


def _plain(value: Any) -> Any:
    """NumPy's numbers, arrays and types, and paths, as JSON takes them."""
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, np.dtype):
        return value.name
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__fspath__"):
        return value.__fspath__()
    raise TypeError(f"a field cannot be of type {type(value).__name__}")


class Context(Handle):
    """Settings that models and data sets share.

    Args:
        threads: threads for sampling and evaluation; 0 means all cores.
        training_threads: threads for training; 0 means all cores.
        device: "cpu", "cuda:N" or "cuda:all".
        log: called as log(level, message): 0 debug, 1 information, 2 warning.
    """

    _destroy = staticmethod(low.castalia_context_destroy)

    def __init__(
        self,
        threads: int = 1,
        training_threads: int = 0,
        device: str = "cpu",
        log: Callable[[int, str], object] | None = None,
    ) -> None:
        super().__init__(low.castalia_context_create())
        low.castalia_context_set_threads(self._handle, threads, training_threads)
        low.castalia_context_set_device(self._handle, device)
        if log is not None:
            # What a log function returns must not end the call.
            def call(level: int, message: str) -> int:
                log(level, message)
                return 0

            # Objects made with this context may outlive it and still log: the function stays for good.
            _LOGS.append(call)
            low.castalia_context_set_log(self._handle, call)


_LOGS: list[Callable[[int, str], int]] = []


def settings_handle(settings: Context | None) -> Any:
    return None if settings is None else settings._handle


def info() -> dict:
    """Version, instruction set, cores, devices and libraries."""
    return json.loads(low.castalia_info(None))


def models() -> list[dict]:
    """The architectures: name, family, summary, description, fields, capabilities, references."""
    return json.loads(low.castalia_catalogue())


def transformers() -> list[dict]:
    """The transformers that flows are made of: name, summary, references, fields, tails."""
    return json.loads(low.castalia_transformers())


def bijections() -> list[dict]:
    """The bijections that composed flows are made of: name, summary, references, fields, tails, ..."""
    return json.loads(low.castalia_bijections())


def adversarial() -> list[dict]:
    """Losses, regularisers and conditioning of adversarial models: name, kind, summary, references, ..."""
    return json.loads(low.castalia_adversarial())


def training_fields() -> list[dict]:
    """The fields of training: name, type, default, range or choices, meaning."""
    return json.loads(low.castalia_training_fields())

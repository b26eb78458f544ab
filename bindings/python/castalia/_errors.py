"""Exceptions: one class a status of the library, each also the built-in class that fits."""

from __future__ import annotations

import ctypes
import os

if "CASTALIA_LIBRARY" in os.environ:
    # Another library than the one installed: loaded first, it is the one the extension finds.
    ctypes.CDLL(os.environ["CASTALIA_LIBRARY"], mode=os.RTLD_NOW | os.RTLD_LOCAL)

from . import _castalia as low  # noqa: E402 (the library must be chosen first)


class Error(Exception):
    """A call that failed. `code` is the number of the status, `name` its name; the message names the
    cause and the field, row, column or file."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def name(self) -> str:
        return low.castalia_status_name(self.code)

    def __str__(self) -> str:
        return self.message

    def __reduce__(self):
        return (type(self), (self.code, self.message))


class InvalidArgumentError(Error, ValueError):
    """A wrong type, or a value that makes no sense."""


class InvalidHandleError(Error, ValueError):
    """An object that was closed."""


class NotFoundError(Error, KeyError):
    """Unknown architecture, field or data set; the message gives the nearest name."""


class OutOfRangeError(Error, ValueError):
    """Outside the allowed range, which the message states."""


class ShapeMismatchError(Error, ValueError):
    """Rank or extents do not fit; the message states both."""


class DTypeMismatchError(Error, TypeError):
    """An element type that this call does not take."""


class NotFiniteError(Error, ValueError):
    """NaN or infinity in data; the message states row and column."""


class EmptyDataError(Error, ValueError):
    """No rows, or fewer than the work needs."""


class IOError(Error, OSError):
    """The operating system refused; the message has the path and its words."""


class CorruptFileError(Error, OSError):
    """Truncated, changed, or not of this format."""


class NewerVersionError(Error, OSError):
    """Written by a later release."""


class OutOfMemoryError(Error, MemoryError):
    """Memory ran out."""


class BusyError(Error, RuntimeError):
    """In use by another call, or by a sampler or trainer."""


class CancelledError(Error, RuntimeError):
    """A callback asked to stop."""


class CallbackFailedError(Error, RuntimeError):
    """A callback reported an error."""


class UnsupportedError(Error, NotImplementedError):
    """The model has no such capability."""


class DeviceUnavailableError(Error, RuntimeError):
    """No such device, driver or library."""


class NumericalError(Error, ArithmeticError):
    """A computation gave NaN or infinity; the message states step and operator."""


class InternalError(Error, RuntimeError):
    """A fault in Castalia."""


CLASSES = dict(
    enumerate(
        (
            InvalidArgumentError,
            InvalidHandleError,
            NotFoundError,
            OutOfRangeError,
            ShapeMismatchError,
            DTypeMismatchError,
            NotFiniteError,
            EmptyDataError,
            IOError,
            CorruptFileError,
            NewerVersionError,
            OutOfMemoryError,
            BusyError,
            CancelledError,
            CallbackFailedError,
            UnsupportedError,
            DeviceUnavailableError,
            NumericalError,
            InternalError,
        ),
        start=1,
    )
)
low.register_errors(CLASSES)

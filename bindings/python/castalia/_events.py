"""Event files."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ._errors import low
from ._handles import Config, Context, Handle, settings_handle


class EventWriter(Handle):
    """Writes events in "lhe" (Les Houches 3.0) or "hepmc3" (ASCII) form.

    The file appears under its name with `finish`, or at the end of a `with` block that did not fail.

    Args:
        path: of the file.
        format: "lhe" or "hepmc3".
        **fields: energy, beam, cross_section, cross_section_error, process, generator.
    """

    _destroy = staticmethod(low.castalia_event_writer_destroy)

    def __init__(
        self,
        path: str | os.PathLike,
        format: str,
        *,
        settings: Context | None = None,
        **fields: Any,
    ) -> None:
        with Config(fields) as config:
            super().__init__(
                low.castalia_event_writer_create(
                    settings_handle(settings), os.fspath(path), format, config._handle
                )
            )

    def write(
        self, ids: Any, status: Any, mothers: Any, momenta: Any, masses: Any, weight: float = 1.0
    ) -> None:
        """One event of n particles.

        Args:
            ids: PDG numbers (n).
            status: -1 incoming, 2 intermediate, 1 final (n).
            mothers: first and last mother, counted from 1, 0 for none (n, 2).
            momenta: E, px, py, pz in GeV (n, 4).
            masses: in GeV (n).
            weight: of the event.
        """
        low.write_event(
            self._handle,
            np.ascontiguousarray(ids, np.int32),
            np.ascontiguousarray(status, np.int32),
            np.ascontiguousarray(mothers, np.int32),
            np.ascontiguousarray(momenta, np.float64),
            np.ascontiguousarray(masses, np.float64),
            weight,
        )

    def finish(self) -> None:
        """Completes the file and closes the writer. One that is closed without it leaves no file."""
        low.castalia_event_writer_close(self._handle)
        self.close()

    def __exit__(self, kind: object, *_: object) -> None:
        if self._held is not None and kind is None:
            self.finish()
        self.close()

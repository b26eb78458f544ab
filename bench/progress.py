"""One line that says what goes on: rewritten in place on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time

SECONDS_BETWEEN_LINES = 15


class Progress:
    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._start = time.monotonic()
        self._last = -SECONDS_BETWEEN_LINES

    def show(self, text: str) -> None:
        """What goes on now; replaced by the next."""
        elapsed = time.monotonic() - self._start
        line = f"{elapsed:4.0f} s  {text}"
        if self._terminal:
            print(f"\r\033[K{line[:100]}", end="", file=sys.stderr, flush=True)
        elif elapsed - self._last >= SECONDS_BETWEEN_LINES:
            self._last = elapsed
            print(line, file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """What stays to be read."""
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr)
        print(text, file=sys.stderr, flush=True)

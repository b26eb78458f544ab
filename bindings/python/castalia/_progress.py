"""A progress bar on stderr: tqdm's where it is installed, else a line that is drawn again and again."""

from __future__ import annotations

import sys
import time
from typing import Any


def bar(shown: bool | None, total: int, done: int = 0, unit: str = "step") -> Silent:
    """A bar to be used in a `with` statement. shown None: where stderr is a terminal."""
    if shown is None:
        shown = sys.stderr is not None and sys.stderr.isatty()
    if not shown:
        return Silent()
    try:
        import tqdm
    except ImportError:
        return _Line(total)
    return _Tqdm(tqdm.tqdm(total=total, initial=done, unit=unit, dynamic_ncols=True))


class Silent:
    """Shows nothing; what all bars can do."""

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, done: int, **notes: str) -> None:
        """Moves the bar to `done` and writes the notes beside it."""


class _Tqdm(Silent):
    def __init__(self, drawn: Any) -> None:
        self._bar = drawn

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def show(self, done: int, **notes: str) -> None:
        self._bar.set_postfix(notes, refresh=False)
        self._bar.update(done - self._bar.n)


class _Line(Silent):
    def __init__(self, total: int) -> None:
        self._total, self._started, self._drawn = max(total, 1), time.monotonic(), 0.0

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            print(file=sys.stderr)

    def show(self, done: int, **notes: str) -> None:
        now = time.monotonic()
        if done < self._total and now - self._drawn < 0.1:
            return
        self._drawn = now
        share = done / self._total
        left = (now - self._started) * (1 - share) / max(share, 1e-9)
        beside = "".join(f"{name} {note}  " for name, note in notes.items())
        print(
            f"\r[{'=' * round(30 * share):30}] {done}/{self._total}  {beside}{left:.0f} s left ",
            end="",
            file=sys.stderr,
            flush=True,
        )

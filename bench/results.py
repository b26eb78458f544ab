"""Files of results that are there only when they are complete, and the time that they took."""

from __future__ import annotations

import json
import resource
from pathlib import Path
from typing import Callable


def whole(path: Path, write: Callable[[Path], object]) -> None:
    """Has a file written under another name of the same ending, and renames it when it is complete."""
    unfinished = path.with_name(f"unfinished-{path.name}")
    write(unfinished)
    unfinished.rename(path)


def write_json(path: Path, found: object) -> None:
    whole(path, lambda unfinished: unfinished.write_text(json.dumps(found, indent=1) + "\n"))


def kept(path: Path, compute: Callable[[], object]) -> object:
    """What the JSON file holds, computed and written where there is none."""
    if not path.exists():
        write_json(path, compute())
    return json.loads(path.read_text())


def user_seconds() -> float:
    """User time of this process: what the work takes, whatever else the machine does."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime

"""Joins Fortran sources into one file, each module before those that use it.

usage: join_fortran.py OUTPUT.f90 SOURCE.f90...
"""

import re
import sys
from pathlib import Path

MODULE = re.compile(r"^\s*module\s+(?!procedure\b)(\w+)\s*$", re.IGNORECASE | re.MULTILINE)
USE = re.compile(r"^\s*use\s*(?:,\s*\w+\s*)?(?:::)?\s*(\w+)", re.IGNORECASE | re.MULTILINE)
SUBMODULE = re.compile(r"^\s*submodule\s*\(\s*(\w+)", re.IGNORECASE | re.MULTILINE)


def in_order(sources):
    """The paths, each after the sources of the modules that it uses."""
    texts = {path: path.read_text(encoding="utf-8") for path in sources}
    home = {name.lower(): path for path, text in texts.items() for name in MODULE.findall(text)}
    ordered, visiting = [], []

    def visit(path):
        if path in ordered:
            return
        if path in visiting:
            sys.exit(
                f"modules use each other in a circle: {' -> '.join(map(str, visiting + [path]))}"
            )
        visiting.append(path)
        for name in USE.findall(texts[path]) + SUBMODULE.findall(texts[path]):
            other = home.get(name.lower())
            if other is not None and other != path:
                visit(other)
        visiting.pop()
        ordered.append(path)

    for path in sorted(sources):
        visit(path)
    return [(path, texts[path]) for path in ordered]


def main(output, *sources):
    ordered = in_order([Path(source) for source in sources])
    joined = "\n".join(text.rstrip() + "\n" for _, text in ordered)
    Path(output).write_text(joined, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

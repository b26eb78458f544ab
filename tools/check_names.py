"""Refuses two definitions of one name in one namespace.

usage: check_names.py [ROOT]

Each header compiles by itself, so nothing but chance would tell of two classes or inline constants of one
name in the same namespace: the linker keeps one of them for both (the one-definition rule). Looks at the
library's headers and sources, whose namespaces open and close at the start of a line. Prints one line for
each such name; the exit status is 1 when there is one.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

FOLDERS = ("cpp", "models", "capi")
OPENS = re.compile(r"namespace(?:\s+([\w:]+))?\s*\{")
DEFINES = (
    re.compile(r"(?:struct|class|enum class|enum)\s+(\w+)\s*(?:final\s*)?(?::[^:].*)?(?:\{.*)?$"),
    re.compile(r"inline\s+(?:constexpr|const)\s+[^=({]*?(\w+)\s*[={]"),
)


def definitions(text):
    """The full names of classes and inline constants that a file defines outside unnamed namespaces."""
    namespaces = []
    for line in text.split("\n"):
        if opened := OPENS.match(line):
            namespaces.append(opened[1])  # None: unnamed, each file has its own
        elif line.startswith("}") and "// namespace" in line and namespaces:
            namespaces.pop()
        elif namespaces and None not in namespaces:
            for pattern in DEFINES:
                if found := pattern.match(line):
                    yield "::".join([*namespaces, found[1]])


def clashes(root):
    """{name: the files that define it} where there are several."""
    files = defaultdict(set)
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in {".h", ".cc"} or re.search(r"_test\.|_for_test\.", path.name):
                continue
            for name in definitions(path.read_text(encoding="utf-8")):
                files[name].add(path.relative_to(root).as_posix())
    return {name: sorted(where) for name, where in files.items() if len(where) > 1}


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    found = clashes(root)
    for name, where in sorted(found.items()):
        print(f"{name} is defined in {' and '.join(where)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""Checks what holds for every text file, and for Julia, whose formatter is no part of its standard library.

usage: check_text.py [--fix] FILE...

No tabs, no space at a line's end, one newline at the end of the file, no line beyond its language's
limit, no source of more than 600 lines. --fix mends what needs no thought.
"""

import sys
from pathlib import Path

LINE_LIMITS = {".cc": 100, ".h": 100, ".c": 100, ".f90": 132, ".jl": 110, ".py": 110, ".sh": 120}
FILE_LIMIT = 600
# One contract is one file.
WHOLE = {Path("capi/castalia.h")}


def problems(path, text):
    lines = text.split("\n")
    limit = LINE_LIMITS.get(path.suffix)
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield f"{path}:{number}: a tab"
        if line != line.rstrip():
            yield f"{path}:{number}: space at the end of the line"
        if limit and len(line) > limit and "http" not in line:
            yield f"{path}:{number}: {len(line)} characters, the limit is {limit}"
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        yield f"{path}:{len(lines)}: the file must end with one newline"
    if limit and len(lines) - 1 > FILE_LIMIT and path not in WHOLE:
        yield f"{path}: {len(lines) - 1} lines, the limit is {FILE_LIMIT}"


def main(arguments):
    fix = "--fix" in arguments
    found = 0
    for path in map(Path, (argument for argument in arguments if argument != "--fix")):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture, a data file
        if fix:
            mended = (
                "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n") + "\n"
                if text
                else ""
            )
            if mended != text:
                path.write_text(mended, encoding="utf-8")
                text = mended
        for problem in problems(path, text):
            print(problem)
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

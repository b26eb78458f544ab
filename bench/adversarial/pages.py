"""Parts of pages: settings as they were given, and what is kept of models that are not at hand."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path


def recipe(settings: dict) -> str:
    """Settings as they are given to a call, as a block of code."""
    text = ", ".join(f"{name}={json.dumps(value)}" for name, value in settings.items())
    return textwrap.fill(text, 96, initial_indent=" " * 4, subsequent_indent=" " * 4)


def depth(line: str) -> int:
    """Of a heading: 2 for `## Title`; 0 for another line."""
    hashes = len(line) - len(line.lstrip("#"))
    return hashes if line[hashes : hashes + 1] == " " else 0


def standing_section(document: Path | None, *headings: str) -> str:
    """The part of a page below these headings, such as "## `lagan`", each within the one before, with the
    last heading; empty where there is none."""
    if document is None or not document.exists():
        return ""
    lines = document.read_text().splitlines()
    for heading in headings:
        if heading not in lines:
            return ""
        lines = lines[lines.index(heading) :]
        ends = [i for i, line in enumerate(lines) if i and 0 < depth(line) <= depth(heading)]
        lines = lines[: ends[0]] if ends else lines
    return "\n".join(lines).strip("\n") + "\n"


def standing_row(document: Path, first: str) -> str:
    """The line of a page's table whose first cell this is; empty where there is none."""
    lines = document.read_text().splitlines() if document.exists() else []
    return next((line for line in lines if line.startswith(f"| {first} |")), "")

"""One class an architecture, made from the library's catalogue: signature, documentation, checks."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

from ._handles import models
from ._model import Model

_TYPES = {"integer": int, "real": float, "boolean": bool, "text": str}


def _field_text(field: dict) -> str:
    limits = ""
    if "choices" in field:
        limits = "; one of " + ", ".join(repr(choice) for choice in field["choices"])
    elif "minimum" in field and "maximum" in field:
        limits = f"; {field['minimum']} to {field['maximum']}"
    elif "minimum" in field:
        limits = f"; at least {field['minimum']}"
    elif "maximum" in field:
        limits = f"; at most {field['maximum']}"
    default = f"; default {field['default']!r}" if "default" in field else ""
    return f"{field['name']} ({field['type']}{limits}{default}): {field.get('meaning', '')}"


def _documentation(entry: dict) -> str:
    parts = [entry["summary"]]
    if entry.get("description"):
        parts.append(textwrap.fill(entry["description"], 96))
    lines = [
        textwrap.fill(_field_text(field), 96, initial_indent="    ", subsequent_indent="        ")
        for field in entry["fields"]
    ]
    lines += [
        "    threads (integer; default 1): threads for sampling; 0 means all cores.",
        '    device (text; default "cpu"): "cpu", "cuda:N" or "cuda:all".',
        "    settings (Context): both of these, and more, shared by several models.",
    ]
    parts.append("Args:\n" + "\n".join(lines))
    if entry.get("references"):
        parts.append(
            "References: " + ", ".join(f"arXiv:{number}" for number in entry["references"])
        )
    return "\n\n".join(parts) + "\n"


def _signature(entry: dict) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    fields = [
        inspect.Parameter(
            field["name"],
            keyword,
            default=field["default"] if "default" in field else inspect.Parameter.empty,
            annotation=_TYPES.get(field["type"], list),
        )
        for field in entry["fields"]
    ]
    fields += [
        inspect.Parameter(name, keyword, default=None) for name in ("threads", "device", "settings")
    ]
    return inspect.Signature(
        [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD), *fields]
    )


def make_classes() -> dict[str, type[Model]]:
    """Maps the name of a class to the class."""
    made: dict[str, type[Model]] = {}
    for entry in models():
        name = "".join(word.capitalize() for word in entry["name"].split("_"))

        # Values are left to the library: its messages know the allowed ranges and the nearest names.
        def __init__(self: Model, **fields: Any) -> None:
            self._create(fields)

        __init__.__signature__ = _signature(entry)  # type: ignore[attr-defined]
        members = {
            "__init__": __init__,
            "__doc__": _documentation(entry),
            "__module__": "castalia",
            "architecture": entry["name"],
        }
        made[name] = type(name, (Model,), members)
        Model._classes[entry["name"]] = made[name]
    return made

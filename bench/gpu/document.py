"""The rows of bench/gpu/measure.py as a page.

usage: python -m bench.gpu.document FILE.json [--page FILE]     (default: docs/gpu.md's table)
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from report import TITLES
from rows import figure

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "gpu.md"
# Between these lines of a page that is there already; the rest of it is written by hand.
BEGIN, END = "<!-- rows: begin -->", "<!-- rows: end -->"
# A time beyond so many times its bounds is spent on neither: on launches and on waiting.
FAR = 4

OWN_TITLES = TITLES | {
    "P4": "Perceptron generator 64-384-384-504",
}

METHOD = """\
Castalia is called through its C interface with arrays of the host: what goes over the bus is part of its
time. Each peer is measured the same way, from NumPy arrays and to them (*from host*), and once more with
arguments and results that stay on the GPU (*on device*), which leaves out what Castalia pays. Each side is
a process; after a warm-up they take turns, with synchronisation, and a figure is the median. Products are
of float32 with TF32 off on all sides. Random numbers are drawn on the GPU in every repetition. Training is
ten steps, and then one wait. *torch.graph* is captured as a CUDA graph, *torch.compile* compiled and then
captured; zuko and nflows run eager; JAX through `jax.jit` with donated buffers. Of P3 a few of the 504
passes through one of 8 layers are timed for the peers, and the time is multiplied. A ratio is the time of
the fastest peer over Castalia's: above 1 Castalia is faster.

*bound*: which of the three takes longest at the speed measured in the same run, and the share of
Castalia's time that it explains: the products, the bytes in the GPU's memory, the bytes over the bus.
*launches* where all three together explain less than a quarter."""

HEADER = ["mode", "batch", "Castalia", "from host", "ratio", "on device", "ratio", "bound"]


def fastest(row: dict, kind: str) -> tuple[str, str]:
    """The fastest peer with its time, and how many times Castalia's that is."""
    times = row[f"peers_{kind}_s"]
    ratio = row[f"ratio_{kind}"]
    if not times:
        return "", ""
    name = min(times, key=times.get)
    return f"{name} {figure(row, times[name])}", f"{ratio:.2f}" if ratio else ""


def bound(row: dict) -> str:
    own, least = row["castalia_s"], row.get("bounds_s")
    if not own or not least:
        return ""
    if FAR * sum(least.values()) < own:
        return "launches"
    name = max(least, key=least.get)
    return f"{name} {100 * least[name] / own:.0f} %"


def cells(row: dict) -> list[str]:
    own = figure(row, row["castalia_s"]) if row["castalia_s"] else "none"
    from_host, on_device = fastest(row, "from_host"), fastest(row, "on_device")
    return [row["mode"], str(row["batch"]), own, *from_host, *on_device, bound(row)]


def markdown(rows: list[dict]) -> str:
    versions = dict(rows[0]["versions"])
    known = {name: versions.pop(name, "") for name in ("gpu", "driver", "toolkit", "limits")}
    out = [
        f"{known['gpu']}, driver {known['driver'] or 'unknown'}; {known['toolkit'] or 'no toolkit'}.",
        *([f"Measured limits: {known['limits']}."] if known["limits"] else []),
        textwrap.fill(
            "Versions: " + ", ".join(f"{k} {v}" for k, v in sorted(versions.items())) + ".", 108
        ),
        "",
        METHOD,
    ]
    for workload in dict.fromkeys(row["workload"] for row in rows):
        out += ["", f"### {workload}: {OWN_TITLES[workload]}", ""]
        out += ["| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
        out += ["| " + " | ".join(cells(row)) + " |" for row in rows if row["workload"] == workload]
    return "\n".join(out) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the rows of a measurement as a page.")
    parser.add_argument("rows", type=Path, help="what measure.py wrote")
    parser.add_argument("--page", type=Path, default=PAGE, help="where to")
    arguments = parser.parse_args()
    table = f"{BEGIN}\n\n{markdown(json.loads(arguments.rows.read_text()))}\n{END}\n"
    page = arguments.page.read_text(encoding="utf-8") if arguments.page.exists() else ""
    if BEGIN in page and END in page:
        before, _, rest = page.partition(BEGIN)
        table = before + table + rest.partition(END)[2].lstrip("\n")
    else:
        table = "# Castalia on a GPU\n\n" + table
    arguments.page.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()

"""The rows of a measurement for people: a table, and docs/performance.md with its chart.

usage: report.py FILE.json [--document FOLDER]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rows import LIMIT_GOAL, figure, met

TITLES = {
    "P1": "Training step of a rational-quadratic coupling flow",
    "P2": "Sampling and density of the same flow",
    "P3": "Sampling a masked autoregressive flow of 504 features, 8 layers",
    "P4": "Perceptron generator 64-256-512-504",
    "P5": "CaloGAN, showers of 504 cells",
    "P6": "Training step of a WGAN-GP, DCGAN 32x32",
    "P7": "Training step of a 3-D convolutional VAE, 30x30x30",
    "P8": "EPiC-GAN, 150 points",
    "P9": "Continuous flow, 25 Runge-Kutta steps",
    "P11": "Peak memory of the training step",
    "P12": "Cold start: process, model file, first event",
    "P13": "Size of the library",
    "P14": "Calling: one event from another language, beyond the same Program run from C++",
    "M": "Metrics of the referee: generated against reference showers of 504 cells",
}


def cells(each: dict) -> list[str]:
    ratio = f"{each['ratio']:.2f}" if each["ratio"] else "none"
    limit = f"{each['limit_fraction']:.2f}" if each["limit_fraction"] is not None else ""
    peers = ", ".join(
        f"{name} {figure(each, value)}"
        for name, value in sorted(each["peers"].items(), key=lambda item: item[1])
    )
    return [
        each["workload"],
        each["mode"],
        str(each["batch"]),
        str(each["threads"]),
        figure(each, each["castalia_s"]),
        peers,
        ratio,
        f"{each['goal']:.3g}",
        limit,
        "yes" if met(each) else "no",
    ]


METHOD = f"""\
## How it is measured

Each side is a process that keeps a workload ready: Castalia through its C interface (P4 and P7, of
which the catalogue has no such model, as layers compiled to a Program), PyTorch eager and through
`torch.compile`, JAX through `jax.jit` with donated buffers, ONNX Runtime with bound buffers. After a
warm-up all sides take turns in rounds; a figure is the median of all repetitions. Both sides have the
same number of threads, and with one thread the same single core. The architectures are stated in
`bench/peers`, and the harness refuses sides whose numbers of parameters differ. zuko and nflows run
eager: `torch.compile` needs minutes for each graph of such a flow. `--compile-flows` adds it for zuko.
In P3, where nflows would need minutes for a batch, a few of the 504 passes through one of its 8 layers
are timed, and the time is multiplied (`bench/peers/torch_flows.py`).
The metrics of row M compare as many showers of each sample as the batch says, in one process for NumPy,
SciPy, scikit-learn and POT; Castalia's times include errors and null values, which most of theirs lack.
Where a peer would need minutes, both take fewer batches than the default. *everything* is all metrics with
their defaults, and what is allowed stands in the place of a peer.

- *ratio*: the time of the fastest peer over Castalia's; above 1 Castalia is faster.
- *limit*: the least time that the machine needs for the work over the time taken. The least time is
  the larger of the floating-point operations of the products and convolutions over the peak of our own
  product of two square matrices of 512 or 1024 rows, and the bytes that must move over the speed of a
  stream of as many bytes (triad or reading, the faster), both measured in the same run with the same
  threads.
- *met*: the ratio reaches the goal, or the limit {LIMIT_GOAL:.2f}.
"""

HEADER = ["", "mode", "batch", "threads", "Castalia", "peers", "ratio", "goal", "limit", "met"]


def table(rows: list[dict]) -> str:
    """Text in columns."""
    lines = [HEADER, *map(cells, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def markdown(rows: list[dict]) -> str:
    versions: dict[str, str] = {}
    limits: dict[int, str] = {}
    for each in rows:
        versions |= each["versions"]
        if "limits" in each["versions"]:
            limits[each["threads"]] = each["versions"]["limits"]
    machine = {name: versions.pop(name) for name in ("processor", "cores") if name in versions}
    versions.pop("limits", None)
    reached = sum(map(met, rows))
    out = [
        "# Performance",
        "",
        "Castalia and what people use now, on the same work, in one run on one machine. This page and its",
        "chart are written by `tools/bench --document`; nothing in them is typed by hand.",
        "",
        "![Ratios of the fastest peer's time to Castalia's](performance.png)",
        "",
        f"{reached} of {len(rows)} rows reach their goal. Machine: {machine.get('processor', 'unknown')}, "
        f"{machine.get('cores', '?')} cores.",
        *(
            f"With {threads} thread{'s' if threads > 1 else ''}: {text}."
            for threads, text in sorted(limits.items())
        ),
        "Peers: "
        + ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
        + ".",
        "",
        METHOD,
        "To repeat it (the peers take several GB, in an environment of their own):",
        "",
        "```",
        "tools/bench --json bench.json --document      # everything",
        "tools/bench P2 P4                             # the table of some workloads",
        "```",
    ]
    for workload in dict.fromkeys(each["workload"] for each in rows):
        own = [each for each in rows if each["workload"] == workload]
        out += ["", f"## {workload}: {TITLES[workload]}", ""]
        out += ["| " + " | ".join(HEADER[1:]) + " |", "|" + "---|" * (len(HEADER) - 1)]
        out += ["| " + " | ".join(cells(each)[1:]) + " |" for each in own]
    return "\n".join(out) + "\n"


def draw(rows: list[dict], path: Path) -> None:
    """A bar for each row that has a ratio, on a logarithmic axis; a tick where its goal is."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    # A call costs more than no call: its ratio says nothing beside the others.
    drawn = [each for each in rows if each["ratio"] and each["workload"] != "P14"]
    figure_, axes = plt.subplots(figsize=(9, 0.24 * len(drawn) + 1.2), layout="constrained")
    places = range(len(drawn))
    colours = ["#2f6f9f" if met(each) else "#c98b3a" for each in drawn]
    axes.barh(places, [each["ratio"] - 1 for each in drawn], left=1, color=colours, height=0.7)
    axes.plot([each["goal"] for each in drawn], places, "|", color="black", markersize=9)
    labels = [
        f"{each['workload']} {each['mode']} {each['batch']}, {each['threads']} thr. vs {each['fastest_peer']}"
        for each in drawn
    ]
    axes.set_yticks(places, labels, fontsize=7)
    axes.invert_yaxis()
    axes.set_xscale("log")
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if _within(t, drawn)]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_ylim(len(drawn) - 0.4, -0.6)
    axes.set_xlabel(
        "fastest peer / Castalia   (blue: goal met, or 80 % of the machine's limit; tick: goal)"
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure_.savefig(path, dpi=130)


def _within(tick: float, drawn: list[dict]) -> bool:
    values = [value for each in drawn for value in (each["ratio"], each["goal"], 1)]
    return min(values) / 2 <= tick <= max(values) * 2


def main() -> None:
    parser = argparse.ArgumentParser(description="Prints the rows of a measurement.")
    parser.add_argument("rows", type=Path, help="what measure.py wrote")
    parser.add_argument(
        "--document", type=Path, help="folder for performance.md and performance.png"
    )
    arguments = parser.parse_args()
    rows = json.loads(arguments.rows.read_text(encoding="utf-8"))
    if arguments.document:
        (arguments.document / "performance.md").write_text(markdown(rows), encoding="utf-8")
        draw(rows, arguments.document / "performance.png")
    else:
        print(table(rows))


if __name__ == "__main__":
    main()

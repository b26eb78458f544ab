"""Where the time of a call on a GPU goes: each step of the Programs by the device's clock, and the parts
of a call that are the host's.

usage: python -m bench.gpu.profile --out FILE [WORKLOAD ...] [--device cuda:0] [--repetitions N]

Every case runs in two processes of its own: one as users have it, of which the median is the time of a
call; and one with CASTALIA_PROFILE, which times steps and parts and so takes longer. FILE gets a table a
case. A step's time includes some 2 us of a launch that a recording hides.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CASES = (
    ("P1", "train", 1024),
    ("P1", "train", 8192),
    ("P2", "sample", 1),
    ("P2", "sample", 1024),
    ("P2", "sample", 8192),
    ("P2", "log_prob", 1),
    ("P2", "log_prob", 1024),
    ("P2", "log_prob", 8192),
    ("P4.gan", "sample", 1),
    ("P4.gan", "sample", 1024),
    ("P5", "sample", 1),
    ("P5", "sample", 1024),
    ("P8", "sample", 1),
    ("P8", "sample", 256),
    ("P9", "sample", 1),
    ("P9", "sample", 1024),
)
WARM_UP = 4
FEWEST_LINES, SHARE_TOLD = 8, 0.005  # steps of a smaller share are summed up


def repeat(case: str, mode: str, batch: int, repetitions: int) -> None:
    """In a process of its own: prints the seconds of each repetition, after the warm-up."""
    from castalia_worker import make  # reads the arguments of its own command line

    call, _ = make(case, mode, batch, "castalia")
    for _ in range(WARM_UP):
        call()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    print(json.dumps(times))


def in_process(case: tuple[str, str, int], device: str, repetitions: int, trace: Path | None):
    """The median of a call in seconds, and the events of the profile."""
    environment = dict(os.environ)
    if path := environment.get("CASTALIA_LIBRARY_PATH"):
        environment["LD_LIBRARY_PATH"] = path
    if trace is not None:
        environment["CASTALIA_PROFILE"] = str(trace)
    threads = len(os.sched_getaffinity(0))
    words = [str(threads), device, "--repeat", *map(str, case), str(repetitions)]
    answer = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), *words],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    ).stdout
    times = json.loads(answer.splitlines()[-1])
    events = json.loads(trace.read_text())["traceEvents"] if trace is not None else []
    return statistics.median(times), events


def per_call(events: list[dict], key) -> dict:
    """Number and microseconds of the events that have a key."""
    sums: dict = collections.defaultdict(lambda: [0, 0.0])
    for event in events:
        if (name := key(event)) is not None:
            sums[name][0] += 1
            sums[name][1] += event["dur"]
    return dict(sorted(sums.items(), key=lambda item: -item[1][1]))


def step_key(event: dict):
    if event["cat"] != "kernel":
        return None
    arguments = event["args"]
    return (
        event["name"],
        arguments["kernel"],
        arguments["result"],
        arguments["flops"],
        arguments["bytes"],
    )


def last_runs(events: list[dict]) -> tuple[list[dict], int]:
    """The steps of the Program that ran last, in its runs at the end of the profile but for the first
    third, in which kernels set themselves up; and the number of those runs."""
    steps = [event for event in events if event["cat"] == "kernel"]
    keys = [step_key(event) for event in steps]
    # What repeats itself for the longest is a run; the same step may stand twice within it.
    best_length, best_runs = len(keys), 1
    for length in range(1, len(keys) // 2 + 1):
        runs = 1
        while keys[-(runs + 1) * length : -runs * length] == keys[-length:]:
            runs += 1
        if runs > 1 and (best_runs == 1 or runs * length > best_runs * best_length):
            best_length, best_runs = length, runs
    kept = best_runs - best_runs // 3
    return steps[-kept * best_length :], kept


def report(case: tuple[str, str, int], call_s: float, profiled_s: float, events: list[dict]) -> str:
    steps, runs = last_runs(events)
    sums = per_call(steps, step_key)
    device_us = sum(total for _, total in sums.values()) / runs
    count = sum(number for number, _ in sums.values()) / runs
    workload, mode, batch = case
    lines = [
        f"## {workload} {mode} {batch}",
        "",
        f"call {call_s * 1e6:.1f} us (profiled {profiled_s * 1e6:.1f} us); "
        f"{count:.0f} steps a run, together {device_us:.1f} us",
        "",
        "host and recording, us each (how often): "
        + ", ".join(
            f"{name} {total / number:.1f} ({number})"
            for name, (number, total) in per_call(
                events, lambda event: event["name"] if event["cat"] == "part" else None
            ).items()
        ),
        "",
        "| us | times | each | GFlop/s | GB/s | kernel | operators | result |",
        "|---|---|---|---|---|---|---|---|",
    ]
    told = 0.0
    for number, (key, (times, total)) in enumerate(sums.items()):
        name, kernel, result, flops, moved = key
        us = total / runs
        if number >= FEWEST_LINES and us < SHARE_TOLD * device_us:
            break
        told += us
        each = max(total / times, 1e-3)
        lines.append(
            f"| {us:.1f} | {times / runs:.0f} | {each:.2f} | {flops / each / 1e3:.0f} "
            f"| {moved / each / 1e3:.0f} | {kernel} | {name} | {result} |"
        )
    lines += [f"| {device_us - told:.1f} |  |  |  |  |  | others |  |", ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Profiles Castalia's workloads on a GPU.")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="such as P4: all")
    parser.add_argument("--out", required=True, type=Path, help="where the tables go")
    parser.add_argument("--device", default="cuda:0", help="cuda:N, or cpu to try it out")
    parser.add_argument("--repetitions", type=int, default=20)
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("w") as out, tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            if arguments.workloads and case[0].partition(".")[0] not in arguments.workloads:
                continue
            trace = Path(folder) / "trace.json"
            try:
                call, _ = in_process(case, arguments.device, arguments.repetitions, None)
                profiled, events = in_process(case, arguments.device, arguments.repetitions, trace)
                text = report(case, call, profiled, events)
            except (subprocess.SubprocessError, OSError, ValueError) as reason:
                text = f"## {' '.join(map(str, case))}\n\nno figures: {reason}\n"
            print(text, flush=True)
            print(text, file=out, flush=True)


if __name__ == "__main__":
    if "--repeat" in sys.argv:
        sys.path.insert(0, str(Path(__file__).resolve().parent))
        at = sys.argv.index("--repeat")
        case, mode, batch, repetitions = sys.argv[at + 1 :]
        repeat(case, mode, int(batch), int(repetitions))
    else:
        main()

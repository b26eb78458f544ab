"""Measures Castalia on a GPU against PyTorch and JAX, and writes the rows as JSON.

usage: measure.py [WORKLOAD ...] --json FILE [--device cuda:0] [--quick] [--compile] [--seconds S]

As bench/measure.py: each side is a process that keeps a workload ready, and after all have warmed up
they take turns; a figure is the median. Castalia's arrays are the host's, so that what goes over the bus
is part of its time. Peers are measured so, too, and once more with everything on the GPU.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parent.parent))

from bounds import Bounds, bounds
from progress import Progress
from results import write_json
from workers import HERE, Refused, Worker
from workloads import WORKER_OF

ROUNDS = 5
SHORTEST_TURN, LONGEST_TURN = 0.02, 0.15
REPETITIONS_A_TURN = 20
PREPARATION_TIMEOUT = 100
QUICK_BATCH, QUICK_ROUNDS = 16, 1
PARAMETERS_MAY_DIFFER = 0.05


@dataclass(frozen=True)
class Case:
    workload: str
    mode: str
    batches: tuple[int, ...]
    peers: tuple[str, ...]
    # Peers that are measured without transfers alone: a repetition is a part of the work.
    parts: tuple[str, ...] = ()


FLOW_PEERS = ("zuko", "torch.graph", "torch.compile", "flowjax")
NETWORK_PEERS = ("torch.graph", "torch.compile", "jax")
CASES = (
    Case("P1", "train", (1024, 8192), FLOW_PEERS),
    Case("P2", "sample", (1, 64, 1024, 8192, 65536), FLOW_PEERS),
    Case("P2", "log_prob", (1, 64, 1024, 8192, 65536), FLOW_PEERS),
    Case(
        "P3", "sample", (1, 128, 1024), ("nflows", "torch.graph"), parts=("nflows", "torch.graph")
    ),
    Case("P4.gan", "sample", (1, 128, 1024, 16384), NETWORK_PEERS),
    Case("P5", "sample", (1, 128, 1024), ("torch.graph", "torch.compile")),
    Case("P8", "sample", (1, 256), NETWORK_PEERS),
    Case("P8", "train", (64,), NETWORK_PEERS),
    Case("P9", "sample", (1, 1024, 16384), (*NETWORK_PEERS, "diffrax")),
)


def output_of(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def machine() -> dict[str, str]:
    query = ("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
    name, _, driver = output_of(*query).partition(", ")
    toolkit = next(
        (line.strip() for line in output_of("nvcc", "--version").splitlines() if "release" in line),
        "",
    )
    return {
        "gpu": name or "none",
        "driver": driver,
        "toolkit": toolkit,
        "processor": platform.processor() or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "products": "float32, TF32 off",
    }


class Sides:
    """The processes, started when they are asked for and do not run."""

    def __init__(self, device: str, log: Path):
        self._device, self._log = device, log
        self._running: dict[str, Worker] = {}

    def __getitem__(self, name: str) -> Worker:
        if name not in self._running or self._running[name].ended():
            home = HERE / "gpu" if name == "castalia" else HERE / "peers"
            command = [sys.executable, str(home / f"{name}_worker.py")]
            if name == "castalia" and (path := os.environ.get("CASTALIA_LIBRARY_PATH")):
                # Where CUDA's libraries are; the peers bring their own.
                command = ["env", f"LD_LIBRARY_PATH={path}", *command]
            threads = len(os.sched_getaffinity(0))
            self._running[name] = Worker(name, command, threads, self._log, self._device)
        return self._running[name]

    def close(self) -> None:
        for worker in self._running.values():
            worker.close()


class Measurement:
    def __init__(
        self,
        sides: Sides,
        progress: Progress,
        limits: Bounds | None,
        seconds: float,
        quick: bool,
    ):
        self._sides, self._progress, self._limits = sides, progress, limits
        self._seconds, self._quick = seconds, quick

    def prepared(
        self, case: Case, batch: int
    ) -> tuple[dict[str, tuple[Worker, float]], dict[str, int]]:
        """The sides that are ready, and how many of their repetitions make the work; and how many
        parameters each has. Workers prepare at the same time; the sides of one worker do so one after
        another."""
        waiting: dict[str, list[str]] = {}
        for side in ("castalia", *case.peers):
            waiting.setdefault(WORKER_OF.get(side, side), []).append(side)
        ready: dict[str, tuple[Worker, float]] = {}
        counts: dict[str, int] = {}
        while waiting:
            asked = {name: sides.pop(0) for name, sides in waiting.items()}
            for name, side in asked.items():
                self._sides[name].request("prepare", case.workload, case.mode, batch, side)
            for name, side in asked.items():
                try:
                    worker = self._sides[name]
                    counts[side], times = worker.prepared(PREPARATION_TIMEOUT)
                    ready[side] = (worker, times)
                except Refused as reason:
                    self._progress.say(f"{case.workload} {case.mode} {batch}: {side}: {reason}")
            waiting = {name: sides for name, sides in waiting.items() if sides}
        own = counts.get("castalia", 0)
        for side, count in counts.items():
            if own and abs(count - own) > PARAMETERS_MAY_DIFFER * own:
                raise SystemExit(f"{case.workload}: {side} has {count} parameters, Castalia {own}")
        return ready, counts

    def row(self, case: Case, batch: int, versions: dict[str, str]) -> dict:
        ready, parameters = self.prepared(case, batch)
        # The workers' names of what they run: everything from and to the host, and peers without, too.
        asks = {}
        for side in ready:
            asks[side] = side
            if side != "castalia" and side not in case.parts:
                asks[f"{side}@host"] = side
        times: dict[str, list[float]] = {ask: [] for ask in asks}
        turn = dict.fromkeys(asks, SHORTEST_TURN)
        end = time.monotonic() + self._seconds
        for number in range(QUICK_ROUNDS if self._quick else ROUNDS):
            if number > 0 and time.monotonic() > end:
                break
            for ask, side in asks.items():
                worker, _ = ready[side]
                try:
                    new = worker.run(ask, turn[ask])
                except Refused as reason:
                    self._progress.say(f"{case.workload} {case.mode} {batch}: {ask}: {reason}")
                    continue
                times[ask] += new
                wanted = REPETITIONS_A_TURN * statistics.median(new)
                turn[ask] = min(max(wanted, SHORTEST_TURN), LONGEST_TURN)
        for worker in {id(worker): worker for worker, _ in ready.values()}.values():
            if not worker.ended():
                worker.ask("drop")
        medians = {
            ask: statistics.median(found) * ready[asks[ask]][1]
            for ask, found in times.items()
            if found
        }
        own = medians.pop("castalia", None)
        host = {ask.partition("@")[0]: t for ask, t in medians.items() if ask.endswith("@host")}
        device = {ask: t for ask, t in medians.items() if "@" not in ask}
        return {
            "workload": case.workload.partition(".")[0],
            "mode": case.mode,
            "batch": batch,
            "parameters": parameters,
            "castalia_s": own,
            "peers_from_host_s": host,
            "peers_on_device_s": device,
            "ratio_from_host": min(host.values()) / own if own and host else None,
            "ratio_on_device": min(device.values()) / own if own and device else None,
            "bounds_s": self._limits.of(case.workload, case.mode, batch) if self._limits else None,
            "versions": versions,
        }


def ratio(value: float | None) -> str:
    return f"{value:.2f}" if value else "-"


def summary(row: dict) -> str:
    fastest = min(row["peers_on_device_s"], key=row["peers_on_device_s"].get, default="-")
    own = f"{row['castalia_s'] * 1e3:.4g} ms" if row["castalia_s"] else "no figure"
    return (
        f"{row['workload']} {row['mode']} {row['batch']}: {own}, "
        f"{ratio(row['ratio_from_host'])} times as fast as the fastest peer from the host, "
        f"{ratio(row['ratio_on_device'])} on the device ({fastest}); parameters: "
        + ", ".join(f"{side} {count}" for side, count in row["parameters"].items())
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures Castalia on a GPU beside its peers.")
    known = list(dict.fromkeys(case.workload.partition(".")[0] for case in CASES))
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="such as P1: all")
    parser.add_argument("--json", required=True, type=Path, help="where the rows go")
    parser.add_argument("--device", default="cuda:0", help="cuda:N, or cpu to try it out")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one turn")
    parser.add_argument(
        "--compile", action="store_true", help="torch.compile, too: a minute for each flow"
    )
    parser.add_argument("--seconds", type=float, default=8, help="at most for the turns of a case")
    parser.add_argument("--batches", help="these alone: 1,1024")
    arguments = parser.parse_args()
    wanted = arguments.workloads or known
    if unknown := set(wanted) - set(known):
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(known)}")

    progress = Progress()
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    sides = Sides(arguments.device, arguments.json.with_suffix(".log"))
    versions = machine()
    rows: list[dict] = []
    only = {int(batch) for batch in (arguments.batches or "").split(",") if batch}
    try:
        for name in ("castalia", "torch", "jax"):
            sides[name].request("versions")
        for name in ("castalia", "torch", "jax"):
            versions |= dict(word.split("=", 1) for word in sides[name].answer())
        limits = bounds(sides["torch"], arguments.quick)
        if limits:
            versions["limits"] = limits.describe()
            progress.say(versions["limits"])
        measurement = Measurement(sides, progress, limits, arguments.seconds, arguments.quick)
        for case in (case for case in CASES if case.workload.partition(".")[0] in wanted):
            if not arguments.compile:
                peers = tuple(peer for peer in case.peers if not peer.endswith(".compile"))
                case = Case(**{**vars(case), "peers": peers})
            batches = (QUICK_BATCH,) if arguments.quick else case.batches
            for batch in batches:
                if only and batch not in only:
                    continue
                try:
                    row = measurement.row(case, batch, versions)
                except Refused as reason:
                    progress.say(f"{case.workload} {case.mode} {batch}: no figures: {reason}")
                    continue
                rows.append(row)
                progress.say(summary(row))
                write_json(arguments.json, rows)  # what there is survives a time limit
    finally:
        sides.close()
    if not any(row["castalia_s"] for row in rows):
        raise SystemExit("Castalia could not be measured")


if __name__ == "__main__":
    main()

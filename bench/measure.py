"""Measures Castalia and its peers side by side, and writes the rows of bench/workloads.py as JSON.

usage: measure.py [WORKLOAD ...] --json FILE --home FOLDER     (tools/bench builds the folder and calls this)

Each side is a process that keeps a workload ready. After all have warmed up they take turns in rounds,
so that what else happens on the machine meets all of them; a figure is the median of all repetitions.
First with one thread, each process on one and the same core; then with all cores.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import time
from pathlib import Path

from costs import COSTS, Build
from limits import Limits
from progress import Progress
from report import table
from rows import row
from showers import write_showers
from workers import Refused, Workers
from workloads import CASES, WORKER_OF, Case, with_peer

ROUNDS = 5
# A turn repeats for so long: many times where a repetition is short, once where it is long.
SHORTEST_TURN, LONGEST_TURN = 0.05, 0.2
REPETITIONS_A_TURN = 50
# Repetitions of more than so many seconds stop after fewer rounds.
LONG_REPETITION, LONG_ROUNDS = 1.0, 2
# torch.compile calls a C++ compiler, for minutes where its cache is empty.
PREPARATION_TIMEOUT = 600
# Threads of a side that has just run may still wait for more work, and hold a core; they get over it.
PAUSE = 0.01
# Sides whose models differ by more than this did not build the same model.
PARAMETERS_MAY_DIFFER = 0.05


def machine() -> dict[str, str]:
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {"processor": model, "cores": str(len(os.sched_getaffinity(0)))}


def place(workload: str) -> tuple[int, int]:
    """P1, P2, ... and then the referee's M."""
    return (0, int(workload[1:])) if workload.startswith("P") else (1, 0)


class Measurement:
    """The cases at one number of threads."""

    def __init__(
        self, workers: Workers, threads: int, progress: Progress, versions: dict[str, str]
    ):
        self._workers = workers
        self._threads = threads
        self._progress = progress
        self._limits = Limits(workers["network"])
        self._versions = versions

    def title(self, case: Case) -> str:
        threads = "1 thread" if self._threads == 1 else f"{self._threads} threads"
        return f"{case.workload} {case.mode} {case.batch}, {threads}"

    def prepare(self, case: Case) -> dict[str, tuple[str, float]]:
        """Makes the sides ready; gives the worker of each that is, and how many of its repetitions
        make the work."""
        # A worker that does not answer in time is ended, and with it all that it holds: those come first
        # that may take so long.
        peers = sorted(case.peers, key=lambda peer: not peer.endswith(".compile"))
        sides = {"castalia": case.ours, **{peer: WORKER_OF[peer] for peer in peers}}
        ready = {}
        own = 0
        for side, name in sides.items():
            self._progress.show(f"{self.title(case)}: preparing {side}")
            try:
                count, times = self._workers[name].prepare(case, side, PREPARATION_TIMEOUT)
            except Refused as reason:
                if side == "castalia":
                    raise
                self._progress.say(f"{self.title(case)}: no figure for {side}: {reason}")
                continue
            own = own or count
            if abs(count - own) > PARAMETERS_MAY_DIFFER * own:
                raise SystemExit(f"{case.workload}: {side} has {count} parameters, Castalia {own}")
            ready[side] = (name, times)
        return ready

    def times(self, case: Case) -> dict[str, float]:
        """The median time of a repetition of each side that could take part, in seconds."""
        ready = self.prepare(case)
        collected: dict[str, list[float]] = {side: [] for side in ready}
        turn = {side: SHORTEST_TURN for side in ready}
        for number in range(ROUNDS):
            self._progress.show(f"{self.title(case)}: round {number + 1} of {ROUNDS}")
            for side, (name, _) in ready.items():
                if number >= LONG_ROUNDS and statistics.median(collected[side]) > LONG_REPETITION:
                    continue
                time.sleep(PAUSE)
                new = self._workers[name].run(side, turn[side])
                collected[side] += new
                wanted = REPETITIONS_A_TURN * statistics.median(new)
                turn[side] = min(max(wanted, SHORTEST_TURN), LONGEST_TURN)
        for name in {name for name, _ in ready.values()}:
            self._workers[name].ask("drop")
        return {
            side: statistics.median(repetitions) * ready[side][1]
            for side, repetitions in collected.items()
        }

    def rows(self, cases: list[Case]) -> list[dict]:
        measured = []
        for case in cases:
            try:
                measured.append((case, self.times(case)))
            except Refused as reason:
                self._progress.say(f"{self.title(case)}: no figures: {reason}")
            self._limits.look_again()
        # With the best that was seen of the machine.
        versions = {**self._versions, "limits": self._limits.describe()}
        return [
            row(
                case.workload,
                case.batch,
                self._threads,
                case.mode,
                times["castalia"],
                {peer: times[peer] for peer in contest.peers if peer in times},
                contest.goal,
                self.least_seconds(case) / times["castalia"],
                versions,
            )
            for case, times in measured
            for contest in case.contests
        ]

    def least_seconds(self, case: Case) -> float:
        """What the machine needs for the work at least."""
        return max(
            case.flops / self._limits.flops_per_second(),
            case.passes * case.bytes / self._limits.bytes_per_second(case.bytes),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures Castalia and its peers side by side.")
    parser.add_argument(
        "workloads", nargs="*", metavar="WORKLOAD", help="such as P1 (default: all)"
    )
    parser.add_argument("--json", required=True, type=Path, help="where the rows go")
    parser.add_argument("--home", required=True, type=Path, help="what tools/bench has built")
    parser.add_argument(
        "--compile-flows", action="store_true", help="zuko through torch.compile, too"
    )
    parser.add_argument(
        "--showers",
        type=Path,
        help="CaloChallenge file of 504 cells whose showers M compares (default: showers of its own)",
    )
    arguments = parser.parse_args()

    known = sorted({case.workload for case in CASES} | set(COSTS), key=place)
    wanted = arguments.workloads or known
    if unknown := set(wanted) - set(known):
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(known)}")

    progress = Progress()
    build = Build(arguments.home)
    cores = len(os.sched_getaffinity(0))
    if "M" in wanted:
        progress.show("making showers")
        os.environ["CASTALIA_BENCH_SHOWERS"] = str(
            write_showers(build.home / "files" / "showers", arguments.showers)
        )
    rows: list[dict] = []
    versions = machine()
    cases = [case for case in CASES if case.workload in wanted]
    if arguments.compile_flows:
        cases = [with_peer(case, beside="zuko", peer="zuko.compile") for case in cases]
    for threads in sorted({1, cores}) if cases else []:
        workers = Workers(build.programs, threads, build.log)
        try:
            own = {case.ours for case in CASES}
            for name in sorted({WORKER_OF[peer] for case in cases for peer in case.peers} - own):
                progress.show(f"starting {name} with {threads} threads")
                versions |= dict(word.split("=") for word in workers[name].ask("versions"))
            rows += Measurement(workers, threads, progress, versions).rows(cases)
        finally:
            workers.close()
    for name in wanted:
        if name in COSTS:
            progress.show(f"{name}: {COSTS[name].__doc__.splitlines()[0]}")
            try:
                rows += COSTS[name](build, cores, versions)
            except (Refused, subprocess.CalledProcessError) as reason:
                progress.say(f"{name}: no figures: {reason}")

    if not rows:
        raise SystemExit("nothing could be measured")
    rows.sort(key=lambda each: (place(each["workload"]), each["mode"], each["batch"]))
    arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    progress.say(table(rows))


if __name__ == "__main__":
    main()

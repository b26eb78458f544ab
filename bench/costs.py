"""What is no repetition of a workload: memory, the size of the library, starting, calling."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from rows import row
from workers import Refused, Workers


class Build:
    """What tools/bench has built in its folder."""

    def __init__(self, home: Path):
        self.prefix = home / "castalia"  # an installation of Castalia
        self.log = home / "log" / "workers"
        self.programs = {
            "interface": str(home / "programs" / "interface_worker"),
            "network": str(home / "programs" / "network_worker"),
        }


def memory(build: Build, cores: int, versions: dict[str, str]) -> list[dict]:
    """peak memory of a training step of P1 at batch 8192"""
    sides = {"castalia": "interface", "flowjax": "jax", "zuko": "torch"}
    figures = {}
    for side, worker in sides.items():
        # A process of its own, in which nothing else has left memory to be used again.
        workers = Workers(build.programs, cores, build.log)
        try:
            figures[side] = float(workers[worker].ask("memory", "P1", "train", 8192, side, timeout=300)[0])
        finally:
            workers.close()
    own = figures.pop("castalia")
    return [row("P11", 8192, cores, "peak bytes", own, figures, 2.5, None, versions)]


def library_size(build: Build, cores: int, versions: dict[str, str]) -> list[dict]:
    """the size of the library without oneDNN"""

    def size(package: str, pattern: str) -> int:
        folder = Path(importlib.util.find_spec(package).origin).parent
        return sum(file.stat().st_size for file in folder.glob(pattern))

    own = os.stat(build.prefix / "lib" / "libcastalia.so").st_size
    peers = {
        "torch": size("torch", "lib/libtorch_cpu.so"),
        "onnxruntime": size("onnxruntime", "capi/onnxruntime_pybind11_state*.so"),
    }
    # The goal is 15 MB, whatever the peers need.
    goal = min(peers.values()) / 15e6
    return [row("P13", 1, cores, "library bytes", own, peers, goal, None, versions)]


COSTS = {"P11": memory, "P13": library_size}

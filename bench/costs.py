"""What is no repetition of a workload: memory, the size of the library, starting, calling."""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from rows import row
from workers import Worker, Workers

HERE = Path(__file__).resolve().parent
STARTS = 4
ROUNDS = 9
SECONDS_A_TURN = 0.05
CALLS_A_BLOCK = 100  # of the programs in bench/call, and of P14 in bench/networks


class Build:
    """What tools/bench has built in its folder."""

    def __init__(self, home: Path):
        self.home = home
        self.prefix = home / "castalia"  # an installation of Castalia
        self.julia = os.environ.get("CASTALIA_JULIA", "")  # empty where there is none
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
            figures[side] = float(
                workers[worker].ask("memory", "P1", "train", 8192, side, timeout=300)[0]
            )
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


def cold_start(build: Build, cores: int, versions: dict[str, str]) -> list[dict]:
    """from the start of a process to its first event"""
    files = build.home / "files"
    files.mkdir(exist_ok=True)
    model = files / "flow.castalia"
    subprocess.run([build.programs["interface"], "--write", "P12", model], check=True)
    commands = {"castalia": [str(build.home / "programs" / "start_castalia"), str(model)]}
    for side, name in (("torch", "torch"), ("jax", "jax"), ("onnxruntime", "onnx")):
        commands[side] = [
            sys.executable,
            str(HERE / "start" / f"start_{name}.py"),
            str(files / name),
        ]
        subprocess.run([*commands[side], "--write"], check=True)
    # XLA keeps what it compiled for the first, which is not counted.
    environment = {
        **os.environ,
        "JAX_COMPILATION_CACHE_DIR": str(files / "xla"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "",
    }
    times: dict[str, list[float]] = {side: [] for side in commands}
    for number in range(STARTS + 1):
        for side, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
            if number > 0:
                times[side].append(time.perf_counter() - start)
    medians = {side: statistics.median(each) for side, each in times.items()}
    own = medians.pop("castalia")
    runtime = {"onnxruntime": medians.pop("onnxruntime")}
    return [
        row("P12", 1, cores, "start", own, medians, 20, None, versions),
        row("P12", 1, cores, "start", own, runtime, 2, None, versions),
    ]


def calls(build: Build, cores: int, versions: dict[str, str]) -> list[dict]:
    """one event from Fortran, Python and Julia against the same Program from C++"""
    model = build.home / "files" / "small.castalia"
    model.parent.mkdir(exist_ok=True)
    subprocess.run([build.programs["interface"], "--write", "P14", model], check=True)
    call = HERE / "call"
    packages = next(build.prefix.glob("lib/python3*/site-packages"))
    commands = {
        "c++": [build.programs["network"]],
        "fortran": [str(build.home / "programs" / "call_fortran"), str(model)],
        "python": [
            "/usr/bin/env",
            f"PYTHONPATH={packages}",
            sys.executable,
            str(call / "call_python.py"),
            str(model),
        ],
    }
    if build.julia:
        path = f"JULIA_LOAD_PATH={build.prefix}/share/castalia/julia:@stdlib"
        commands["julia"] = [
            "/usr/bin/env",
            path,
            build.julia,
            "--startup-file=no",
            str(call / "call_julia.jl"),
            str(model),
        ]
    workers = {side: Worker(side, command, 1, build.log) for side, command in commands.items()}
    blocks: dict[str, list[float]] = {side: [] for side in workers}
    try:
        workers["c++"].ask("prepare", "P14", "call", 1, "c++")
        # The first turn is a warm-up: Julia compiles.
        for number in range(ROUNDS + 1):
            for side, worker in workers.items():
                found = worker.run(side, SECONDS_A_TURN)
                if number > 0:
                    blocks[side] += found
    finally:
        for worker in workers.values():
            worker.close()
    # A block is CALLS_A_BLOCK calls.
    seconds = {side: statistics.median(each) / CALLS_A_BLOCK for side, each in blocks.items()}
    base = seconds.pop("c++")
    allowed = {"fortran": 1e-6, "python": 5e-6, "julia": 1e-6}
    return [
        row(
            "P14",
            1,
            1,
            f"from {side}",
            own,
            {"c++": base},
            base / (base + allowed[side]),
            None,
            versions,
        )
        for side, own in seconds.items()
    ]


def referee(build: Build, cores: int, versions: dict[str, str]) -> list[dict]:
    """all metrics with their defaults, one after another: time and memory"""
    batch = 50_000
    allowed = {"s": 20.0, "bytes": 4.0 * 1024**3}
    workers = Workers(build.programs, cores, build.log)
    try:
        found = {
            "bytes": float(
                workers["interface"].ask("memory", "M", "everything", batch, "-", timeout=600)[0]
            )
        }
        workers["interface"].ask("prepare", "M", "everything", batch, "castalia", timeout=600)
        found["s"] = statistics.median(workers["interface"].run("castalia", 0))
    finally:
        workers.close()
    modes = {"s": "everything", "bytes": "everything, peak bytes"}
    return [
        row("M", batch, cores, modes[k], found[k], {"allowed": allowed[k]}, 1, None, versions)
        for k in modes
    ]


COSTS = {"M": referee, "P11": memory, "P12": cold_start, "P13": library_size, "P14": calls}

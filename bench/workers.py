"""Processes that hold one side of the comparison each, and answer requests line by line."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Refused(Exception):
    """A worker answered with an error, took too long, or ended."""


class Worker:
    """A process that answers the requests of bench/peers/serve.py.

    With one thread it may use one core alone, whatever its libraries make of their settings. A device
    other than the processor is told to the command behind the threads.
    """

    def __init__(self, name: str, command: list[str], threads: int, log: Path, device: str = "cpu"):
        self.name = name
        cores = sorted(os.sched_getaffinity(0))
        own = cores[-1:] if threads == 1 else cores
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": str(threads),
            "MKL_NUM_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": str(threads),
        }
        arguments = [str(threads)]
        if device == "cpu":
            environment |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
        else:
            arguments.append(device)
        self._log = log.open("a")
        self._process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, own),
        )
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)

    def ask(self, *words: object, timeout: float = 120) -> list[str]:
        """The words of the answer; Refused when it is an error or none comes in time."""
        self.request(*words)
        return self.answer(timeout)

    def request(self, *words: object) -> None:
        """The first half of ask(), for workers that are to work at the same time."""
        try:
            self._process.stdin.write((" ".join(map(str, words)) + "\n").encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Refused(f"{self.name} ended") from None

    def answer(self, timeout: float = 120) -> list[str]:
        if not self._selector.select(timeout):
            self.close()
            raise Refused(f"{self.name} gave no answer in {timeout:.0f} s")
        answer = self._process.stdout.readline().decode().split()
        if not answer:
            raise Refused(f"{self.name} ended")
        if answer[0] != "ok":
            raise Refused(f"{self.name}: {' '.join(answer[1:])}")
        return answer[1:]

    def prepare(self, case, peer: str, timeout: float) -> tuple[int, float]:
        """Makes a case ready; gives the number of the model's parameters, and how many repetitions
        make the work."""
        self.request("prepare", case.workload, case.mode, case.batch, peer)
        return self.prepared(timeout)

    def prepared(self, timeout: float) -> tuple[int, float]:
        words = self.answer(timeout)
        return int(words[0]), float(words[1]) if len(words) > 1 else 1.0

    def run(self, peer: str, seconds: float) -> list[float]:
        return [float(word) for word in self.ask("run", peer, f"{seconds:.6f}", timeout=300)]

    def ended(self) -> bool:
        return self._process.poll() is not None

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._log.close()


class Workers:
    """The workers of one number of threads, started when they are asked for and do not run."""

    def __init__(self, programs: dict[str, str], threads: int, log: Path):
        self._commands = {
            **{name: [program] for name, program in programs.items()},
            **{
                name: [sys.executable, str(HERE / "peers" / f"{name}_worker.py")]
                for name in ("torch", "jax", "onnx", "scipy")
            },
        }
        self._threads = threads
        self._log = log
        self._running: dict[str, Worker] = {}

    def __getitem__(self, name: str) -> Worker:
        if name not in self._running or self._running[name].ended():
            self._running[name] = Worker(name, self._commands[name], self._threads, self._log)
        return self._running[name]

    def close(self) -> None:
        for worker in self._running.values():
            worker.close()
        self._running.clear()

"""The table of workloads: what is measured, against whom, and what the work is at least.

A contest is a row of the result: a goal for the ratio (fastest of its peers / Castalia), and the peers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

# The worker that runs each peer; what a peer's name says of how: bench/peers/*.py.
WORKER_OF = {
    "zuko": "torch",
    "zuko.compile": "torch",
    "nflows": "torch",
    "torch": "torch",
    "torch.compile": "torch",
    "flowjax": "jax",
    "jax": "jax",
    "diffrax": "jax",
    "onnxruntime": "onnx",
}

FLOAT = 4  # bytes


@dataclass(frozen=True)
class Contest:
    goal: float
    peers: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One workload at one batch size."""

    workload: str
    mode: str
    batch: int
    ours: str  # which of Castalia's workers: "interface" or "network"
    contests: tuple[Contest, ...]
    flops: float  # of the matrix products and convolutions alone
    bytes: float  # that must be read or written at least once
    notes: tuple[str, ...] = field(default=())

    @property
    def peers(self) -> list[str]:
        return [peer for contest in self.contests for peer in contest.peers]


def perceptron_flops(widths: tuple[int, ...]) -> int:
    return sum(2 * a * b for a, b in zip(widths[:-1], widths[1:]))


def perceptron_parameters(widths: tuple[int, ...]) -> int:
    return sum(a * b + b for a, b in zip(widths[:-1], widths[1:]))


# A training step computes each product three times: forward, and for both of its gradients. It reads
# and writes the weights and both moments of Adam, and writes and reads the gradient.
TRAIN_FLOPS = 3
TRAIN_BYTES = 8

FLOW_FEATURES, FLOW_LAYERS = 12, 8
FLOW_CONDITIONER = (6, 128, 128, 6 * 23)
GENERATOR = (64, 256, 512, 504)


def coupling_flow(workload: str, mode: str, batch: int, goal: float) -> Case:
    train = mode == "train"
    flops = batch * FLOW_LAYERS * perceptron_flops(FLOW_CONDITIONER)
    weights = FLOAT * FLOW_LAYERS * perceptron_parameters(FLOW_CONDITIONER)
    events = FLOAT * batch * FLOW_FEATURES
    return Case(
        workload,
        mode,
        batch,
        "interface",
        (Contest(goal, ("flowjax", "zuko", "nflows")),),
        flops * (TRAIN_FLOPS if train else 1),
        weights * (TRAIN_BYTES if train else 1) + events,
    )


def generator(batch: int) -> Case:
    return Case(
        "P4",
        "sample",
        batch,
        "network",
        (Contest(1.3, ("torch", "torch.compile")), Contest(1.0, ("onnxruntime",))),
        batch * perceptron_flops(GENERATOR),
        FLOAT * (perceptron_parameters(GENERATOR) + batch * (GENERATOR[0] + GENERATOR[-1])),
    )


CASES: list[Case] = [
    *(coupling_flow("P1", "train", batch, 2) for batch in (1024, 8192)),
    *(
        coupling_flow("P2", mode, batch, goal)
        for mode in ("sample", "log_prob")
        for batch, goal in ((1, 5), (64, 3), (1024, 2), (8192, 2))
    ),
    *(generator(batch) for batch in (1, 128, 1024)),
]

"""The least time that a workload takes on a GPU: of its products, of the bytes that must move in the GPU's
memory, and of those that go over the bus, each at the speed that was measured in the same run."""

from __future__ import annotations

import workloads
from workers import Refused, Worker

PRODUCT_ROWS, STREAM_MEGABYTES, SECONDS = 8192, 512, 0.3
SMALL_PRODUCT_ROWS, SMALL_STREAM_MEGABYTES = 256, 4
FLOAT = 4
GAN_GENERATOR = (64, 384, 384, 504)
# Numbers of an event that come from or go to the host.
COLUMNS = {"P1": 12, "P2": 12, "P3": 504, "P4.gan": 504, "P5": 504, "P8": 600, "P9": 12}


class Bounds:
    def __init__(self, worker: Worker, quick: bool):
        self._worker = worker
        rows = SMALL_PRODUCT_ROWS if quick else PRODUCT_ROWS
        stream = SMALL_STREAM_MEGABYTES if quick else STREAM_MEGABYTES
        moved = 2 * stream * (1 << 20)  # read and written, or there and back
        self.flops_per_second = 2 * rows**3 / self._best("product", rows, "torch")
        self.bytes_per_second = moved / self._best("stream", stream, "torch")
        self.bus_bytes_per_second = moved / self._best("stream", stream, "torch@host")

    def _best(self, mode: str, size: int, ask: str) -> float:
        self._worker.ask("prepare", "limit", mode, size, "torch")
        best = min(self._worker.run(ask, SECONDS))
        self._worker.ask("drop")
        return best

    def describe(self) -> str:
        return (
            f"products {self.flops_per_second / 1e12:.1f} TFlop/s, "
            f"memory {self.bytes_per_second / 1e12:.2f} TB/s, "
            f"bus {self.bus_bytes_per_second / 1e9:.1f} GB/s"
        )

    def of(self, workload: str, mode: str, batch: int) -> dict[str, float]:
        """Seconds by what they are spent on."""
        flops, memory = work(workload, mode, batch)
        return {
            "products": flops / self.flops_per_second,
            "memory": memory / self.bytes_per_second,
            "bus": FLOAT * batch * COLUMNS[workload] / self.bus_bytes_per_second,
        }


def work(workload: str, mode: str, batch: int) -> tuple[float, float]:
    """Floating-point operations of the products, and bytes, as bench/workloads.py counts them."""
    if workload == "P4.gan":
        columns = GAN_GENERATOR[0] + GAN_GENERATOR[-1]
        weights = workloads.perceptron_parameters(GAN_GENERATOR)
        return (
            batch * workloads.perceptron_flops(GAN_GENERATOR),
            FLOAT * (weights + batch * columns),
        )
    case = {
        "P1": lambda: workloads.coupling_flow(workload, mode, batch, 1),
        "P2": lambda: workloads.coupling_flow(workload, mode, batch, 1),
        "P3": lambda: workloads.autoregressive_flow(batch),
        "P5": lambda: workloads.calogan(mode, batch, 1),
        "P8": lambda: workloads.point_cloud_gan(mode, batch, 1),
        "P9": lambda: workloads.continuous_flow(batch, 1),
    }[workload]()
    return case.flops, case.passes * case.bytes


def bounds(worker: Worker, quick: bool) -> Bounds | None:
    """Nothing where they cannot be measured."""
    try:
        return Bounds(worker, quick)
    except Refused:
        return None

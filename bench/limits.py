"""What the machine gives at most with so many threads, measured by our own loops in the same run."""

from __future__ import annotations

from workers import Worker

PRODUCT_ROWS = (512, 1024)
SECONDS = 0.2
SMALLEST_STREAM = 1 << 18


class Limits:
    """The best of all repetitions: what else happens on the machine must not lower a limit."""

    def __init__(self, worker: Worker):
        self._worker = worker
        self._flops = 0.0
        self._bytes: dict[int, float] = {}

    def _best(self, mode: str, size: int) -> float:
        self._worker.ask("prepare", "limit", mode, size, "castalia")
        best = min(self._worker.run("castalia", SECONDS))
        self._worker.ask("drop")
        return best

    def look_again(self) -> None:
        """Measures the product once more; the best counts."""
        for rows in PRODUCT_ROWS:
            self._flops = max(self._flops, 2 * rows**3 / self._best("product", rows))

    def flops_per_second(self) -> float:
        """Of a product of matrices in float32."""
        if not self._flops:
            self.look_again()
        return self._flops

    def bytes_per_second(self, size: float) -> float:
        """Of a triad or of reading, whichever is faster, over as many bytes: caches are faster than memory.

        The size is rounded up to a power of two.
        """
        rounded = max(SMALLEST_STREAM, 1 << (int(size) - 1).bit_length())
        if rounded not in self._bytes:
            self._bytes[rounded] = rounded / min(
                self._best(mode, rounded) for mode in ("triad", "read")
            )
        return self._bytes[rounded]

    def describe(self) -> str:
        memory = 1 << 28
        return (
            f"sgemm {self.flops_per_second() / 1e9:.0f} GFlop/s, "
            f"memory {self.bytes_per_second(memory) / 1e9:.1f} GB/s"
        )

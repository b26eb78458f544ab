"""The table of workloads: what is measured, against whom, and what the work is at least.

A contest is a row of the result: a goal for the ratio (fastest of its peers / Castalia), and the peers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

# The worker that runs each peer; what a peer's name says of how: bench/peers/*.py.
WORKER_OF = {
    "zuko": "torch",
    "zuko.compile": "torch",
    "nflows": "torch",
    "torch": "torch",
    "torch.compile": "torch",
    "torch.graph": "torch",
    "flowjax": "jax",
    "jax": "jax",
    "diffrax": "jax",
    "onnxruntime": "onnx",
    "castalia.inverse": "network",
    "numpy": "scipy",
    "scipy": "scipy",
    "scikit-learn": "scipy",
    "pot": "scipy",
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
    passes: int = 1  # how often, when the work goes over them again and again

    @property
    def peers(self) -> list[str]:
        return [peer for contest in self.contests for peer in contest.peers]


def with_peer(case: Case, beside: str, peer: str) -> Case:
    """The case with one more peer in the contests that have the other."""
    contests = tuple(
        replace(each, peers=(*each.peers, peer)) if beside in each.peers else each
        for each in case.contests
    )
    return replace(case, contests=contests)


def perceptron_flops(widths: tuple[int, ...]) -> int:
    return sum(2 * a * b for a, b in pairwise(widths))


def perceptron_parameters(widths: tuple[int, ...]) -> int:
    return sum(a * b + b for a, b in pairwise(widths))


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


SHOWER_CELLS, SHOWER_HIDDEN, SHOWER_LAYERS = 504, 378, 8


def autoregressive_flow(batch: int) -> Case:
    # What is not masked: units see 1, 2, ..., 378 cells; a cell's 23 numbers see the units of less.
    seen = sum(min(cell, SHOWER_HIDDEN) for cell in range(SHOWER_CELLS))
    hidden = SHOWER_HIDDEN * (SHOWER_HIDDEN + 1) // 2
    weights = SHOWER_LAYERS * (2 * hidden + 23 * seen)
    return Case(
        "P3",
        "sample",
        batch,
        "interface",
        # The second: at most three times what the inverse flow takes.
        (Contest(1000, ("nflows",)), Contest(1 / 3, ("castalia.inverse",))),
        2 * batch * weights,
        FLOAT * (weights + 2 * batch * SHOWER_CELLS),
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


def convolution_flops(positions: int, taps: int, inputs: int, outputs: int) -> int:
    """Of an image: positions of the smaller image, which a transposed convolution reads."""
    return 2 * positions * taps * inputs * outputs


def wasserstein_gan(batch: int) -> Case:
    generator = perceptron_flops((128, 4096)) + sum(
        convolution_flops(*layer)
        for layer in ((16, 16, 256, 128), (64, 16, 128, 64), (256, 16, 64, 3))
    )
    critic = perceptron_flops((4096, 1)) + sum(
        convolution_flops(*layer)
        for layer in ((256, 16, 3, 64), (64, 16, 64, 128), (16, 16, 128, 256))
    )
    # The critic's step: the generator forward; the critic on both kinds of images, forward and back; the
    # penalty, with each product forward, back for the slope, and twice again for the slope's gradient. The
    # generator's step: itself forward and back, the critic forward and back to the images.
    flops = batch * (generator * (1 + TRAIN_FLOPS) + critic * (2 * TRAIN_FLOPS + 4 + 2))
    weights = FLOAT * 1_850_000
    return Case(
        "P6", "train", batch, "interface", (Contest(1.3, ("torch",)),), flops, weights * TRAIN_BYTES
    )


def voxel_autoencoder(batch: int) -> Case:
    layers = ((3375, 27, 1, 16), (512, 27, 16, 32), (64, 27, 32, 64))
    layers += ((64, 64, 64, 32), (512, 27, 32, 16), (3375, 64, 16, 1))
    flops = sum(convolution_flops(*layer) for layer in layers)
    flops += perceptron_flops((4096, 64)) + perceptron_flops((32, 4096))
    weights = FLOAT * 613_000
    return Case(
        "P7",
        "train",
        batch,
        "network",
        (Contest(1.2, ("torch", "torch.compile")),),
        TRAIN_FLOPS * batch * flops,
        weights * TRAIN_BYTES + FLOAT * batch * 30**3,
    )


def contest_flops(generator: float, critic: float) -> float:
    """Of a step of each side of a GAN, for products that one event takes."""
    # The critic's: the generator forward, the critic on both kinds of events forward and back. The
    # generator's: itself forward and back, the critic forward and back to the events.
    return generator * (1 + TRAIN_FLOPS) + critic * (2 * TRAIN_FLOPS + 2)


SHOWER_GRIDS = ((3, 96), (12, 12), (12, 6))
SHOWER_LATENT, SHOWER_CRITIC_HIDDEN = 1024, 256


def calogan(mode: str, batch: int, goal: float) -> Case:
    cells = sum(height * width for height, width in SHOWER_GRIDS)
    blended = cells - SHOWER_GRIDS[0][0] * SHOWER_GRIDS[0][1]
    # Cells before the last layer of a stream, and before the one before it.
    between = sum((height + 1) * (width + 1) for height, width in SHOWER_GRIDS)
    first = sum((height + 2) * (width + 2) for height, width in SHOWER_GRIDS)
    dense = perceptron_flops((SHOWER_LATENT, 36 * first))
    generator = dense + convolution_flops(first, 4, 36, 16) + convolution_flops(between, 4, 16, 6)
    generator += convolution_flops(cells, 4, 6, 1) + convolution_flops(blended, 9, 2, 1)
    critic = convolution_flops(cells, 4, 1, 64) + perceptron_flops(
        (8 * cells, SHOWER_CRITIC_HIDDEN)
    )
    critic += sum(convolution_flops(cells, 9, *layer) for layer in ((64, 16), (16, 8), (8, 8)))
    train = mode == "train"
    flops = contest_flops(generator, critic) if train else generator
    weights = FLOAT * (36_400_000 * TRAIN_BYTES if train else 29_800_000)
    events = FLOAT * batch * (SHOWER_LATENT + cells)
    contests = [Contest(goal, ("torch", "torch.compile"))]
    if not train:
        contests.append(Contest(1.0, ("onnxruntime",)))
    return Case("P5", mode, batch, "interface", tuple(contests), batch * flops, weights + events)


def point_cloud_gan(mode: str, batch: int, goal: float) -> Case:
    epic_of_all = perceptron_flops((266, 128, 10)) + perceptron_flops((10, 128))
    epic = 150 * perceptron_flops((128, 128, 128)) + epic_of_all
    generator = 150 * perceptron_flops((3, 128)) * 2 + perceptron_flops((10, 128, 10)) + 6 * epic
    critic = (
        150 * perceptron_flops((3, 128, 128)) + perceptron_flops((256, 128, 10)) + 3 * epic
    ) + perceptron_flops((266, 128, 128, 1))
    train = mode == "train"
    flops = contest_flops(generator, critic) if train else generator
    weights = FLOAT * (738_000 * TRAIN_BYTES if train else 425_000)
    peers = ("torch", "torch.compile", "jax")
    points = FLOAT * batch * 150 * 3
    return Case(
        "P8", mode, batch, "interface", (Contest(goal, peers),), batch * flops, weights + 2 * points
    )


def continuous_flow(batch: int, goal: float) -> Case:
    widths = (13, 256, 256, 256, 256, 12)
    weights = FLOAT * perceptron_parameters(widths)
    peers = ("diffrax", "jax", "torch", "torch.compile")
    flops = batch * 100 * perceptron_flops(widths)
    # Each of the hundred evaluations reads the weights.
    return Case(
        "P9", "sample", batch, "interface", (Contest(goal, peers),), flops, weights, passes=100
    )


CELLS = 504
DOUBLE = 8  # bytes


def metric(name: str, peer: str, batch: int, products: float = 0) -> Case:
    """A metric of the referee; `products` is the number of pairs of showers that it multiplies."""
    return Case(
        "M",
        name,
        batch,
        "interface",
        (Contest(2, (peer,)),),
        2 * CELLS * products,
        2 * DOUBLE * batch * CELLS,
    )


# Products with oneself are symmetric.
METRICS = [
    *(
        metric(name, peer, 50_000)
        for name, peer in (
            ("kolmogorov_smirnov", "scipy"),
            ("wasserstein", "scipy"),
            ("chi_square", "scipy"),
            ("separation_power", "numpy"),
            ("binned_divergence", "scipy"),
            ("sliced_wasserstein", "pot"),
            ("frechet_distance", "scipy"),
            ("frechet_physics_distance", "scipy"),
            ("optimal_transport", "pot"),
            ("sinkhorn", "pot"),
        )
    ),
    metric("energy_distance", "scikit-learn", 10_000, 2 * 10_000**2),
    metric("mmd", "scikit-learn", 10_000, 2 * 10_000**2),
    metric("manifold", "scikit-learn", 10_000, 2 * 10_000**2),
    metric("neighbour_divergence", "scikit-learn", 5_000, 2 * 5_000**2),
    metric("kernel_physics_distance", "numpy", 50_000, 2 * 2 * 5_000**2),
]

CASES: list[Case] = [
    *METRICS,
    *(coupling_flow("P1", "train", batch, 2) for batch in (1024, 8192)),
    *(
        coupling_flow("P2", mode, batch, goal)
        for mode in ("sample", "log_prob")
        for batch, goal in ((1, 5), (64, 3), (1024, 2), (8192, 2))
    ),
    *(autoregressive_flow(batch) for batch in (1, 128, 1024)),
    *(generator(batch) for batch in (1, 128, 1024)),
    wasserstein_gan(64),
    voxel_autoencoder(16),
    *(calogan("sample", batch, goal) for batch, goal in ((1, 3), (128, 1.3), (1024, 1.3))),
    calogan("train", 128, 1.3),
    *(point_cloud_gan("sample", batch, 2) for batch in (1, 256)),
    point_cloud_gan("train", 64, 1.5),
    *(continuous_flow(batch, goal) for batch, goal in ((1, 2), (1024, 1.2))),
]

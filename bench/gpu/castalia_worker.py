"""Castalia's side of the comparison on a GPU, through the C interface with arrays of the host.

usage: castalia_worker.py THREADS [DEVICE]
"""

import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))

import castalia_ctypes as castalia
import numpy as np
from serve import serve, steps_of

THREADS = int(sys.argv[1])
DEVICE = sys.argv[2] if len(sys.argv) > 2 else "cpu"
SEED, FEW_EVENTS, BATCHES = 1, 64, 4
# Untrained, every spline is the identity. Weights of this size put events into all bins.
WEIGHT_SCALE = 0.1
ENERGY = np.float32(50)  # of the particles that make showers
CLOUD_COLUMNS = 4  # of a particle: three features and the mask
LOSSES = {"P8": {"adversarial_loss": "least_squares"}}

COUPLING_FLOW = ("coupling_flow", {"features": 12})
# Those of bench/interface/model_tasks.cc, and the nearest to the perceptron of P4 that has one width.
MODELS = {
    "P1": COUPLING_FLOW,
    "P2": COUPLING_FLOW,
    "P3": (
        "autoregressive_flow",
        {
            "features": 504,
            "context_features": 1,
            "layers": 8,
            "hidden": 378,
            "bins": 8,
            "degrees": "cyclic",
        },
    ),
    "P4.gan": (
        "gan",
        {
            "features": 504,
            "latent": 64,
            "generator_hidden": 384,
            "generator_layers": 2,
            "generator_activation": "relu",
        },
    ),
    "P5": ("calogan", {"heights": [3, 12, 12], "widths": [96, 12, 6]}),
    "P8": ("epic_gan", {"particles": 150}),
    "P9": (
        "continuous_flow",
        {
            "features": 12,
            "hidden": 256,
            "hidden_layers": 4,
            "activation": "silu",
            "solver": "rk4",
            "steps": 25,
        },
    ),
}


class Workload:
    """A model, whose weights are random numbers in flows, and events of the kind that it takes."""

    def __init__(self, case: str):
        architecture, fields = MODELS[case]
        self._showers, self._clouds = architecture == "calogan", architecture == "epic_gan"
        self.context = castalia.context(DEVICE, THREADS)
        self.model = castalia.Model(self.context, architecture, fields)
        if not (self._showers or self._clouds):
            weights = castalia.normal(SEED, (1, self.model.parameters), np.float64, stage=0)[0]
            self.model.set_parameters(WEIGHT_SCALE * weights)

    def events(self, count: int) -> np.ndarray:
        x = castalia.normal(SEED, (count, self.model.features))
        if self._showers:
            x = ENERGY / self.model.features * np.abs(x)
        if self._clouds:
            x = np.abs(x)
            x[:, CLOUD_COLUMNS - 1 :: CLOUD_COLUMNS] = 1  # every particle is there
        return x

    def conditions(self, count: int) -> np.ndarray | None:
        if self.model.context_features == 0:
            return None
        condition = castalia.normal(SEED, (count, self.model.context_features), stage=2)
        return ENERGY + np.abs(condition) if self._showers else condition

    def data(self, count: int) -> castalia.Dataset:
        return castalia.Dataset(self.context, self.events(count), self.conditions(count))

    def fit(self) -> None:
        """A step of training on a few events, after which a model can be used."""
        self.model.fit(self.data(FEW_EVENTS), {"batch": FEW_EVENTS, "steps": 1, "validation": 0})


class Sample(Workload):
    def __init__(self, case: str, batch: int):
        super().__init__(case)
        self.fit()
        self._batch, self._first = batch, 0
        self._condition = self.conditions(batch)
        self._x = np.empty((batch, self.model.features), np.float32)

    def __call__(self) -> None:
        self.model.sample(SEED, self._first, self._condition, self._x)
        self._first += self._batch

    def check(self) -> float:
        return float(self._x.sum(dtype=float))


class LogProb(Workload):
    def __init__(self, case: str, batch: int):
        super().__init__(case)
        self.fit()
        self._x, self._condition = self.events(batch), self.conditions(batch)
        self._log_prob = np.empty(batch, np.float32)

    def __call__(self) -> None:
        self.model.log_prob(self._x, self._condition, self._log_prob)

    def check(self) -> float:
        return float(self._log_prob.sum(dtype=float))


class Train(Workload):
    """Steps of the trainer: it gathers a batch of the data set, then forward, backward, Adam."""

    def __init__(self, case: str, batch: int):
        super().__init__(case)
        self.steps = steps_of(DEVICE.split(":")[0])
        self._trainer = castalia.Trainer(
            self.model,
            self.data(BATCHES * batch),
            {"batch": batch, "steps": 1_000_000_000, "validation": 0, **LOSSES.get(case, {})},
        )

    def __call__(self) -> None:
        self._trainer.advance(self.steps)

    def check(self) -> float:
        return self._trainer.loss()


MODES = {"sample": Sample, "log_prob": LogProb, "train": Train}


def make(case: str, mode: str, batch: int, peer: str):
    del peer
    workload = MODES[mode](case, batch)
    workload()
    if not math.isfinite(workload.check()):
        raise RuntimeError("the result is not finite")
    return workload, workload.model.parameters


if __name__ == "__main__":
    serve(make, {"castalia": castalia.version()})

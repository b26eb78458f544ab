"""What every workload in JAX shares: its settings, and how a repetition is made."""

import os
import sys
from dataclasses import dataclass

# What a worker is started with: the number of threads, and the device where it is not the processor.
THREADS = int(sys.argv[1])
KIND = sys.argv[2].split(":")[0] if len(sys.argv) > 2 else "cpu"
# XLA takes the number of its threads from the cores that the process may use; the harness sets those.
if THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ.setdefault("JAX_PLATFORMS", KIND)
# Other processes use the same GPU.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import equinox as eqx  # noqa: E402
import jax  # noqa: E402
import numpy as np  # noqa: E402
from serve import steps_of  # noqa: E402

if KIND != "cpu":
    # Products of float32 in float32, as on the other sides.
    jax.config.update("jax_default_matmul_precision", "highest")


@dataclass(frozen=True)
class Normal:
    """An argument of standard normal numbers, drawn in every repetition, as they are when one samples."""

    shape: tuple[int, ...]


def parameters_of(*trees):
    leaves = jax.tree.leaves([eqx.filter(tree, eqx.is_inexact_array) for tree in trees])
    return sum(leaf.size for leaf in leaves)


def drawing(function, arguments):
    """The function as one of keys where it takes normal numbers, and what it is to be called with."""
    keys = jax.random.split(jax.random.key(1), len(arguments) + 1)

    def drawn(*given):
        return function(
            *(
                jax.random.normal(mine, each.shape) if isinstance(each, Normal) else mine
                for mine, each in zip(given, arguments, strict=True)
            )
        )

    given = [
        key if isinstance(each, Normal) else each
        for key, each in zip(keys, arguments, strict=False)
    ]
    return drawn, given


def on_host(arguments):
    """The arrays among them as NumPy's; keys stay what they are."""
    return [
        each if jax.dtypes.issubdtype(each.dtype, jax.dtypes.prng_key) else np.asarray(each)
        for each in arguments
    ]


class Inference:
    """A repetition of the compiled function on these arguments."""

    def __init__(self, function, arguments):
        function, self._arguments = drawing(function, arguments)
        self._function = jax.jit(function)
        self._on_host = on_host(self._arguments)

    def __call__(self):
        jax.block_until_ready(self._function(*self._arguments))

    def from_host(self):
        """From NumPy arrays to one."""
        np.asarray(self._function(*self._on_host))


class Training:
    """A repetition of state = step(*state, *arguments) whose buffers are used again for the results."""

    def __init__(self, step, state, arguments):
        self.steps = steps_of(KIND)
        drawn, self._arguments = drawing(lambda *arguments: arguments, arguments)
        self._step = jax.jit(
            lambda state, *given: step(*state, *drawn(*given)), donate_argnums=(0,)
        )
        self._state = state
        self._on_host = on_host(self._arguments)

    def __call__(self):
        self._advance(self._arguments)

    def from_host(self):
        """With data in NumPy arrays."""
        self._advance(self._on_host)

    def _advance(self, arguments):
        for _ in range(self.steps):
            self._state = self._step(self._state, *arguments)
        jax.block_until_ready(self._state)


def inference(function, *arguments):
    return Inference(function, arguments)


def training(step, *state, data=()):
    return Training(step, state, data)

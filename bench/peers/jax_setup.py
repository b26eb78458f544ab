"""What every workload in JAX shares: its settings, and how a repetition is made."""

import os
import sys

# XLA takes the number of its threads from the cores that the process may use; the harness sets those.
if int(sys.argv[1]) == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import equinox as eqx
import jax


def parameters_of(*trees):
    leaves = jax.tree.leaves([eqx.filter(tree, eqx.is_inexact_array) for tree in trees])
    return sum(leaf.size for leaf in leaves)


def inference(function, *arguments):
    """A repetition of the compiled function on these arguments."""
    jitted = jax.jit(function)
    return lambda: jax.block_until_ready(jitted(*arguments))


def training(step, *state):
    """A repetition of state = step(*state) whose buffers are used again for the results."""
    donated = jax.jit(step, donate_argnums=tuple(range(len(state))))

    def repetition():
        nonlocal state
        state = donated(*state)
        jax.block_until_ready(state)

    return repetition

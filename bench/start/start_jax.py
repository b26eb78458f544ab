"""P12 in JAX: loads the flow of P1 in flowjax and prints the first feature of one event.

What XLA compiles comes from its cache on disk, where JAX_COMPILATION_CACHE_DIR names one.

usage: start_jax.py FILE [--write]
"""

import sys

import equinox as eqx
import jax
import jax.numpy as jnp
from flowjax.bijections import RationalQuadraticSpline
from flowjax.distributions import Normal
from flowjax.flows import coupling_flow


def make():
    return coupling_flow(
        jax.random.key(1),
        base_dist=Normal(jnp.zeros(12)),
        transformer=RationalQuadraticSpline(knots=7, interval=5.0),
        flow_layers=8,
        nn_width=128,
        nn_depth=2,
        invert=False,
    )


if sys.argv[2:] == ["--write"]:
    eqx.tree_serialise_leaves(sys.argv[1], make())
else:
    flow = eqx.tree_deserialise_leaves(sys.argv[1], make())
    print(eqx.filter_jit(lambda flow, key: flow.sample(key, (1,)))(flow, jax.random.key(2))[0, 0])

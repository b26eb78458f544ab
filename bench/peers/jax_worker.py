"""The peers that run on JAX: flowjax, diffrax and plain networks, all through jax.jit.

usage: jax_worker.py THREADS [DEVICE]
"""

from importlib.metadata import version

import jax_flows
import jax_networks
from serve import serve

MAKERS = {
    "P1": jax_flows.coupling_flow,
    "P2": jax_flows.coupling_flow,
    "P4.gan": jax_networks.gan,
    "P8": jax_networks.point_cloud_gan,
    "P9": jax_networks.continuous_flow,
}


def make(case, mode, batch, peer):
    return MAKERS[case](mode, batch, peer)


serve(make, {name: version(name) for name in ("jax", "flowjax", "equinox", "optax", "diffrax")})

"""The peers that run on PyTorch: zuko, nflows and plain networks, eager and through torch.compile.

usage: torch_worker.py THREADS
"""

from importlib.metadata import version

import torch
import torch_flows
import torch_networks
from serve import serve

MAKERS = {
    "P1": torch_flows.coupling_flow,
    "P2": torch_flows.coupling_flow,
    "P4": torch_networks.generator,
}


def make(case, mode, batch, peer):
    torch.manual_seed(1)
    torch.compiler.reset()
    return MAKERS[case](mode, batch, peer)


serve(make, {name: version(name) for name in ("torch", "zuko", "nflows")})

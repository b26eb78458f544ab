"""The peers that run on PyTorch: zuko, nflows and plain networks, eager and through torch.compile.

usage: torch_worker.py THREADS [DEVICE]
"""

from importlib.metadata import version

import torch
import torch_clouds
import torch_flows
import torch_images
import torch_limits
import torch_networks
import torch_showers
from serve import serve
from torch_setup import DEVICE

MAKERS = {
    "limit": torch_limits.limit,
    "P1": torch_flows.coupling_flow,
    "P2": torch_flows.coupling_flow,
    "P3": torch_flows.autoregressive_flow,
    "P4": torch_networks.generator,
    "P4.gan": torch_networks.gan,
    "P5": torch_showers.calogan,
    "P6": torch_images.wasserstein_gan,
    "P7": torch_images.voxel_autoencoder,
    "P8": torch_clouds.point_cloud_gan,
    "P9": torch_networks.continuous_flow,
}


def make(case, mode, batch, peer):
    torch.manual_seed(1)
    torch.compiler.reset()
    with torch.device(DEVICE):
        return MAKERS[case](mode, batch, peer)


serve(make, {name: version(name) for name in ("torch", "zuko", "nflows")})

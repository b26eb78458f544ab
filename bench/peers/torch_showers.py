"""P5 in PyTorch: the generator of CaloGAN (arXiv:1712.10321), as models/adversarial/calogan has it.

Three layers of 3x96, 12x12 and 12x6 cells; in each a dense layer, a convolution and two locally connected
layers make an image, in which that of the layer before is blended.
"""

import math

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu, pad
from torch_setup import Normal, compiled, inference, parameters_of

GRIDS, LATENT, CHANNELS = ((3, 96), (12, 12), (12, 6)), 1024, (36, 16, 6)
SLOPE, SOFTNESS, INCIDENT, RESPONSE_HIDDEN = 0.3, 1e-5, 50.0, 64


class LocallyConnected(nn.Module):
    """A convolution with weights of its own at every place, as one product of matrices for each."""

    def __init__(self, inputs, outputs, kernel, grid):
        super().__init__()
        self.kernel, self.grid = kernel, grid
        places = grid[0] * grid[1]
        taps = inputs * kernel**2
        self.weight = nn.Parameter(torch.randn(places, taps, outputs) / taps**0.5)
        self.bias = nn.Parameter(torch.zeros(places, 1, outputs))

    def forward(self, image):
        columns = nn.functional.unfold(image, self.kernel).permute(2, 0, 1)
        return (
            torch.baddbmm(self.bias, columns, self.weight).permute(1, 2, 0).unflatten(2, self.grid)
        )


class Stream(nn.Module):
    def __init__(self, grid, attention):
        super().__init__()
        self.grid = grid
        margin = len(CHANNELS) - 1
        self.first = (CHANNELS[0], grid[0] + margin, grid[1] + margin)
        self.dense = nn.Linear(LATENT, math.prod(self.first))
        self.convolution = nn.Conv2d(CHANNELS[0], CHANNELS[1], 2)
        self.local = nn.ModuleList(
            LocallyConnected(inputs, outputs, 2, (grid[0] + left, grid[1] + left))
            for inputs, outputs, left in ((CHANNELS[1], CHANNELS[2], 1), (CHANNELS[2], 1, 0))
        )
        self.attention = LocallyConnected(2, 1, 3, grid) if attention else None

    def forward(self, latent, before):
        image = self.dense(latent).unflatten(1, self.first)
        image = self.convolution(pad(image, (0, 1, 0, 1)))
        for local in self.local:
            image = local(leaky_relu(image, SLOPE))
        if self.attention is None:
            return image
        before = resized(before, self.grid)
        share = torch.sigmoid(self.attention(pad(torch.cat([image, before], 1), (1, 1, 1, 1))))
        return before + share * (image - before)


def resized(image, grid):
    """Means of whole cells, and values between the centres of cells where they are not whole."""
    factors = [a // b if a % b == 0 else 1 for a, b in zip(image.shape[2:], grid, strict=True)]
    if max(factors) > 1:
        image = avg_pool2d(image, factors)
    if tuple(image.shape[2:]) == grid:
        return image
    return interpolate(image, grid, mode="bilinear", align_corners=False)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.energy = nn.Linear(1, 2 * LATENT)
        self.streams = nn.ModuleList(Stream(grid, i > 0) for i, grid in enumerate(GRIDS))
        self.response = nn.Sequential(
            nn.Linear(LATENT, RESPONSE_HIDDEN), nn.LeakyReLU(), nn.Linear(RESPONSE_HIDDEN, 1)
        )

    def forward(self, latent, incident):
        scale, shift = self.energy(torch.log(incident / INCIDENT)).chunk(2, dim=1)
        latent = latent * (scale + 1) + shift
        images, image = [], None
        for stream in self.streams:
            image = stream(latent, image)
            images.append(torch.relu(image).flatten(1))
        shares = SOFTNESS * torch.expm1(torch.cat(images, 1) * math.log1p(1 / SOFTNESS))
        cells = incident * shares
        total = incident * torch.clamp(0.8 + 0.05 * self.response(latent), min=1e-3)
        return cells * (total / torch.clamp(cells.sum(1, keepdim=True), min=1e-9))


def calogan(mode, batch, peer):
    assert mode == "sample"
    network = Generator().eval()
    incident = torch.full((batch, 1), INCIDENT)
    run = compiled(network, peer)
    return inference(run, Normal((batch, LATENT)), incident, peer=peer), parameters_of(network)

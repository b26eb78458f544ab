"""P5 in PyTorch: CaloGAN (arXiv:1712.10321), as models/adversarial/calogan has it.

Three layers of 3x96, 12x12 and 12x6 cells. In the generator a dense layer, a convolution and two locally
connected layers make an image of each, in which that of the layer before is blended; in the critic a
convolution and three locally connected layers read it. Its training is that by default: the non-saturating
loss, minibatch discrimination, and the distance of the energies.

Images behind a convolution lie place by place, (height, width, rows, channels), so that a locally connected
layer is one product of matrices for each place.
"""

import math

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu, pad, softplus
from torch_setup import Normal, adam, compiled, inference, parameters_of, take_turns, training

GRIDS, LATENT, CHANNELS = ((3, 96), (12, 12), (12, 6)), 1024, (36, 16, 6)
CELLS = [height * width for height, width in GRIDS]
CRITIC_CHANNELS, CRITIC_HIDDEN, MINIBATCH, MINIBATCH_DIMENSIONS = (64, 16, 8, 8), 256, 10, 5
SLOPE, SOFTNESS, INCIDENT, RESPONSE_HIDDEN = 0.3, 1e-5, 50.0, 64
SCALE = math.log1p(1 / SOFTNESS)
# Of showers: what the preprocessing would have learnt.
RESPONSE_MEAN, RESPONSE_DEVIATION, OBSERVABLE_MEAN, OBSERVABLE_DEVIATION = 0.8, 0.05, 0.5, 0.2


def by_place(images):
    """(rows, channels, height, width) to (height, width, rows, channels)."""
    return images.permute(2, 3, 0, 1)


def by_row(images):
    return images.permute(2, 3, 0, 1)


class LocallyConnected(nn.Module):
    """A convolution with weights of its own at every place; the margin is zeros on all sides."""

    def __init__(self, inputs, outputs, kernel, grid, margin=0):
        super().__init__()
        self.kernel, self.grid, self.margin = kernel, grid, margin
        places = grid[0] * grid[1]
        taps = inputs * kernel**2
        self.weight = nn.Parameter(torch.randn(places, taps, outputs) / taps**0.5)
        self.bias = nn.Parameter(torch.zeros(places, 1, outputs))

    def forward(self, image):
        image = pad(image, (0, 0, 0, 0, *(2 * (self.margin,)), *(2 * (self.margin,))))
        height, width = self.grid
        taps = [
            image[i : i + height, j : j + width]
            for i in range(self.kernel)
            for j in range(self.kernel)
        ]
        columns = torch.cat(taps, dim=3).flatten(0, 1)
        return torch.baddbmm(self.bias, columns, self.weight).unflatten(0, self.grid)


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
        self.attention = LocallyConnected(2, 1, 3, grid, margin=1) if attention else None

    def forward(self, latent, before):
        image = self.dense(latent).unflatten(1, self.first)
        image = by_place(self.convolution(pad(image, (0, 1, 0, 1))))
        for local in self.local:
            image = local(leaky_relu(image, SLOPE))
        if self.attention is None:
            return image
        before = by_place(resized(by_row(before), self.grid))
        share = torch.sigmoid(self.attention(torch.cat([image, before], 3)))
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
    """Energies of cells, (rows, cells)."""

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
            images.append(torch.relu(by_row(image)).flatten(1))
        cells = incident * SOFTNESS * torch.expm1(torch.cat(images, 1) * SCALE)
        response = RESPONSE_MEAN + RESPONSE_DEVIATION * self.response(latent)
        total = incident * torch.clamp(response, min=1e-3)
        return cells * (total / torch.clamp(cells.sum(1, keepdim=True), min=1e-9))


class CriticStream(nn.Module):
    def __init__(self, grid):
        super().__init__()
        self.grid = grid
        self.convolution = nn.Conv2d(1, CRITIC_CHANNELS[0], 2)
        self.local = nn.ModuleList(
            LocallyConnected(inputs, outputs, 3, grid, margin=1)
            for inputs, outputs in zip(CRITIC_CHANNELS, CRITIC_CHANNELS[1:], strict=False)
        )

    def forward(self, cells):
        image = cells.unflatten(1, (1, *self.grid))
        image = by_place(self.convolution(pad(image, (0, 1, 0, 1))))
        for local in self.local:
            image = local(leaky_relu(image, SLOPE))
        return leaky_relu(by_row(image), SLOPE).flatten(1)


class Critic(nn.Module):
    """Scores of energies of cells, given those of the particles."""

    def __init__(self):
        super().__init__()
        self.streams = nn.ModuleList(CriticStream(grid) for grid in GRIDS)
        observables = 2 * len(GRIDS) + 2
        self.joined = nn.Linear(sum(CELLS) * CRITIC_CHANNELS[-1] + observables + 1, CRITIC_HIDDEN)
        units = MINIBATCH * MINIBATCH_DIMENSIONS
        self.minibatch = nn.Linear(CRITIC_HIDDEN, units, bias=False)
        self.score = nn.Linear(CRITIC_HIDDEN + MINIBATCH, 1)

    def forward(self, cells, incident):
        shares = cells / incident
        layers = shares.split(CELLS, dim=1)
        sums = torch.cat([layer.sum(1, keepdim=True) for layer in layers], dim=1)
        occupancies = [(layer / (layer + SOFTNESS)).mean(1, keepdim=True) for layer in layers]
        observables = torch.cat([torch.log1p(sums / SOFTNESS) / SCALE, *occupancies], dim=1)
        response = (shares.sum(1, keepdim=True) - RESPONSE_MEAN) / RESPONSE_DEVIATION
        joined = [
            stream(torch.log1p(layer / SOFTNESS) / SCALE)
            for stream, layer in zip(self.streams, layers, strict=True)
        ]
        joined += [(observables - OBSERVABLE_MEAN) / OBSERVABLE_DEVIATION, response, response.abs()]
        joined.append(torch.log(incident / INCIDENT))
        hidden = leaky_relu(self.joined(torch.cat(joined, dim=1)), SLOPE)
        points = self.minibatch(hidden).unflatten(1, (MINIBATCH, MINIBATCH_DIMENSIONS))
        closeness = torch.exp(-(points[:, None] - points[None]).abs().sum(3)).mean(1)
        return self.score(torch.cat([hidden, closeness], dim=1))


def calogan(mode, batch, peer):
    generator, critic = Generator(), Critic()
    count = parameters_of(generator, critic)
    latent = Normal((batch, LATENT))
    incident = INCIDENT + torch.randn(batch, 1).abs()
    if mode == "sample":
        run = compiled(generator.eval(), peer)
        return inference(run, latent, incident, peer=peer), count

    showers = incident * torch.randn(batch, sum(CELLS)).abs() / sum(CELLS)

    def critic_loss(showers, incident, latent):
        with torch.no_grad():
            made = generator(latent, incident)
        scores = softplus(-critic(showers, incident)) + softplus(critic(made, incident))
        return scores.mean()

    def generator_loss(_, incident, latent):
        made = generator(latent, incident)
        energy = made.sum(1, keepdim=True) / (RESPONSE_MEAN * incident)
        return (softplus(-critic(made, incident)) + (energy - 1).abs()).mean()

    step = take_turns(
        (compiled(critic_loss, peer), critic, adam(critic)),
        (compiled(generator_loss, peer), generator, adam(generator)),
    )
    return training(step, showers, incident, latent, peer=peer), count

"""The plain networks in PyTorch."""

from itertools import pairwise

import torch
from torch import nn
from torch_setup import Normal, compiled, inference, parameters_of

GENERATOR = (64, 256, 512, 504)
# With hidden layers of one width, as the architecture gan has them.
GAN_GENERATOR, GAN_CRITIC = (64, 384, 384, 504), (504, 256, 256, 256, 1)


def perceptron(widths, activation=nn.ReLU):
    """Linear layers with an activation between them, none behind the last."""
    layers = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), activation()]
    return nn.Sequential(*layers[:-1])


def generator(mode, batch, peer):
    """P4: latent vectors to 504 voxels. Castalia's network is given them, too."""
    network = perceptron(GENERATOR).eval()
    z = torch.randn(batch, GENERATOR[0])
    return inference(compiled(network, peer), z, peer=peer), parameters_of(network)


def gan(mode, batch, peer):
    """P4.gan: the same from the architecture gan, whose critic counts among its parameters."""
    network = perceptron(GAN_GENERATOR).eval()
    z = Normal((batch, GAN_GENERATOR[0]))
    count = parameters_of(network, perceptron(GAN_CRITIC))
    return inference(compiled(network, peer), z, peer=peer), count


class Velocity(nn.Module):
    """P9: 13-256-256-256-256-12 with SiLU; the last input is the time."""

    def __init__(self):
        super().__init__()
        self.network = perceptron((13, 256, 256, 256, 256, 12), nn.SiLU)

    def forward(self, time, x):
        return self.network(torch.cat([x, time.expand(len(x), 1)], dim=1))


def continuous_flow(mode, batch, peer):
    """25 steps of the classical Runge-Kutta method, which zuko's adaptive solver does not offer."""
    steps, velocity = 25, Velocity().eval()
    h = 1 / steps

    def step(time, x):
        k1 = velocity(time, x)
        k2 = velocity(time + h / 2, x + h / 2 * k1)
        k3 = velocity(time + h / 2, x + h / 2 * k2)
        k4 = velocity(time + h, x + h * k3)
        return x + h / 6 * (k1 + 2 * (k2 + k3) + k4)

    step = compiled(step, peer)
    times = [torch.tensor(i * h) for i in range(steps)]

    def sample(x):
        for time in times:
            x = step(time, x)
        return x

    return inference(sample, Normal((batch, 12)), peer=peer), parameters_of(velocity)

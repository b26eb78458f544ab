"""P8 in PyTorch: EPiC-GAN, arXiv:2301.08128, as models/adversarial/epic_gan has it.

150 places of 3 features and a mask, 10 global features, 128 wide, 6 EPiC layers in the generator and 3 in
the critic, leaky ReLU, sums times 0.01, normalised weights. Every place holds a particle, which neither
side makes use of. A linear layer on particles beside global features computes the part of the latter once
a cloud; for sampling the weights' normalisation is folded in.
"""

import math

import torch
from torch import nn
from torch.nn.functional import leaky_relu, linear
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.parametrize import remove_parametrizations
from torch_setup import Normal, adam, compiled, inference, parameters_of, take_turns, training

POINTS, FEATURES, GLOBAL, HIDDEN, SUM_SCALE = 150, 3, 10, 128, 0.01


def dense(inputs, outputs):
    layer = weight_norm(nn.Linear(inputs, outputs))
    nn.init.zeros_(layer.bias)
    nn.init.constant_(layer.parametrizations.weight.original0, 1 / math.sqrt(3))
    return layer


def folded(network):
    """Its weights as they are, without directions and lengths."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            remove_parametrizations(layer, "weight")
    return network


def pooled(particles, mask):
    total = particles.sum(1)
    return torch.cat([total / mask.sum(1).clamp(min=1), total * SUM_SCALE], dim=1)


class Epic(nn.Module):
    def __init__(self):
        super().__init__()
        self.global_0 = dense(2 * HIDDEN + GLOBAL, HIDDEN)
        self.global_1 = dense(HIDDEN, GLOBAL)
        self.particles_0 = dense(HIDDEN + GLOBAL, HIDDEN)
        self.particles_1 = dense(HIDDEN, HIDDEN)

    def forward(self, particles, of_all, mask):
        seen = leaky_relu(self.global_0(torch.cat([pooled(particles, mask), of_all], dim=1)))
        of_all = leaky_relu(self.global_1(seen) + of_all)
        own, from_global = self.particles_0.weight.split((HIDDEN, GLOBAL), dim=1)
        known = linear(of_all, from_global, self.particles_0.bias)
        seen = leaky_relu(linear(particles, own) + known.unsqueeze(1))
        return leaky_relu(self.particles_1(seen) + particles) * mask, of_all


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.particles_in = dense(FEATURES, HIDDEN)
        self.global_in_0 = dense(GLOBAL, HIDDEN)
        self.global_in_1 = dense(HIDDEN, GLOBAL)
        self.epics = nn.ModuleList(Epic() for _ in range(6))
        self.out = dense(HIDDEN, FEATURES)

    def forward(self, particles, of_all, mask):
        first = particles = leaky_relu(self.particles_in(particles)) * mask
        first_of_all = of_all = leaky_relu(self.global_in_1(leaky_relu(self.global_in_0(of_all))))
        for epic in self.epics:
            particles, of_all = epic(particles, of_all, mask)
            particles, of_all = particles + first, of_all + first_of_all
        return self.out(particles) * mask


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.particles_in_0 = dense(FEATURES, HIDDEN)
        self.particles_in_1 = dense(HIDDEN, HIDDEN)
        self.global_in_0 = dense(2 * HIDDEN, HIDDEN)
        self.global_in_1 = dense(HIDDEN, GLOBAL)
        self.epics = nn.ModuleList(Epic() for _ in range(3))
        self.out_0 = dense(2 * HIDDEN + GLOBAL, HIDDEN)
        self.out_1 = dense(HIDDEN, HIDDEN)
        self.score = dense(HIDDEN, 1)

    def forward(self, particles, mask):
        particles = leaky_relu(self.particles_in_0(particles))
        particles = leaky_relu(self.particles_in_1(particles) + particles) * mask
        of_all = leaky_relu(self.global_in_0(pooled(particles, mask)))
        of_all = leaky_relu(self.global_in_1(of_all))
        for epic in self.epics:
            particles, of_all = epic(particles, of_all, mask)
        seen = leaky_relu(self.out_0(torch.cat([pooled(particles, mask), of_all], dim=1)))
        return self.score(leaky_relu(self.out_1(seen) + seen))


def point_cloud_gan(mode, batch, peer):
    generator, critic = Generator(), Critic()
    count = parameters_of(generator, critic)
    noise = Normal((batch, POINTS, FEATURES)), Normal((batch, GLOBAL))
    mask = torch.ones(batch, POINTS, 1)
    if mode == "sample":
        run = compiled(folded(generator.eval()), peer)
        return inference(run, *noise, mask, peer=peer), count

    jets = torch.randn(batch, POINTS, FEATURES)

    def critic_loss(jets, mask, *noise):
        with torch.no_grad():
            fake = generator(*noise, mask)
        errors = (critic(jets, mask) - 1).square() + critic(fake, mask).square()
        return 0.5 * errors.mean()

    def generator_loss(_, mask, *noise):
        return 0.5 * (critic(generator(*noise, mask), mask) - 1).square().mean()

    step = take_turns(
        (compiled(critic_loss, peer), critic, adam(critic)),
        (compiled(generator_loss, peer), generator, adam(generator)),
    )
    return training(step, jets, mask, *noise, peer=peer), count

"""P8 in PyTorch: EPiC-GAN, arXiv:2301.08128, as bench/networks/point_cloud_gan.cc has it.

150 points of 3 features, 10 global features, 128 wide, 6 EPiC layers in the generator and 3 in the
discriminator, leaky ReLU, sums times 0.01. The weights' normalisation is left out on all sides. A
linear layer on particles beside global features computes the part of the latter once a cloud.
"""

import torch
from torch import nn
from torch.nn.functional import leaky_relu
from torch_setup import Normal, adam, compiled, inference, parameters_of, training

POINTS, FEATURES, GLOBAL, HIDDEN, SUM_SCALE = 150, 3, 10, 128, 0.01


def pooled(particles):
    total = particles.sum(1)
    return torch.cat([total / POINTS, total * SUM_SCALE], dim=1)


class Epic(nn.Module):
    def __init__(self):
        super().__init__()
        self.global_0 = nn.Linear(2 * HIDDEN + GLOBAL, HIDDEN)
        self.global_1 = nn.Linear(HIDDEN, GLOBAL)
        self.from_global = nn.Linear(GLOBAL, HIDDEN)
        self.particles_0 = nn.Linear(HIDDEN, HIDDEN, bias=False)
        self.particles_1 = nn.Linear(HIDDEN, HIDDEN)

    def forward(self, particles, of_all):
        seen = leaky_relu(self.global_0(torch.cat([pooled(particles), of_all], dim=1)))
        of_all = leaky_relu(self.global_1(seen) + of_all)
        seen = leaky_relu(self.particles_0(particles) + self.from_global(of_all).unsqueeze(1))
        return leaky_relu(self.particles_1(seen) + particles), of_all


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.particles_in = nn.Linear(FEATURES, HIDDEN)
        self.global_in_0 = nn.Linear(GLOBAL, HIDDEN)
        self.global_in_1 = nn.Linear(HIDDEN, GLOBAL)
        self.epics = nn.ModuleList(Epic() for _ in range(6))
        self.out = nn.Linear(HIDDEN, FEATURES)

    def forward(self, particles, of_all):
        particles = leaky_relu(self.particles_in(particles))
        of_all = leaky_relu(self.global_in_1(leaky_relu(self.global_in_0(of_all))))
        for epic in self.epics:
            particles, of_all = epic(particles, of_all)
        return self.out(particles)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.particles_in_0 = nn.Linear(FEATURES, HIDDEN)
        self.particles_in_1 = nn.Linear(HIDDEN, HIDDEN)
        self.global_in_0 = nn.Linear(2 * HIDDEN, HIDDEN)
        self.global_in_1 = nn.Linear(HIDDEN, GLOBAL)
        self.epics = nn.ModuleList(Epic() for _ in range(3))
        self.out_0 = nn.Linear(2 * HIDDEN + GLOBAL, HIDDEN)
        self.out_1 = nn.Linear(HIDDEN, 1)

    def forward(self, particles):
        particles = leaky_relu(self.particles_in_1(leaky_relu(self.particles_in_0(particles))))
        of_all = leaky_relu(self.global_in_1(leaky_relu(self.global_in_0(pooled(particles)))))
        for epic in self.epics:
            particles, of_all = epic(particles, of_all)
        return self.out_1(leaky_relu(self.out_0(torch.cat([pooled(particles), of_all], dim=1))))


def point_cloud_gan(mode, batch, peer):
    generator = Generator()
    noise = Normal((batch, POINTS, FEATURES)), Normal((batch, GLOBAL))
    if mode == "sample":
        run = compiled(generator.eval(), peer)
        return inference(run, *noise, peer=peer), parameters_of(generator)

    discriminator = Discriminator()
    jets = torch.randn(batch, POINTS, FEATURES)
    generator_adam, discriminator_adam = adam(generator), adam(discriminator)

    def discriminator_loss(jets, *noise):
        with torch.no_grad():
            fake = generator(*noise)
        return (discriminator(jets) - 1).square().mean() + discriminator(fake).square().mean()

    def generator_loss(_, *noise):
        return (discriminator(generator(*noise)) - 1).square().mean()

    losses = [
        (compiled(discriminator_loss, peer), discriminator, discriminator_adam),
        (compiled(generator_loss, peer), generator, generator_adam),
    ]

    def step(*jets_and_noise):
        for loss, module, optimiser in losses:
            # The other network's weights need no gradient.
            for network in (generator, discriminator):
                network.requires_grad_(network is module)
            optimiser.zero_grad(set_to_none=True)
            loss(*jets_and_noise).backward()
            optimiser.step()

    return training(step, jets, *noise, peer=peer), parameters_of(generator, discriminator)

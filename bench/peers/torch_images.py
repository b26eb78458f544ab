"""P6 and P7 in PyTorch: convolutional networks, as dcgan and bench/networks have them.

Images lie channels-last, which PyTorch's convolutions on processors are fastest with. torch.compile
does not differentiate twice, so P6 runs eager.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import leaky_relu
from torch_setup import adam, compiled, parameters_of, take_turns

LATENT, BASE, CHANNELS, PENALTY = 128, 64, 3, 10.0


class Generator(nn.Sequential):
    """128 numbers to images of 32 x 32: linear to 4 x 4 x 256, then three transposed convolutions."""

    def __init__(self):
        layers = [nn.Linear(LATENT, 16 * 4 * BASE, bias=False), nn.Unflatten(1, (4 * BASE, 4, 4))]
        layers += [nn.BatchNorm2d(4 * BASE), nn.ReLU()]
        for inputs in (4 * BASE, 2 * BASE):
            layers += [
                nn.ConvTranspose2d(inputs, inputs // 2, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(inputs // 2),
                nn.ReLU(),
            ]
        super().__init__(*layers, nn.ConvTranspose2d(BASE, CHANNELS, 4, stride=2, padding=1))


class Critic(nn.Module):
    """Three convolutions of stride 2 and a linear layer; no normalisation, leaky ReLU of 0.2."""

    def __init__(self):
        super().__init__()
        widths = (CHANNELS, BASE, 2 * BASE, 4 * BASE)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in pairwise(widths)
        )
        self.out = nn.Linear(16 * 4 * BASE, 1)

    def forward(self, images):
        for convolution in self.convolutions:
            images = leaky_relu(convolution(images), 0.2)
        return self.out(images.flatten(1))


def wasserstein_gan(mode, batch, peer):
    """P6: a step of the critic with the gradient penalty (arXiv:1704.00028), then one of the generator."""
    generator = Generator().to(memory_format=torch.channels_last)
    critic = Critic().to(memory_format=torch.channels_last)
    z = torch.randn(batch, LATENT)
    real = torch.randn(batch, CHANNELS, 32, 32).to(memory_format=torch.channels_last)
    mix = torch.randn(batch, 1, 1, 1)

    def critic_loss():
        with torch.no_grad():
            fake = generator(z)
        between = (fake + mix * (real - fake)).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        norm = (slope.square().sum((1, 2, 3)) + 1e-12).sqrt()
        return critic(fake).mean() - critic(real).mean() + PENALTY * (norm - 1).square().mean()

    def generator_loss():
        return -critic(generator(z)).mean()

    step = take_turns(
        (critic_loss, critic, adam(critic)), (generator_loss, generator, adam(generator))
    )
    # Castalia counts the running statistics among its parameters.
    running = sum(
        2 * layer.num_features for layer in generator if isinstance(layer, nn.BatchNorm2d)
    )
    return step, parameters_of(generator, critic) + running


class Autoencoder(nn.Module):
    """30 x 30 x 30 voxels to 32 latent variables and back by convolutions of stride 2."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv3d(1, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv3d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv3d(32, 64, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * 64, 2 * 32),
        )
        self.decoder = nn.Sequential(
            nn.Linear(32, 64 * 64),
            nn.ReLU(),
            nn.Unflatten(1, (64, 4, 4, 4)),
            nn.ConvTranspose3d(64, 32, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose3d(32, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose3d(16, 1, 4, stride=2, padding=1),
        )

    def forward(self, voxels, noise):
        mean, log_variance = self.encoder(voxels).chunk(2, dim=1)
        latent = mean + noise * (0.5 * log_variance).exp()
        divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(1).mean()
        return (self.decoder(latent) - voxels).square().sum((1, 2, 3, 4)).mean() + divergence


def voxel_autoencoder(mode, batch, peer):
    """P7: a step of training."""
    network = Autoencoder().to(memory_format=torch.channels_last_3d)
    optimiser = adam(network)
    voxels = torch.randn(batch, 1, 30, 30, 30).to(memory_format=torch.channels_last_3d)
    noise = torch.randn(batch, 32)
    loss = compiled(network, peer)

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss(voxels, noise).backward()
        optimiser.step()

    return step, parameters_of(network)

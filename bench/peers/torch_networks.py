"""The plain networks in PyTorch."""

import torch
from torch import nn
from torch_setup import compiled, inference, parameters_of

GENERATOR = (64, 256, 512, 504)


def perceptron(widths, activation=nn.ReLU):
    """Linear layers with an activation between them, none behind the last."""
    layers = []
    for inputs, outputs in zip(widths[:-1], widths[1:]):
        layers += [nn.Linear(inputs, outputs), activation()]
    return nn.Sequential(*layers[:-1])


def generator(mode, batch, peer):
    """P4: latent vectors to 504 voxels."""
    network = perceptron(GENERATOR).eval()
    z = torch.randn(batch, GENERATOR[0])
    run = compiled(network, peer)
    return inference(lambda: run(z)), parameters_of(network)

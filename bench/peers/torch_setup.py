"""What every workload in PyTorch shares: its settings, and how a repetition is made."""

import sys

import torch

# The number of threads is the worker's only argument.
THREADS = int(sys.argv[1])
torch.set_num_threads(THREADS)
torch.set_num_interop_threads(1)
# Checks of arguments cost time and make torch.compile leave the graph.
torch.distributions.Distribution.set_default_validate_args(False)


def compiled(function, peer):
    """The function through torch.compile where the peer's name asks for it."""
    return torch.compile(function, dynamic=False) if peer.endswith(".compile") else function


def parameters_of(*modules):
    return sum(p.numel() for module in modules for p in module.parameters())


def inference(function):
    """A repetition without the record that gradients need."""

    def repetition():
        with torch.no_grad():
            function()

    return repetition


def adam(module, **options):
    return torch.optim.Adam(module.parameters(), fused=True, **options)

"""What a GPU gives at most, by PyTorch: products, its memory, and the bus to the host."""

import torch
from torch_setup import inference

MEGABYTE = 1 << 20


def limit(mode, size, peer):
    """A product of two square matrices of `size` rows, or so many megabytes moved within the device's
    memory; with @host, from the host and back."""
    del peer
    if mode == "product":
        a, b = torch.randn(size, size), torch.randn(size, size)
        return inference(torch.mm, a, b), 0
    x = torch.ones(size * MEGABYTE // 4)
    return inference(torch.neg, x), 0

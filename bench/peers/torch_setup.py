"""What every workload in PyTorch shares: its settings, and how a repetition is made."""

import sys
from dataclasses import dataclass

import torch
from serve import steps_of

# What a worker is started with: the number of threads, and the device where it is not the processor.
THREADS = int(sys.argv[1])
DEVICE = torch.device(sys.argv[2] if len(sys.argv) > 2 else "cpu")
ON_GPU = DEVICE.type == "cuda"
torch.set_num_threads(THREADS)
torch.set_num_interop_threads(1)
# Products of float32 in float32, as on the other sides.
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
# Checks of arguments cost time and make torch.compile leave the graph.
torch.distributions.Distribution.set_default_validate_args(False)

WARM_UPS_BEFORE_CAPTURE = 3


@dataclass(frozen=True)
class Normal:
    """An argument of standard normal numbers, drawn in every repetition, as they are when one samples."""

    shape: tuple[int, ...]

    def drawn(self):
        return torch.randn(self.shape, device=DEVICE)


def compiled(function, peer):
    """The function through torch.compile where the peer's name asks for it."""
    return torch.compile(function, dynamic=False) if peer.endswith(".compile") else function


def parameters_of(*modules):
    return sum(p.numel() for module in modules for p in module.parameters())


class Repetition:
    """So many calls of function(*arguments), complete when it returns.

    On a GPU the peers named .graph and .compile are captured as a CUDA graph by the first call.
    """

    def __init__(self, function, arguments, peer, steps=1):
        self.steps = steps
        self._graph = ON_GPU and peer.endswith((".graph", ".compile"))
        self._launch = None
        self._result = None  # on the host, where the next one goes
        self._given = [a for a in arguments if not isinstance(a, Normal)]
        self._on_host = [torch.from_numpy(a.numpy(force=True)) for a in self._given]
        self._call = lambda: function(
            *(a.drawn() if isinstance(a, Normal) else a for a in arguments)
        )

    def __call__(self):
        """With arguments and results that stay where the network is."""
        launch = self._launch or self._prepare()
        for _ in range(self.steps):
            launch()
        if ON_GPU:
            torch.cuda.synchronize()

    def from_host(self):
        """From NumPy arrays, and to one where the function gives something."""
        launch = self._launch or self._prepare()
        for _ in range(self.steps):
            for place, value in zip(self._given, self._on_host, strict=True):
                place.copy_(value)
            result = launch()
        if result is None:
            if ON_GPU:
                torch.cuda.synchronize()
            return
        if self._result is None:
            self._result = torch.from_numpy(result.numpy(force=True).copy())
        self._result.copy_(result)

    def _prepare(self):
        self._launch = self._captured() if self._graph else self._call
        return self._launch

    def _captured(self):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UPS_BEFORE_CAPTURE):
                self._call()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = self._call()

        def replay():
            graph.replay()
            return result

        return replay


def inference(function, *arguments, peer=""):
    """A repetition without the record that gradients need; the function gives one array."""

    def without_gradients(*given):
        with torch.no_grad():
            return function(*given)

    return Repetition(without_gradients, arguments, peer)


def training(step, *arguments, peer=""):
    """A repetition of step(*arguments), which gives nothing."""
    return Repetition(step, arguments, peer, steps_of(DEVICE.type))


def take_turns(*sides):
    """A step of training for each (loss, network, optimiser), one after another: those of a GAN. The
    losses take the step's arguments."""
    networks = [network for _, network, _ in sides]

    def step(*arguments):
        for loss, trained, optimiser in sides:
            # The other networks' weights need no gradient.
            for network in networks:
                network.requires_grad_(network is trained)
            optimiser.zero_grad(set_to_none=True)
            loss(*arguments).backward()
            optimiser.step()

    return step


def adam(module, **options):
    return torch.optim.Adam(module.parameters(), fused=True, capturable=ON_GPU, **options)

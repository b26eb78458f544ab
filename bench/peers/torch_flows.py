"""Coupling flows of rational-quadratic splines in zuko and nflows.

The architecture is Castalia's coupling_flow with its defaults: 12 features, 8 couplings that keep 6
features and map the other 6 in turn, conditioners 6-128-128-138 with ReLU, 8 bins on [-5, 5],
linear tails, a normal base.
"""

import math
from functools import partial

import torch
from torch import nn
from torch_networks import perceptron
from torch_setup import adam, compiled, inference, parameters_of, training

FEATURES, LAYERS, HIDDEN, BINS, BOUND = 12, 8, 128, 8, 5.0


def alternating(layer):
    """Which features a coupling keeps: halves that swap."""
    kept = torch.arange(FEATURES) < FEATURES // 2
    return kept if layer % 2 == 0 else ~kept


def zuko_flow():
    import zuko

    couplings = [
        zuko.flows.GeneralCouplingTransform(
            FEATURES,
            mask=alternating(layer),
            univariate=partial(zuko.transforms.MonotonicRQSTransform, bound=BOUND),
            shapes=[(BINS,), (BINS,), (BINS - 1,)],
            hidden_features=(HIDDEN, HIDDEN),
        )
        for layer in range(LAYERS)
    ]
    base = zuko.lazy.UnconditionalDistribution(
        zuko.distributions.DiagNormal, torch.zeros(FEATURES), torch.ones(FEATURES), buffer=True
    )
    return zuko.lazy.Flow(couplings, base)


def nflows_flow():
    import nflows.distributions
    import nflows.flows
    import nflows.transforms

    class Conditioner(torch.nn.Sequential):
        # The name under which nflows looks for the width, to scale the widths and heights by.
        hidden_features = HIDDEN

        def __init__(self, inputs, outputs):
            super().__init__(
                torch.nn.Linear(inputs, HIDDEN),
                torch.nn.ReLU(),
                torch.nn.Linear(HIDDEN, HIDDEN),
                torch.nn.ReLU(),
                torch.nn.Linear(HIDDEN, outputs),
            )

        def forward(self, inputs, context=None):
            return super().forward(inputs)

    couplings = [
        nflows.transforms.PiecewiseRationalQuadraticCouplingTransform(
            mask=(~alternating(layer)).int(),
            transform_net_create_fn=Conditioner,
            num_bins=BINS,
            tails="linear",
            tail_bound=BOUND,
        )
        for layer in range(LAYERS)
    ]
    return nflows.flows.Flow(
        nflows.transforms.CompositeTransform(couplings),
        nflows.distributions.StandardNormal([FEATURES]),
    )


class PlainFlow(nn.Module):
    """The same with zuko's splines and nothing around them: halves are cut and joined without indices,
    so that it can be captured as a CUDA graph."""

    def __init__(self):
        super().__init__()
        half = FEATURES // 2
        self.conditioners = nn.ModuleList(
            perceptron((half, HIDDEN, HIDDEN, half * (3 * BINS - 1))) for _ in range(LAYERS)
        )
        self.register_buffer("zero", torch.zeros(()))

    def spline(self, conditioner, kept):
        from zuko.transforms import MonotonicRQSTransform

        numbers = conditioner(kept).unflatten(-1, (FEATURES // 2, 3 * BINS - 1))
        return MonotonicRQSTransform(*numbers.split((BINS, BINS, BINS - 1), dim=-1), bound=BOUND)

    def log_prob(self, x):
        kept, moved = x.chunk(2, dim=-1)
        log_det = 0
        for conditioner in self.conditioners:
            moved, new = self.spline(conditioner, kept).call_and_ladj(moved)
            log_det = log_det + new.sum(-1)
            kept, moved = moved, kept
        z = torch.cat([kept, moved], dim=-1)
        return log_det - 0.5 * z.square().sum(-1) - 0.5 * FEATURES * math.log(2 * math.pi)

    def sample(self, batch):
        z = torch.randn(batch, FEATURES, device=self.zero.device)
        kept, moved = z.chunk(2, dim=-1)
        for conditioner in reversed(self.conditioners):
            kept, moved = moved, kept
            moved = self.spline(conditioner, kept)._inverse(moved)
        return torch.cat([kept, moved], dim=-1)


def coupling_flow(mode, batch, peer):
    library = peer.split(".")[0]
    flow = {"zuko": zuko_flow, "nflows": nflows_flow, "torch": PlainFlow}[library]()
    x = torch.randn(batch, FEATURES)
    if library == "zuko":
        log_prob = compiled(lambda x: flow().log_prob(x), peer)
        sample = compiled(lambda: flow().sample((batch,)), peer)
    else:
        log_prob = compiled(flow.log_prob, peer)
        sample = compiled(lambda: flow.sample(batch), peer)
    if mode == "sample":
        return inference(sample, peer=peer), parameters_of(flow)
    if mode == "log_prob":
        return inference(log_prob, x, peer=peer), parameters_of(flow)

    optimiser = adam(flow)

    def step(x):
        optimiser.zero_grad(set_to_none=True)
        loss = -log_prob(x).mean()
        loss.backward()
        optimiser.step()

    return training(step, x, peer=peer), parameters_of(flow)


SHOWER_CELLS, SHOWER_HIDDEN, SHOWER_LAYERS = 504, 378, 8
# A repetition is so many of the 504 passes through one layer: all of them would take minutes.
SHOWER_PASSES = {1: 16, 128: 16, 1024: 2}


def masked_linear(of_inputs, of_outputs, strict):
    """A linear layer whose outputs see inputs of a lower degree, or as low a one where not strict.

    Its weights are multiplied with the mask once: they do not change.
    """
    layer = nn.Linear(len(of_inputs), len(of_outputs))
    seen = of_outputs[:, None] > of_inputs if strict else of_outputs[:, None] >= of_inputs
    layer.weight.data *= seen
    return layer


def plain_autoregressive_layer():
    """A layer of the teacher as products of dense matrices, for a network that is not trained."""
    cells = torch.arange(1, SHOWER_CELLS + 1)
    hidden = torch.arange(SHOWER_HIDDEN) % (SHOWER_CELLS - 1) + 1
    return nn.Sequential(
        masked_linear(cells, hidden, strict=False),
        nn.ReLU(),
        masked_linear(hidden, hidden, strict=False),
        nn.ReLU(),
        masked_linear(hidden, cells.repeat_interleave(3 * BINS - 1), strict=True),
    )


def autoregressive_flow(mode, batch, peer):
    """CaloFlow's teacher, arXiv:2106.05285: sampling goes through each layer's network once a cell."""
    assert mode == "sample"
    z = torch.randn(batch, SHOWER_CELLS)
    context = torch.zeros(batch, 1)
    if peer == "nflows":
        from nflows.transforms import MaskedPiecewiseRationalQuadraticAutoregressiveTransform

        layer = MaskedPiecewiseRationalQuadraticAutoregressiveTransform(
            SHOWER_CELLS,
            SHOWER_HIDDEN,
            context_features=1,
            num_bins=BINS,
            tails="linear",
            tail_bound=BOUND,
            num_blocks=1,
            use_residual_blocks=False,
        )
        network = (layer,)

        def one_pass(z, x, context):
            return layer._elementwise_inverse(z, layer.autoregressive_net(x, context))[0]

    else:
        from zuko.transforms import MonotonicRQSTransform

        layer = plain_autoregressive_layer()
        context_map = nn.Linear(1, SHOWER_HIDDEN, bias=False)
        network = (layer, context_map)

        def one_pass(z, x, context):
            # What nflows does with the context: its linear map is added to the first hidden layer.
            hidden = layer[0](x) + context_map(context)
            numbers = layer[1:](hidden).unflatten(-1, (SHOWER_CELLS, 3 * BINS - 1))
            spline = MonotonicRQSTransform(*numbers.split((BINS, BINS, BINS - 1), -1), bound=BOUND)
            return spline._inverse(z)

        one_pass = compiled(one_pass, peer)
    passes = SHOWER_PASSES.get(batch, 2)

    def some_passes(z, context):
        # The loop of nflows' AutoregressiveTransform.inverse, cut short.
        x = torch.zeros_like(z)
        for _ in range(passes):
            x = one_pass(z, x, context)
        return x

    parameters = SHOWER_LAYERS * parameters_of(*network)
    repetition = inference(some_passes, z, context, peer=peer)
    return repetition, parameters, SHOWER_LAYERS * SHOWER_CELLS / passes

"""Coupling flows of rational-quadratic splines in zuko and nflows.

The architecture is Castalia's coupling_flow with its defaults: 12 features, 8 couplings that keep 6
features and map the other 6 in turn, conditioners 6-128-128-138 with ReLU, 8 bins on [-5, 5],
linear tails, a normal base.
"""

from functools import partial

import torch
from torch_setup import adam, compiled, inference, parameters_of

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


def coupling_flow(mode, batch, peer):
    library = peer.split(".")[0]
    flow = {"zuko": zuko_flow, "nflows": nflows_flow}[library]()
    x = torch.randn(batch, FEATURES)
    if library == "zuko":
        log_prob = compiled(lambda x: flow().log_prob(x), peer)
        sample = compiled(lambda: flow().sample((batch,)), peer)
    else:
        log_prob = compiled(flow.log_prob, peer)
        sample = compiled(lambda: flow.sample(batch), peer)
    if mode == "sample":
        return inference(sample), parameters_of(flow)
    if mode == "log_prob":
        return inference(lambda: log_prob(x)), parameters_of(flow)

    optimiser = adam(flow)

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss = -log_prob(x).mean()
        loss.backward()
        optimiser.step()

    return step, parameters_of(flow)


SHOWER_CELLS, SHOWER_HIDDEN, SHOWER_LAYERS = 504, 378, 8
# A repetition is so many of the 504 passes through one layer: all of them would take minutes.
SHOWER_PASSES = {1: 16, 128: 16, 1024: 2}


def autoregressive_flow(mode, batch, peer):
    """CaloFlow's teacher, arXiv:2106.05285: sampling goes through each layer's network once a cell."""
    from nflows.transforms import MaskedPiecewiseRationalQuadraticAutoregressiveTransform as Layer

    assert (mode, peer) == ("sample", "nflows")
    layer = Layer(
        SHOWER_CELLS,
        SHOWER_HIDDEN,
        context_features=1,
        num_bins=BINS,
        tails="linear",
        tail_bound=BOUND,
        num_blocks=1,
        use_residual_blocks=False,
    )
    z = torch.randn(batch, SHOWER_CELLS)
    context = torch.zeros(batch, 1)
    passes = SHOWER_PASSES[batch]

    def step():
        # The loop of its AutoregressiveTransform.inverse, cut short.
        x = torch.zeros_like(z)
        for _ in range(passes):
            x, _ = layer._elementwise_inverse(z, layer.autoregressive_net(x, context))

    parameters = SHOWER_LAYERS * parameters_of(layer)
    return inference(step), parameters, SHOWER_LAYERS * SHOWER_CELLS / passes

"""P12 in PyTorch: loads the flow of P1 in zuko and prints the first feature of one event.

usage: start_torch.py FILE [--write]
"""

import sys
from functools import partial

import torch
import zuko

FEATURES, LAYERS, HIDDEN, BINS = 12, 8, 128, 8

kept = torch.arange(FEATURES) < FEATURES // 2
flow = zuko.lazy.Flow(
    [
        zuko.flows.GeneralCouplingTransform(
            FEATURES,
            mask=kept if layer % 2 == 0 else ~kept,
            univariate=partial(zuko.transforms.MonotonicRQSTransform, bound=5.0),
            shapes=[(BINS,), (BINS,), (BINS - 1,)],
            hidden_features=(HIDDEN, HIDDEN),
        )
        for layer in range(LAYERS)
    ],
    zuko.lazy.UnconditionalDistribution(
        zuko.distributions.DiagNormal, torch.zeros(FEATURES), torch.ones(FEATURES), buffer=True
    ),
)
if sys.argv[2:] == ["--write"]:
    torch.save(flow.state_dict(), sys.argv[1])
else:
    flow.load_state_dict(torch.load(sys.argv[1]))
    with torch.no_grad():
        print(flow().sample((1,))[0, 0].item())

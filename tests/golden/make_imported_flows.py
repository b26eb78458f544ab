"""Makes the golden file of imported flows: densities from zuko and nflows, with their weights.

    python make_imported_flows.py

writes imported_flows.safetensors: for each of these flows with random weights its state_dict() and the
events x with their contexts and log-densities, in float64, under the flow's name. Needs nflows, torch, zuko
and safetensors. The test reads the weights and compares; this script runs only when the golden file is
made anew.
"""

import pathlib

import torch
import zuko
from nflows.distributions import StandardNormal
from nflows.flows import Flow
from nflows.nn.nets import ResidualNet
from nflows.transforms import (
    CompositeTransform,
    MaskedAffineAutoregressiveTransform,
    PiecewiseRationalQuadraticCouplingTransform,
    ReversePermutation,
)
from nflows.utils import create_alternating_binary_mask, create_mid_split_binary_mask
from safetensors.torch import save_file

torch.manual_seed(20243)
torch.set_default_dtype(torch.float64)
FEATURES, CONTEXT = 5, 2


def affine_of_nflows():
    def layer():
        return MaskedAffineAutoregressiveTransform(
            FEATURES, 9, context_features=CONTEXT, num_blocks=2, use_residual_blocks=False
        )

    return Flow(
        CompositeTransform([layer(), ReversePermutation(FEATURES), layer()]),
        StandardNormal([FEATURES]),
    )


def couplings_of_nflows(features, context):
    def layer(mask, blocks):
        return PiecewiseRationalQuadraticCouplingTransform(
            mask,
            lambda inputs, outputs: ResidualNet(inputs, outputs, 7, context, num_blocks=blocks),
            num_bins=5,
            tails="linear",
            tail_bound=2.5,
        )

    layers = [
        layer(create_alternating_binary_mask(features, even=True), 2),
        layer(create_alternating_binary_mask(features, even=False), 1),
        ReversePermutation(features),
        layer(create_mid_split_binary_mask(features), 2),
        layer(1 - create_mid_split_binary_mask(features), 1),
    ]
    return Flow(CompositeTransform(layers), StandardNormal([features]))


flows = {
    # Hidden layers of different widths, of which no width is a multiple of what the masks count.
    "maf": zuko.flows.MAF(FEATURES, CONTEXT, transforms=3, hidden_features=(13, 9)),
    "maf_alone": zuko.flows.MAF(FEATURES, transforms=2, hidden_features=(11,)),
    "real_nvp": zuko.flows.RealNVP(FEATURES, CONTEXT, transforms=3, hidden_features=(13, 9)),
    "nsf": zuko.flows.NSF(3, transforms=1, hidden_features=(4,)),
    "nflows": affine_of_nflows(),
    "nflows_couplings": couplings_of_nflows(FEATURES, CONTEXT),
    "nflows_couplings_alone": couplings_of_nflows(FEATURES, None),
}
tensors = {}
for name, flow in flows.items():
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter.copy_(0.3 * torch.randn_like(parameter))
        if name != "nsf":
            x, context = 1.5 * torch.randn(40, FEATURES), torch.randn(40, CONTEXT)
            given = None if name.endswith("alone") else context
            of_nflows = name.startswith("nflows")
            log_prob = flow.log_prob(x, given) if of_nflows else flow(given).log_prob(x)
            tensors |= {f"{name}/x": x, f"{name}/context": context, f"{name}/log_prob": log_prob}
    state = {k: v for k, v in flow.state_dict().items() if "_log_z" not in k}
    tensors |= {f"{name}/state/{key}": value.contiguous().clone() for key, value in state.items()}
save_file(tensors, pathlib.Path(__file__).parent / "imported_flows.safetensors")

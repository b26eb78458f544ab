"""Makes the golden file of imported flows: densities from zuko and nflows, with their weights.

    python make_imported_flows.py

writes imported_flows.safetensors: for each of three flows with random weights its state_dict() and the
events x with their contexts and log-densities, in float64, under the flow's name. Needs nflows, torch, zuko
and safetensors. The test reads the weights and compares; this script runs only when the golden file is
made anew.
"""

import pathlib

import torch
import zuko
from nflows.distributions import StandardNormal
from nflows.flows import Flow
from nflows.transforms import (
    CompositeTransform,
    MaskedAffineAutoregressiveTransform,
    ReversePermutation,
)
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


flows = {
    # Hidden layers of different widths, of which no width is a multiple of what the masks count.
    "maf": zuko.flows.MAF(FEATURES, CONTEXT, transforms=3, hidden_features=(13, 9)),
    "maf_alone": zuko.flows.MAF(FEATURES, transforms=2, hidden_features=(11,)),
    "real_nvp": zuko.flows.RealNVP(FEATURES, CONTEXT, transforms=3, hidden_features=(13, 9)),
    "nsf": zuko.flows.NSF(3, transforms=1, hidden_features=(4,)),
    "nflows": affine_of_nflows(),
}
tensors = {}
for name, flow in flows.items():
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter.copy_(0.3 * torch.randn_like(parameter))
        if name != "nsf":
            x, context = 1.5 * torch.randn(40, FEATURES), torch.randn(40, CONTEXT)
            given = None if name == "maf_alone" else context
            log_prob = flow.log_prob(x, given) if name == "nflows" else flow(given).log_prob(x)
            tensors |= {f"{name}/x": x, f"{name}/context": context, f"{name}/log_prob": log_prob}
    state = {k: v for k, v in flow.state_dict().items() if "_log_z" not in k}
    tensors |= {f"{name}/state/{key}": value.contiguous().clone() for key, value in state.items()}
save_file(tensors, pathlib.Path(__file__).parent / "imported_flows.safetensors")

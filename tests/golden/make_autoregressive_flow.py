"""Makes the golden files of autoregressive flows: densities from nflows, with its weights.

    python make_autoregressive_flow.py

writes autoregressive_flow.safetensors (the state of an nflows flow with random weights: masked
rational-quadratic autoregressive transforms, arXiv:1705.07057 and arXiv:1906.04032, with a context) and
autoregressive_flow.json (events with their latent points and log-densities, in float64). Needs nflows,
torch and safetensors. The test reads the weights and compares; this script runs only when the golden
files are made anew.
"""

import json
import pathlib

import torch
from nflows.distributions import StandardNormal
from nflows.flows import Flow
from nflows.transforms import (
    CompositeTransform,
    MaskedPiecewiseRationalQuadraticAutoregressiveTransform,
    ReversePermutation,
)
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
FEATURES, CONTEXT, LAYERS = 6, 2, 3

torch.manual_seed(20241)
torch.set_default_dtype(torch.float64)
transforms = []
for layer in range(LAYERS):
    if layer > 0:
        transforms.append(ReversePermutation(FEATURES))
    transforms.append(
        MaskedPiecewiseRationalQuadraticAutoregressiveTransform(
            FEATURES,
            14,
            context_features=CONTEXT,
            num_bins=5,
            tails="linear",
            tail_bound=3.0,
            num_blocks=1,
            use_residual_blocks=False,
        )
    )
flow = Flow(CompositeTransform(transforms), StandardNormal([FEATURES]))
with torch.no_grad():
    for parameter in flow.parameters():
        parameter.copy_(0.2 * torch.randn_like(parameter))
    x = 1.7 * torch.randn(40, FEATURES)
    context = torch.randn(40, CONTEXT)
    golden = {
        "x": x,
        "context": context,
        "z": flow.transform_to_noise(x, context),
        "log_prob": flow.log_prob(x, context),
    }
state = {
    name: value.contiguous() for name, value in flow.state_dict().items() if "_log_z" not in name
}
save_file(state, HERE / "autoregressive_flow.safetensors")
text = json.dumps({name: value.tolist() for name, value in golden.items()})
(HERE / "autoregressive_flow.json").write_text(text + "\n")

"""Weights of other libraries' flows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from ._model import Model
from ._weights import filled

_LAYER = re.compile(r"(.*\.)?(\d+)\.autoregressive_net\.(.+)")
_PERMUTATION = re.compile(r"(.*\.)?(\d+)\._permutation")


def from_nflows(state: Mapping[str, Any], *, bound: float | None = None, **fields: Any) -> Model:
    """A masked autoregressive flow of nflows as an `autoregressive_flow` of the same density.

    `state` is the flow's state_dict(), its tensors as arrays (or read from a safetensors file). Layers are
    MaskedPiecewiseRationalQuadraticAutoregressiveTransform with linear tails at `bound` (its
    tail_bound), or MaskedAffineAutoregressiveTransform, which have no bound, both with
    use_residual_blocks=False, with ReversePermutation between them or nothing, on a
    standard normal base. What a state does not tell goes into `fields` where it is not nflows's own
    default: activation, min_bin_width, min_bin_height, min_derivative, dtype.

    The data are taken as they are (preprocessing "none"). Raises ValueError for what cannot be carried
    over, naming it.
    """
    layers: dict[int, dict[str, np.ndarray]] = {}
    permutations: dict[int, np.ndarray] = {}
    for name, value in state.items():
        if layer := _LAYER.fullmatch(name):
            layers.setdefault(int(layer[2]), {})[layer[3]] = np.asarray(value)
        elif permutation := _PERMUTATION.fullmatch(name):
            permutations[int(permutation[2])] = np.asarray(value)
        else:
            raise ValueError(
                f"{name!r} is not part of a masked autoregressive transform; couplings of nflows have "
                "residual conditioners, which no model here has"
            )
    if not layers:
        raise ValueError("there is no masked autoregressive transform in this state")
    networks = [_Network(layers[place], place) for place in sorted(layers)]
    first = networks[0]
    if any(network.sizes != first.sizes for network in networks):
        raise ValueError("the layers differ in size")
    parameters = first.outputs // first.features
    affine = first.outputs == 2 * first.features
    if not affine and (
        parameters * first.features != first.outputs or parameters % 3 != 2 or parameters < 5
    ):
        raise ValueError(
            f"{first.outputs} outputs for {first.features} features are not those of affine maps or of "
            "rational-quadratic splines with linear tails"
        )
    if not affine and bound is None:
        raise ValueError("bound is missing: the tail_bound of the splines")
    transformer: dict[str, Any] = (
        {"transformer": "affine", "affine_scale": "softplus"}
        if affine
        else {"bins": (parameters + 1) // 3, "bound": bound}
    )

    model = Model._classes["autoregressive_flow"](
        features=first.features,
        context_features=first.context_features,
        layers=len(networks),
        hidden=first.hidden,
        hidden_layers=1 + first.blocks,
        **transformer,
        order=_order(sorted(layers), permutations, first.features),
        degrees="cyclic",
        context_activation=first.context_features > 0,
        preprocessing=["none"] * first.features,
        context_preprocessing=["none"] * first.context_features,
        **fields,
    )
    # A derivative of nflows is softplus(raw); ours is shifted to be 1 for a raw 0.
    floor = model.describe()["specification"]["min_derivative"]
    shift = 0.0 if affine else np.log(np.expm1(1 - floor))
    weights = {
        f"layer_{place}.{name}": value
        for place, network in enumerate(networks)
        for name, value in network.weights(parameters, shift).items()
    }
    return filled(model, weights)


def _order(places: list[int], permutations: dict[int, np.ndarray], features: int) -> str:
    """What stands between the layers."""
    between = [
        [permutations.pop(p) for p in sorted(permutations) if a < p < b]
        for a, b in pairwise(places)
    ]
    if permutations:
        raise ValueError("a permutation stands before the first layer or behind the last one")
    if not any(between):
        return "none"
    reverse = np.arange(features)[::-1]
    if all(len(each) == 1 and np.array_equal(each[0], reverse) for each in between):
        return "reverse"
    raise ValueError("the permutations between the layers are not ReversePermutation")


class _Network:
    """The tensors of a MADE."""

    def __init__(self, tensors: dict[str, np.ndarray], place: int):
        self._tensors = tensors
        self._place = place
        known = re.compile(
            r"(initial_layer|blocks\.\d+\.linear|final_layer)\.(weight|bias|mask|degrees)"
            r"|context_layer\.(weight|bias)"
            r"|blocks\.\d+\.degrees"
        )
        for name in tensors:
            if not known.fullmatch(name):
                raise ValueError(
                    f"{name!r} of transform {place}: residual blocks, batch normalisation and the "
                    "like cannot be carried over"
                )
        self.hidden, self.features = self._get("initial_layer.weight").shape
        self.outputs = len(self._get("final_layer.weight"))
        self.blocks = sum(name.endswith("linear.weight") for name in tensors)
        context = tensors.get("context_layer.weight")
        self.context_features = 0 if context is None else context.shape[1]
        self.sizes = (self.hidden, self.features, self.outputs, self.blocks, self.context_features)

    def _get(self, name: str) -> np.ndarray:
        if name not in self._tensors:
            raise ValueError(f"transform {self._place} has no {name}")
        return self._tensors[name]

    def weights(self, parameters: int, shift: float) -> dict[str, np.ndarray]:
        """Our parameters by name. Our units stand in the order of their degrees."""
        most = max(1, self.features - 1)
        degrees = np.arange(self.hidden) % most + min(1, self.features - 1)
        if not np.array_equal(self._get("initial_layer.degrees"), degrees):
            raise ValueError(f"transform {self._place} has random masks")
        order = np.argsort(degrees, kind="stable")
        out = {
            "hidden_0.weight": self._get("initial_layer.weight").T[:, order],
            "hidden_0.bias": self._get("initial_layer.bias")[order],
        }
        if self.context_features > 0:
            out["context.weight"] = self._get("context_layer.weight").T[:, order]
            out["context.bias"] = self._get("context_layer.bias")[order]
        for block in range(self.blocks):
            weight = self._get(f"blocks.{block}.linear.weight").T
            out[f"hidden_{block + 1}.weight"] = weight[order][:, order]
            out[f"hidden_{block + 1}.bias"] = self._get(f"blocks.{block}.linear.bias")[order]
        weight = self._get("final_layer.weight").T[order].reshape(self.hidden, -1, parameters)
        bias = np.array(self._get("final_layer.bias"), np.float64).reshape(-1, parameters)
        if parameters == 2:  # the scale comes first there, the shift here
            weight, bias = weight[:, :, ::-1], bias[:, ::-1]
        else:
            bias[:, 2 * ((parameters + 1) // 3) :] -= shift
        out["outputs.weight"], out["outputs.bias"] = weight, bias
        return out

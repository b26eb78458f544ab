"""Weights of other libraries' flows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from ._model import Model
from ._weights import as_they_are, coupling_split, filled, require_all

_TENSOR = re.compile(
    r"(|.*?\.)(?:_transform\.)?_transforms\.(\d+)\.(autoregressive_net\.|transform_net\.|)(.+)"
)
_WITHIN = re.compile(r"(.*\.)?(_transform|_transforms\.\d+)\.")
_MASKS = ("identity_features", "transform_features")


def from_nflows(state: Mapping[str, Any], *, bound: float | None = None, **fields: Any) -> Model:
    """A flow of nflows as a model of the same density.

    `state` is the flow's state_dict(), its tensors as arrays (or read from a safetensors file). Layers of one
    kind, on a standard normal base:

    MaskedPiecewiseRationalQuadraticAutoregressiveTransform with linear tails at `bound` (its tail_bound), or
    MaskedAffineAutoregressiveTransform, which have no bound, both with use_residual_blocks=False, with
    ReversePermutation between them or nothing, become an `autoregressive_flow`;
    PiecewiseRationalQuadraticCouplingTransform with linear tails at `bound` and a ResidualNet without
    dropout and batch normalisation, whose masks are alternating or split the features in the
    middle, and ReversePermutation, a `composed_flow`.

    What a state does not tell goes into `fields` where it is not nflows's own default: activation,
    min_bin_width, min_bin_height, min_derivative, dtype.

    The data are taken as they are (preprocessing "none"). Raises ValueError for what cannot be carried
    over, naming it. A state does not tell all: that the splines are rational-quadratic and of one
    tail_bound, that the base is a standard normal, and that no transform without tensors (LeakyReLU,
    Sigmoid) stands behind the others, the caller must know.
    """
    networks: dict[int, dict[str, np.ndarray]] = {}
    masks: dict[int, dict[str, np.ndarray]] = {}
    permutations: dict[int, np.ndarray] = {}
    kinds = set()
    prefixes = set()
    for name, value in state.items():
        tensor = _TENSOR.fullmatch(name)
        prefix, place, kind, rest = tensor.groups() if tensor else ("", "", "", "")
        if _WITHIN.fullmatch(prefix):
            raise ValueError(
                f"{name!r}: transforms within another, such as InverseTransform, cannot be carried over"
            )
        prefixes.add(prefix)
        if kind:
            kinds.add(kind)
            networks.setdefault(int(place), {})[rest] = np.asarray(value)
        elif rest in _MASKS:
            masks.setdefault(int(place), {})[rest] = np.asarray(value)
        elif rest == "_permutation":
            permutations[int(place)] = np.asarray(value)
        else:
            raise ValueError(
                f"{name!r} is not part of a masked autoregressive transform, of a coupling or of a "
                "permutation in a CompositeTransform"
            )
    if len(prefixes) > 1:
        raise ValueError(f"there is more than one flow in this state: {sorted(prefixes)}")
    require_all({*networks, *permutations})
    if kinds == {"autoregressive_net."}:
        return _autoregressive(networks, permutations, bound, fields)
    if kinds == {"transform_net."}:
        return _couplings(networks, masks, permutations, bound, fields)
    raise ValueError(
        "the transforms are neither all masked autoregressive nor all couplings"
        if kinds
        else "there is no masked autoregressive transform and no coupling in this state"
    )


def _derivative_shift(floor: float) -> float:
    """A derivative of nflows is softplus(raw) over its floor; ours is shifted to be 1 for a raw 0."""
    return float(np.log(np.expm1(1 - floor)))


def _autoregressive(
    layers: dict[int, dict[str, np.ndarray]],
    permutations: dict[int, np.ndarray],
    bound: float | None,
    fields: dict[str, Any],
) -> Model:
    networks = [_Network(layers[place], place) for place in sorted(layers)]
    first = networks[0]
    if any(network.sizes != first.sizes for network in networks):
        raise ValueError("the layers differ in size")
    parameters = first.outputs // first.features
    affine = first.outputs == 2 * first.features
    if not affine:
        parameters = _spline_parameters(first.outputs, first.features, bound)
    transformer: dict[str, Any] = (
        {"transformer": "affine", "affine_scale": "softplus"}
        if affine
        else {"bins": (parameters + 1) // 3, "bound": bound}
    )
    model = Model._classes["autoregressive_flow"](
        **as_they_are(first.features, first.context_features),
        layers=len(networks),
        hidden=first.hidden,
        hidden_layers=1 + first.blocks,
        **transformer,
        order=_order(sorted(layers), permutations),
        degrees="cyclic",
        context_activation=first.context_features > 0,
        **fields,
    )
    shift = (
        0.0 if affine else _derivative_shift(model.describe()["specification"]["min_derivative"])
    )
    weights = {
        f"layer_{place}.{name}": value
        for place, network in enumerate(networks)
        for name, value in network.weights(parameters, shift).items()
    }
    return filled(model, weights)


def _spline_parameters(outputs: int, features: int, bound: float | None) -> int:
    """How many numbers a spline has, of a network with so many outputs for so many features."""
    parameters = outputs // features
    if parameters * features != outputs or parameters % 3 != 2 or parameters < 5:
        raise ValueError(
            f"{outputs} outputs for {features} features are not those of affine maps or of "
            "rational-quadratic splines with linear tails"
        )
    if bound is None:
        raise ValueError("bound is missing: the tail_bound of the splines")
    return parameters


def _couplings(
    networks: dict[int, dict[str, np.ndarray]],
    masks: dict[int, dict[str, np.ndarray]],
    permutations: dict[int, np.ndarray],
    bound: float | None,
    fields: dict[str, Any],
) -> Model:
    settings = {
        "activation": "relu",
        "min_bin_width": 1e-3,
        "min_bin_height": 1e-3,
        "min_derivative": 1e-3,
    }
    settings |= {name: fields.pop(name) for name in tuple(settings) if name in fields}
    own = ", ".join(f"{name}={value}" for name, value in settings.items())
    shift = _derivative_shift(settings["min_derivative"])
    words: list[str] = []
    weights: dict[str, np.ndarray] = {}
    sizes = set()
    for place in sorted({*networks, *permutations}):
        number = len(words)
        if place in permutations:
            words.append(f"permutation(order={_named(permutations[place])})")
            continue
        mask = masks.get(place, {})
        if len(mask) != 2:
            raise ValueError(f"transform {place} has no {' or no '.join(set(_MASKS) - set(mask))}")
        kept = np.isin(np.arange(sum(map(len, mask.values()))), mask["identity_features"])
        network = _Residual(networks[place], place, int(kept.sum()))
        parameters = _spline_parameters(network.outputs, int((~kept).sum()), bound)
        sizes.add((len(kept), network.context_features))
        # The halves of an odd number of features: nflows has one more in the first, ours in the second.
        middle = np.arange(len(kept)) <= len(kept) // 2
        turned = len(kept) % 2 == 1 and any(
            np.array_equal(kept, each) for each in (middle, ~middle)
        )
        turn = ["permutation(order=reverse)"] if turned else []
        number += len(turn)
        words += turn
        split = coupling_split(kept[::-1] if turned else kept)
        words.append(
            f"coupling(bins={(parameters + 1) // 3}, hidden={network.hidden}, "
            f"hidden_layers={network.blocks}, conditioner=residual, {own}, {split})"
        )
        words += turn
        weights |= {
            f"coupling_{number}.conditioner.{name}": value
            for name, value in network.weights(parameters, shift, turned).items()
        }
    if len(sizes) != 1:
        raise ValueError("the transforms differ in features or context")
    model = Model._classes["composed_flow"](
        **as_they_are(*sizes.pop()), layers=words, bound=bound, **fields
    )
    return filled(model, weights)


def _named(permutation: np.ndarray) -> str:
    if np.array_equal(permutation, np.arange(len(permutation))[::-1]):
        return "reverse"
    raise ValueError("a permutation is not ReversePermutation")


def _order(places: list[int], permutations: dict[int, np.ndarray]) -> str:
    """What stands between the layers."""
    between = [
        [permutations.pop(p) for p in sorted(permutations) if a < p < b]
        for a, b in pairwise(places)
    ]
    if permutations:
        raise ValueError("a permutation stands before the first layer or behind the last one")
    if not any(between):
        return "none"
    if all(len(each) == 1 for each in between):
        return {_named(each[0]) for each in between}.pop()
    raise ValueError("between some layers stands no permutation, or more than one")


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


class _Residual:
    """The tensors of a ResidualNet."""

    def __init__(self, tensors: dict[str, np.ndarray], place: int, kept: int):
        known = re.compile(
            r"(initial_layer|final_layer|blocks\.\d+\.(context_layer|linear_layers\.[01]))\.(weight|bias)"
        )
        for name in tensors:
            if not known.fullmatch(name):
                raise ValueError(
                    f"{name!r} of transform {place}: only a ResidualNet without batch normalisation can "
                    "be carried over"
                )
        self._tensors = tensors
        self._place = place
        self.outputs = len(self._get("final_layer.weight"))
        self.hidden, inputs = self._get("initial_layer.weight").shape
        self.blocks = sum(name.endswith("linear_layers.1.weight") for name in tensors)
        self.context_features = inputs - kept
        self._kept = kept

    def _get(self, name: str) -> np.ndarray:
        if name not in self._tensors:
            raise ValueError(f"transform {self._place} has no {name}")
        return np.asarray(self._tensors[name], np.float64)

    def weights(self, parameters: int, shift: float, turned: bool) -> dict[str, np.ndarray]:
        """Our parameters by name; of a coupling whose features stand the other way round, if turned."""
        names = {"in": "initial_layer", "out": "final_layer"}
        for block in range(self.blocks):
            theirs, ours = f"blocks.{block}", f"block_{block}"
            names[f"{ours}.first"] = f"{theirs}.linear_layers.0"
            names[f"{ours}.second"] = f"{theirs}.linear_layers.1"
            if self.context_features > 0:
                names[f"{ours}.gate"] = f"{theirs}.context_layer"
        out = {}
        for ours, theirs in names.items():
            out[f"{ours}.weight"] = self._get(f"{theirs}.weight").T
            out[f"{ours}.bias"] = self._get(f"{theirs}.bias")
        # There raw widths and heights are divided before they are normalised.
        bins = (parameters + 1) // 3
        scale = np.where(np.arange(parameters) < 2 * bins, self.hidden**-0.5, 1.0)
        bias = out["out.bias"].reshape(-1, parameters) * scale
        bias[:, 2 * bins :] -= shift
        weight = out["out.weight"].reshape(self.hidden, -1, parameters) * scale
        if turned:
            weight, bias = weight[:, ::-1], bias[::-1]
            kept = out["in.weight"][: self._kept]
            out["in.weight"] = np.concatenate([kept[::-1], out["in.weight"][self._kept :]])
        out["out.weight"], out["out.bias"] = weight, bias
        return out

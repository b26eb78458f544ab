"""Flows of zuko."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ._model import Model
from ._weights import as_they_are, coupling_split, filled, placed, require_all

_TENSOR = re.compile(r"transform\.transforms\.(\d+)\.(order|mask|hyper\.(\d+)\.(weight|bias|mask))")


def from_zuko(state: Mapping[str, Any], **fields: Any) -> Model:
    """A flow of zuko with affine maps as a model of the same density.

    `state` is the flow's state_dict(), its tensors as arrays (or read from a safetensors file). A MAF becomes
    an `autoregressive_flow`, a NICE or RealNVP a `composed_flow` of couplings; masks that are not
    alternating must keep the first features // 2, or the others. Layers of hidden units that differ in
    width are filled up with units that do nothing. What a state does not tell goes into `fields` where it
    is not zuko's own default: activation, min_scale (its slope), dtype.

    The data are taken as they are (preprocessing "none"). Raises ValueError for what cannot be carried
    over, naming it: splines, whose raw parameters zuko bounds before it normalises them, NSF with them;
    random orders; residual networks.
    """
    layers: dict[int, _Layer] = {}
    for name, value in state.items():
        if name.startswith("base."):
            continue
        tensor = _TENSOR.fullmatch(name)
        if tensor is None:
            raise ValueError(
                f"{name!r} is not part of a MAF or a coupling: residual networks, normalisation and the "
                "like cannot be carried over"
            )
        layer = layers.setdefault(int(tensor[1]), _Layer(int(tensor[1])))
        if tensor[3] is None:
            layer.buffers[tensor[2]] = np.asarray(value)
        else:
            layer.linear.setdefault(int(tensor[3]), {})[tensor[4]] = np.asarray(value)
    if not layers:
        raise ValueError("there is no transform of zuko in this state")
    require_all(set(layers))
    for layer in layers.values():
        layer.require_perceptron()
    _check_base(state)
    ordered = [layers[place] for place in sorted(layers)]
    kinds = {tuple(layer.buffers) for layer in ordered}
    if kinds == {("order",)}:
        return _autoregressive(ordered, fields)
    if kinds == {("mask",)}:
        return _couplings(ordered, fields)
    raise ValueError("the transforms are neither all masked autoregressive nor all couplings")


def _check_base(state: Mapping[str, Any]) -> None:
    standard = {"base.loc": 0, "base.scale": 1}
    for name, value in state.items():
        if name.startswith("base.") and not np.all(np.asarray(value) == standard.get(name)):
            raise ValueError(f"{name!r} is not that of a standard normal base")


class _Layer:
    """The tensors of one transform, in the order of its network."""

    def __init__(self, place: int):
        self.place = place
        self.buffers: dict[str, np.ndarray] = {}
        self.linear: dict[int, dict[str, np.ndarray]] = {}

    def steps(self) -> list[dict[str, np.ndarray]]:
        return [self.linear[number] for number in sorted(self.linear)]

    def require_perceptron(self) -> None:
        """Activations have no tensors, and stand between the linear layers one by one."""
        if sorted(self.linear) != list(range(0, 2 * len(self.linear), 2)) or len(self.linear) < 2:
            raise ValueError(
                f"the network of transform {self.place} has layers {sorted(self.linear)} with tensors, where "
                "linear layers and activations take turns: normalisation and networks without hidden "
                "layers cannot be carried over"
            )

    def widths(self) -> list[int]:
        return [len(step["weight"]) for step in self.steps()[:-1]]

    def context_features(self, features: int) -> int:
        return self.steps()[0]["weight"].shape[1] - features

    def require_affine(self, features: int) -> None:
        outputs = len(self.steps()[-1]["weight"])
        if outputs != 2 * features:
            raise ValueError(
                f"transform {self.place} has {outputs // features} numbers for each feature that it maps, "
                "an affine map 2: zuko bounds the raw parameters of a spline softly before it "
                "normalises them, which no transformer here does"
            )


def _shared(values: list[Any], what: str) -> Any:
    if any(value != values[0] for value in values):
        raise ValueError(f"the transforms differ in {what}")
    return values[0]


def _autoregressive(layers: list[_Layer], fields: dict[str, Any]) -> Model:
    features = len(layers[0].buffers["order"])
    context = _shared([layer.context_features(features) for layer in layers], "inputs")
    depth = _shared([len(layer.widths()) for layer in layers], "hidden layers")
    # Both give the degrees 0 or 1 to features - 1 in turn; ours stand in groups of one size.
    degrees = np.arange(0 if context > 0 else 1, features)
    group = -(-max(max(layer.widths()) for layer in layers) // len(degrees))
    model = Model._classes["autoregressive_flow"](
        **as_they_are(features, context) | fields,
        layers=len(layers),
        hidden=group * len(degrees),
        hidden_layers=depth,
        order=_order(layers, features),
        degrees="even",
        transformer="affine",
    )
    weights = {}
    for place, layer in enumerate(layers):
        layer.require_affine(features)
        for name, value in _made(layer, features, degrees, group).items():
            weights[f"layer_{place}.{name}"] = value
    return filled(model, weights)


def _order(layers: list[_Layer], features: int) -> str:
    rising = np.arange(features)
    orders = [layer.buffers["order"] for layer in layers]
    if all(np.array_equal(order, rising) for order in orders):
        return "none"
    if all(
        np.array_equal(order, rising[::-1] if place % 2 else rising)
        for place, order in enumerate(orders)
    ):
        return "reverse"
    raise ValueError(
        "the orders are neither all rising nor rising and falling in turn (randperm, passes)"
    )


def _made(layer: _Layer, features: int, degrees: np.ndarray, group: int) -> dict[str, np.ndarray]:
    """Our parameters of a masked network by name."""
    rank = layer.buffers["order"]
    hidden = group * len(degrees)
    out: dict[str, np.ndarray] = {}
    # Of the units before: how many features they see, and where they stand here.
    seen, places = rank + 1, rank
    inputs = features
    for number, step in enumerate(layer.steps()):
        weight, bias, mask = (step[name] for name in ("weight", "bias", "mask"))
        last = number == len(layer.widths())
        units = np.arange(len(weight))
        if last:
            sees = np.repeat(rank, 2)
            here = (2 * rank[:, None] + np.arange(2)).ravel()
        else:
            sees = degrees[units % len(degrees)]
            here = units % len(degrees) * group + units // len(degrees)
        expected = sees[:, None] >= seen
        if number == 0:
            context = np.ones((len(weight), weight.shape[1] - features), bool)
            expected = np.concatenate([expected, context], 1)
        if not np.array_equal(mask.astype(bool), expected):
            raise ValueError(f"the masks of transform {layer.place} are not those of a MAF")
        name, columns = ("outputs", 2 * features) if last else (f"hidden_{number}", hidden)
        if number == 0 and weight.shape[1] > features:
            given = weight[:, features:].T
            out["context.weight"] = placed(given, range(len(given)), here, (len(given), columns))
            out["context.bias"] = np.zeros(columns)
            weight, expected = weight[:, :features], expected[:, :features]
        out[f"{name}.weight"] = placed((weight * expected).T, places, here, (inputs, columns))
        out[f"{name}.bias"] = placed(bias[None], [0], here, (1, columns))
        seen, places, inputs = sees, here, hidden
    return out


def _couplings(layers: list[_Layer], fields: dict[str, Any]) -> Model:
    masks = [layer.buffers["mask"].astype(bool) for layer in layers]
    features = _shared([len(mask) for mask in masks], "features")
    context = _shared(
        [layer.context_features(mask.sum()) for layer, mask in zip(layers, masks, strict=True)],
        "inputs",
    )
    depth = _shared([len(layer.widths()) for layer in layers], "hidden layers")
    hidden = max(width for layer in layers for width in layer.widths())
    settings = {"activation": "relu", "min_scale": 1e-3}
    settings |= {name: fields.pop(name) for name in tuple(settings) if name in fields}
    own = ", ".join(f"{name}={value}" for name, value in settings.items())
    weights = {}
    words = []
    for place, (layer, mask) in enumerate(zip(layers, masks, strict=True)):
        layer.require_affine(int((~mask).sum()))
        words.append(
            f"coupling(transformer=affine, hidden={hidden}, hidden_layers={depth}, {own}, "
            f"{coupling_split(mask)})"
        )
        steps = layer.steps()
        for number, step in enumerate(steps):
            outputs, inputs = step["weight"].shape
            shape = (
                inputs if number == 0 else hidden,
                outputs if number + 1 == len(steps) else hidden,
            )
            name = f"coupling_{place}.conditioner.linear_{number}"
            weights[f"{name}.weight"] = placed(
                step["weight"].T, range(inputs), range(outputs), shape
            )
            weights[f"{name}.bias"] = placed(step["bias"][None], [0], range(outputs), (1, shape[1]))
    model = Model._classes["composed_flow"](**as_they_are(features, context) | fields, layers=words)
    return filled(model, weights)

"""The generator of P5, that of torch_showers.py with its weights, as an ONNX graph."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch_setup import parameters_of
from torch_showers import (
    GRIDS,
    INCIDENT,
    LATENT,
    RESPONSE_DEVIATION,
    RESPONSE_MEAN,
    SCALE,
    SLOPE,
    SOFTNESS,
    Critic,
    Generator,
)


class Graph:
    """Nodes and constants, written one after another."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, values, dtype=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def weight(self, parameter):
        return self.constant(parameter.detach().numpy())

    def integers(self, *values):
        return self.constant(values, np.int64)

    def add(self, kind, *inputs, outputs=1, **attributes):
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def scalar(self, kind, value, number):
        return self.add(kind, value, self.constant(number))

    def dense(self, value, layer):
        return self.add("Gemm", value, self.weight(layer.weight), self.weight(layer.bias), transB=1)

    def leaky(self, value, slope=SLOPE):
        return self.add("LeakyRelu", value, alpha=slope)


def local(graph, image, layer, batch):
    """A locally connected layer on (height, width, rows, channels)."""
    if layer.margin:
        margin = [layer.margin, layer.margin, 0, 0]
        image = graph.add("Pad", image, graph.integers(*margin, *margin))
    height, width = layer.grid
    taps = [
        graph.add(
            "Slice",
            image,
            graph.integers(i, j),
            graph.integers(i + height, j + width),
            graph.integers(0, 1),
        )
        for i in range(layer.kernel)
        for j in range(layer.kernel)
    ]
    places, inputs, outputs = layer.weight.shape
    columns = graph.add("Concat", *taps, axis=3)
    columns = graph.add("Reshape", columns, graph.integers(places, batch, inputs))
    product = graph.add("MatMul", columns, graph.weight(layer.weight))
    product = graph.add("Add", product, graph.weight(layer.bias))
    return graph.add("Reshape", product, graph.integers(height, width, batch, outputs))


def by_row(graph, image):
    return graph.add("Transpose", image, perm=[2, 3, 0, 1])


by_place = by_row


def resized(graph, image, old, new, batch):
    factors = [a // b if a % b == 0 else 1 for a, b in zip(old, new, strict=True)]
    if max(factors) > 1:
        image = graph.add("AveragePool", image, kernel_shape=factors, strides=factors)
    if tuple(a // b for a, b in zip(old, factors, strict=True)) == new:
        return image
    size = graph.integers(batch, 1, *new)
    return graph.add("Resize", image, "", "", size, mode="linear")


def stream(graph, layers, latent, before, batch):
    """`before` is the image of the layer before and its grid, or None."""
    image = graph.dense(latent, layers.dense)
    image = graph.add("Reshape", image, graph.integers(batch, *layers.first))
    kernel, bias = layers.convolution.weight, layers.convolution.bias
    image = graph.add("Conv", image, graph.weight(kernel), graph.weight(bias), pads=[0, 0, 1, 1])
    image = by_place(graph, image)
    for each in layers.local:
        image = local(graph, graph.leaky(image), each, batch)
    if before is None:
        return image
    old, grid = before
    old = by_place(graph, resized(graph, by_row(graph, old), grid, layers.grid, batch))
    joined = graph.add("Concat", image, old, axis=3)
    share = graph.add("Sigmoid", local(graph, joined, layers.attention, batch))
    return graph.add("Add", old, graph.add("Mul", share, graph.add("Sub", image, old)))


def calogan(batch, generator=None):
    """The graph, z (batch, 1024) and incident (batch, 1) to x, and the number of the model's weights."""
    generator = generator or Generator()
    graph = Graph()
    energy = graph.add("Log", graph.scalar("Div", "incident", INCIDENT))
    scale, shift = graph.add("Split", graph.dense(energy, generator.energy), outputs=2, axis=1)
    latent = graph.add("Mul", "z", graph.scalar("Add", scale, 1))
    latent = graph.add("Add", latent, shift)
    cells, before = [], None
    for layers in generator.streams:
        image = stream(graph, layers, latent, before, batch)
        before = (image, layers.grid)
        cells.append(graph.add("Flatten", graph.add("Relu", by_row(graph, image))))
    cells = graph.scalar("Mul", graph.add("Concat", *cells, axis=1), SCALE)
    cells = graph.scalar("Sub", graph.add("Exp", cells), 1)
    cells = graph.add("Mul", cells, graph.scalar("Mul", "incident", SOFTNESS))
    first, _, last = generator.response
    response = graph.dense(graph.leaky(graph.dense(latent, first), 0.01), last)
    response = graph.scalar("Mul", response, RESPONSE_DEVIATION)
    response = graph.scalar("Max", graph.scalar("Add", response, RESPONSE_MEAN), 1e-3)
    total = graph.add("Mul", "incident", response)
    drawn = graph.add("ReduceSum", cells, graph.integers(1), keepdims=1)
    factor = graph.add("Div", total, graph.scalar("Max", drawn, 1e-9))
    graph.nodes.append(helper.make_node("Mul", [cells, factor], ["x"]))

    def values(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    made = helper.make_graph(
        graph.nodes,
        "calogan",
        [values("z", batch, LATENT), values("incident", batch, 1)],
        [values("x", batch, sum(height * width for height, width in GRIDS))],
        graph.constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model, parameters_of(generator, Critic())

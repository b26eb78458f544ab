"""The plain networks as ONNX graphs."""

from itertools import pairwise

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

GENERATOR = (64, 256, 512, 504)


def perceptron(widths, batch):
    """The network of torch_networks.generator as an ONNX graph, and the number of its parameters."""
    random = np.random.default_rng(1)
    nodes, weights, value = [], [], "z"
    for layer, (inputs, outputs) in enumerate(pairwise(widths)):
        last = layer == len(widths) - 2
        limit = np.sqrt(6 / inputs)
        weight = random.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)
        weights.append(numpy_helper.from_array(weight, f"w{layer}"))
        weights.append(numpy_helper.from_array(np.zeros(outputs, np.float32), f"b{layer}"))
        product = "x" if last else f"sum{layer}"
        nodes.append(helper.make_node("Gemm", [value, f"w{layer}", f"b{layer}"], [product]))
        if not last:
            value = f"hidden{layer}"
            nodes.append(helper.make_node("Relu", [product], [value]))
    graph = helper.make_graph(
        nodes,
        "generator",
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [batch, widths[0]])],
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, widths[-1]])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model, sum(int(np.prod(weight.dims)) for weight in weights)

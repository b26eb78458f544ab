"""ONNX Runtime on the processor, with its inputs and outputs bound in place.

usage: onnx_worker.py THREADS
"""

import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from serve import serve

THREADS = int(sys.argv[1])
GENERATOR = (64, 256, 512, 504)


def perceptron(widths, batch):
    """The network of torch_networks.generator as an ONNX graph, and the number of its parameters."""
    random = np.random.default_rng(1)
    nodes, weights, value = [], [], "z"
    for layer, (inputs, outputs) in enumerate(zip(widths[:-1], widths[1:])):
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


def session_of(model, threads=THREADS):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def make(case, mode, batch, peer):
    if case != "P4":
        raise ValueError(f"ONNX Runtime has no part in {case}")
    model, parameters = perceptron(GENERATOR, batch)
    session = session_of(model)
    z = np.random.default_rng(2).normal(size=(batch, GENERATOR[0])).astype(np.float32)
    binding = session.io_binding()
    binding.bind_cpu_input("z", z)
    out = np.empty((batch, GENERATOR[-1]), np.float32)
    binding.bind_output("x", "cpu", 0, np.float32, out.shape, out.ctypes.data)
    # The binding borrows both arrays.
    return lambda: session.run_with_iobinding(binding) or (z, out), parameters


if __name__ == "__main__":
    serve(make, {"onnxruntime": onnxruntime.__version__})

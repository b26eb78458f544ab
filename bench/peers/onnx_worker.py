"""ONNX Runtime on the processor, with its inputs and outputs bound in place.

usage: onnx_worker.py THREADS
"""

import sys

import numpy as np
import onnxruntime
from onnx_networks import GENERATOR, perceptron
from serve import serve

THREADS = int(sys.argv[1])


def session_of(model, threads=THREADS):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def network(case, batch):
    """The graph, the number of its parameters, and arrays of normal numbers for its inputs."""
    random = np.random.default_rng(2)
    if case == "P4":
        inputs = {"z": random.normal(size=(batch, GENERATOR[0]))}
        return *perceptron(GENERATOR, batch), inputs
    if case == "P5":
        # Its weights come from PyTorch, which other workloads need not wait for.
        import onnx_showers

        z = random.normal(size=(batch, onnx_showers.LATENT))
        energies = onnx_showers.INCIDENT + np.abs(random.normal(size=(batch, 1)))
        return *onnx_showers.calogan(batch), {"z": z, "incident": energies}
    raise ValueError(f"ONNX Runtime has no part in {case}")


def make(case, mode, batch, peer):
    model, parameters, inputs = network(case, batch)
    session = session_of(model)
    inputs = {name: values.astype(np.float32) for name, values in inputs.items()}
    binding = session.io_binding()
    for name, values in inputs.items():
        binding.bind_cpu_input(name, values)
    out = np.empty(session.get_outputs()[0].shape, np.float32)
    binding.bind_output("x", "cpu", 0, np.float32, out.shape, out.ctypes.data)
    # The binding borrows the arrays.
    return lambda: session.run_with_iobinding(binding) or (inputs, out), parameters


if __name__ == "__main__":
    serve(make, {"onnxruntime": onnxruntime.__version__})

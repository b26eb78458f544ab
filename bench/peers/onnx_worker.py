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

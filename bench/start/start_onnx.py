"""P12 in ONNX Runtime: loads the generator of P4, a simpler model than the flow, and prints the first
voxel of one event.

usage: start_onnx.py FILE [--write]
"""

import sys

if sys.argv[2:] == ["--write"]:
    from pathlib import Path

    sys.path.append(str(Path(__file__).resolve().parents[1] / "peers"))
    import onnx
    from onnx_networks import GENERATOR, perceptron

    onnx.save(perceptron(GENERATOR, 1)[0], sys.argv[1])
    sys.exit()

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
z = np.random.default_rng(1).standard_normal((1, 64), np.float32)
print(session.run(None, {"z": z})[0][0, 0])

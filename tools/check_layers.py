"""Refuses includes that go against the layers of tools/bazel/layers.bzl.

usage: check_layers.py [ROOT]

Bazel's visibility holds the same line for targets; this one reads the sources, and so also sees what a
target could not: a header of a vendor outside the kernels, a branch on the device above the runtime.
Prints one line for each violation; the exit status is 1 when there is one.
"""

import ast
import re
import sys
from pathlib import Path

SUFFIXES = {".h", ".cc", ".c", ".cu", ".cuh", ".hpp", ".i"}
OURS = re.compile(r'^\s*[#%]\s*include\s+"((?:cpp|models|capi|bindings|examples|bench)/[^"]+)"')
VENDOR = re.compile(
    r'^\s*#\s*include\s+["<]((?:oneapi/|dnnl|hwy/|cuda|cudnn|cublas|nvrtc|curand)[^">]*)[">]'
)
DEVICE_BRANCH = re.compile(r"^\s*#\s*(?:el)?if.*(?:CUDA|__AVX|__SSE|DNNL|ONEDNN)")

# In ops, what declares and differentiates sees no kernels; what computes sees their interface and the
# processor's loops.
DECLARES = re.compile(
    r"^cpp/ops/(?:[^/]+/(?:op|cases)\.|(?:cases|elementwise|infer|random|registry)\.(?:h|cc)$)"
)
KERNEL_MAY_SEE = re.compile(r"^cpp/runtime/(?:device\.h|kernel\.h|kernel_table\.h|cpu/|cuda/)")
# A Program is what compile makes and the runtime runs: compile sees what a kernel may see.
COMPILE_MAY_SEE = KERNEL_MAY_SEE
VENDOR_ALLOWED = re.compile(r"^cpp/(?:runtime/(?:cpu|cuda)/|ops/[^/]+/(?:cpu|cuda)[^/]*$)")


def read_layers(root):
    """[(name, folders)] from layers.bzl, which is a Python literal there."""
    tree = ast.parse((root / "tools/bazel/layers.bzl").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "LAYERS":
            return ast.literal_eval(node.value)
    sys.exit("tools/bazel/layers.bzl holds no LAYERS")


def violations(root):
    layers = read_layers(root)
    order = {name: i for i, (name, _) in enumerate(layers)}
    folders = [(folder + "/", name) for name, members in layers for folder in members]

    def layer_of(path):
        return next((name for folder, name in folders if path.startswith(folder)), None)

    for folder, layer in folders:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in SUFFIXES or not file.is_file():
                continue
            path = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                problem = judge(path, layer, line, layer_of, order)
                if problem:
                    yield f"{path}:{number}: {problem}"


def judge(path, layer, line, layer_of, order):
    """What is wrong with a line of a file of this layer; None when nothing is."""
    if match := OURS.match(line):
        target = match.group(1)
        other = layer_of(target)
        if layer == "bindings":
            own = "/".join(path.split("/")[:2]) + "/"
            if target != "capi/castalia.h" and not target.startswith(own):
                return f"bindings, examples and the command line see capi/castalia.h alone, not {target}"
        elif other is None:
            return f"{target} is in no layer"
        elif order[other] > order[layer]:
            kernel = layer == "ops" and not DECLARES.match(path) and KERNEL_MAY_SEE.match(target)
            compiler = layer == "compile" and COMPILE_MAY_SEE.match(target)
            if not kernel and not compiler:
                return f"the layer {layer} may not see {other} ({target})"
    if (match := VENDOR.match(line)) and not VENDOR_ALLOWED.match(path):
        return f"only kernels and cpp/runtime/{{cpu,cuda}} include {match.group(1)}"
    if order[layer] >= order["nn"] and DEVICE_BRANCH.match(line):
        return "no branch on the device from nn up"
    return None


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    found = list(violations(root))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""The layers of the library, lowest first. A package may use its own layer and those before it.

packages_from(name) gives what may see a target of a layer: the layer itself and all after it.
tools/check_layers.py reads the table below too, as a Python literal.
"""

# (name, folders); folders of one layer stand side by side and may use each other.
LAYERS = [
    ("base", ["cpp/base"]),
    ("graph", ["cpp/graph"]),
    ("ops", ["cpp/ops"]),
    ("autodiff", ["cpp/autodiff"]),
    ("compile", ["cpp/compile"]),
    ("runtime", ["cpp/runtime"]),
    ("nn", ["cpp/nn"]),
    ("prob", ["cpp/prob"]),
    ("train", ["cpp/train", "cpp/io", "cpp/onnx", "cpp/referee"]),
    ("models", ["models"]),
    ("capi", ["capi"]),
    ("bindings", ["bindings", "examples"]),
    ("bench", ["bench"]),  # measures what stands inside, too
]

def layer_names():
    return [name for name, _ in LAYERS]

def packages_from(layer):
    """The package patterns of a layer and of all after it."""
    out = []
    seen = False
    for name, folders in LAYERS:
        seen = seen or name == layer
        if seen:
            out += ["//%s/..." % folder for folder in folders]
    return out

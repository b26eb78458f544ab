"""The layers of the library, lowest first. A package may use its own layer and those before it.

Each layer is a list of package patterns relative to the root. `clients(name)` gives what may see a
target of the layer: the layer itself and everything to its right. tools/check_layers.py reads this
file too, so it holds nothing but the literal below and one function.
"""

# Layers that stand side by side (train, io, referee) share an entry and may not see each other
# unless a line in SIDEWAYS says so.
LAYERS = [
    ("base", ["cpp/base"]),
    ("graph", ["cpp/graph"]),
    ("ops", ["cpp/ops"]),
    ("autodiff", ["cpp/autodiff"]),
    ("compile", ["cpp/compile"]),
    ("runtime", ["cpp/runtime"]),
    ("nn", ["cpp/nn"]),
    ("prob", ["cpp/prob"]),
    ("train", ["cpp/train", "cpp/io", "cpp/referee"]),
    ("models", ["models"]),
    ("capi", ["capi"]),
    ("bindings", ["bindings", "examples", "bench"]),
]

def layer_names():
    return [name for name, _ in LAYERS]

def packages_from(layer):
    """The package patterns of a layer and of all to its right."""
    out = []
    seen = False
    for name, folders in LAYERS:
        seen = seen or name == layer
        if seen:
            out += ["//%s/..." % folder for folder in folders]
    return out

"""Makes the golden file of the flows: densities from an implementation that is not ours.

    python make_coupling_flow.py

writes coupling_flow.safetensors (a model with random weights, made by Castalia) and coupling_flow.json
(events with their latent points and log-densities, computed from the weights in that file by flowjax's
rational-quadratic spline (arXiv:1906.04032) and a perceptron in NumPy, in float64). Needs castalia,
flowjax 19 and safetensors. The test compares; this script runs only when the golden file is made anew,
and the model file is kept for good: later releases must read it.
"""

import json
import pathlib

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from flowjax.bijections import RationalQuadraticSpline
from paramax import unwrap
from safetensors import safe_open

HERE = pathlib.Path(__file__).parent
FIELDS = {
    "features": 5,
    "context_features": 2,
    "layers": 4,
    "hidden": 16,
    "bins": 6,
    "bound": 3.0,
    "permutation": "reverse",
    "dtype": "float64",
    "preprocessing": ["none"] * 5,
    "context_preprocessing": ["none"] * 2,
}


def make_model(path):
    import castalia

    rng = np.random.default_rng(20241)
    model = castalia.create("coupling_flow", **FIELDS)
    x = rng.normal(size=(64, FIELDS["features"]))
    context = rng.normal(size=(64, FIELDS["context_features"]))
    # One step settles the preprocessing; the weights are then replaced.
    model.fit(x, context=context, steps=1, batch=16, progress=False)
    model.parameters = 0.3 * rng.normal(size=model.parameters.size)
    model.save(path)


def spline(x, raw, fields):
    """y and log|dy/dx| of one scalar, by flowjax, with the paper's parameters."""
    bins, bound = fields["bins"], fields["bound"]
    knots = []
    for k, floor in ((0, fields["min_bin_width"]), (1, fields["min_bin_height"])):
        share = floor + (1 - floor * bins) * jax.nn.softmax(raw[k * bins : (k + 1) * bins])
        edges = -bound + 2 * bound * jnp.concatenate([jnp.zeros(1), jnp.cumsum(share)])
        knots.append(edges.at[-1].set(bound))
    floor = fields["min_derivative"]
    inner = floor + jax.nn.softplus(raw[2 * bins :] + jnp.log(jnp.expm1(1 - floor)))
    derivatives = jnp.concatenate([jnp.ones(1), inner, jnp.ones(1)])
    shell = unwrap(RationalQuadraticSpline(knots=bins - 1, interval=bound))
    filled = eqx.tree_at(
        lambda s: (s.x_pos, s.y_pos, s.derivatives), shell, (knots[0], knots[1], derivatives)
    )
    return filled.transform_and_log_det(x)


def evaluate(tensors, fields, x, context):
    """Latent points and log-densities of events in the model's own coordinates."""
    half = fields["features"] // 2
    order = np.arange(fields["features"])
    log_det = np.zeros(len(x))
    y = x.copy()
    for layer in range(fields["layers"]):
        kept, mapped = order[:half], order[half:]
        if layer % 2 == 1:
            kept, mapped = mapped, kept
        hidden = np.concatenate([y[:, kept], context], axis=1)
        for i in range(fields["hidden_layers"] + 1):
            name = f"coupling_{layer}.conditioner.linear_{i}"
            hidden = hidden @ tensors[name + ".weight"] + tensors[name + ".bias"]
            if i < fields["hidden_layers"]:
                hidden = np.maximum(hidden, 0)
        raw = hidden.reshape(len(x), len(mapped), 3 * fields["bins"] - 1)
        value, derivative = jax.vmap(jax.vmap(lambda a, b: spline(a, b, fields)))(
            jnp.asarray(y[:, mapped]), jnp.asarray(raw)
        )
        y[:, mapped] = np.asarray(value)
        log_det += np.asarray(derivative).sum(axis=1)
    log_prob = -0.5 * (y**2).sum(axis=1) - 0.5 * y.shape[1] * np.log(2 * np.pi) + log_det
    return y, log_prob


def main():
    jax.config.update("jax_enable_x64", True)
    path = HERE / "coupling_flow.safetensors"
    if not path.exists():
        make_model(path)
    with safe_open(path, "numpy") as file:
        fields = json.loads(file.metadata()["castalia"])["specification"]
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    rng = np.random.default_rng(7)
    # Wide enough that some values lie in the tails.
    x = rng.normal(scale=1.5, size=(40, fields["features"]))
    context = rng.normal(size=(40, fields["context_features"]))
    z, log_prob = evaluate(tensors, fields, x, context)
    golden = {"x": x, "context": context, "z": z, "log_prob": log_prob}
    text = json.dumps({name: np.round(v, 14).tolist() for name, v in golden.items()})
    (HERE / "coupling_flow.json").write_text(text + "\n")


if __name__ == "__main__":
    main()

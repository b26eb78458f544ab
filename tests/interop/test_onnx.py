"""Exported models in ONNX Runtime: the same numbers, from basic operators alone."""

import castalia
import numpy as np
import onnx
import onnxruntime
import pytest

# What the runtimes of accelerators have too.
BASIC = set(
    "Abs Add And Cast Concat Cos CumSum Div Equal Erf Exp Expand Floor Gather Identity Less LessOrEqual Log "
    "MatMul Max Min Mul Neg Not Or Pad Pow Reciprocal ReduceMax ReduceSum Relu Reshape Shape Sigmoid Sign "
    "Sin Slice Sqrt Sub Tanh Transpose Where".split()
)
# Their inverses solve equations.
ROOTS = {
    "cubic_spline",
    "deep_sigmoid",
    "logistic_mixture",
    "squared",
    "sum_of_squares",
    "unconstrained_monotonic",
}
SMALL = {"features": 2, "layers": 2, "hidden": 8}


def coupling(transformer, **fields):
    return castalia.CouplingFlow(**{**SMALL, "features": 3, "transformer": transformer, **fields})


def fitted(model):
    """After a few steps, so that nothing is at its first value."""
    random = np.random.default_rng(1)
    rows = 400
    x = 3 + random.normal(size=(rows, model.features)) * [[0.5, 1.0, 2.0][: model.features]]
    context = random.normal(size=(rows, model.context_features)) if model.context_features else None
    model.fit(x, context, steps=30, batch=100, progress=False)
    context = None if context is None else context[:101]
    return model, x[:101], context


def session(model, computes, folder):
    path = folder / f"{computes}.onnx"
    model.export(path, computes)
    graph = onnx.load(path)
    onnx.checker.check_model(graph, full_check=True)
    assert {node.op_type for node in graph.graph.node} <= BASIC
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def compare(model, x, context, folder, tolerance, inverse=True):
    density = session(model, "log_prob", folder)
    latent = session(model, "transform", folder)
    back = session(model, "inverse", folder) if inverse else None
    expected = model.log_prob(x, context)
    z, log_det = model.transform(x, context)
    for rows in (1, 7, len(x)):
        more = {} if context is None else {"context": context[:rows]}
        (found,) = density.run(["log_prob"], {"x": x[:rows], **more})
        assert found.shape == (rows,)
        np.testing.assert_allclose(found, expected[:rows], rtol=tolerance, atol=tolerance)
        found, found_log_det = latent.run(["z", "log_det"], {"x": x[:rows], **more})
        np.testing.assert_allclose(found, z[:rows], rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(found_log_det, log_det[:rows], rtol=tolerance, atol=tolerance)
        if back is not None:
            found, found_log_det = back.run(["x", "log_det"], {"z": z[:rows], **more})
            again, inverse_log_det = model.inverse(
                z[:rows], None if context is None else context[:rows]
            )
            np.testing.assert_allclose(found, again, rtol=tolerance, atol=tolerance)
            np.testing.assert_allclose(
                found_log_det, inverse_log_det, rtol=tolerance, atol=tolerance
            )


@pytest.mark.parametrize("transformer", [each["name"] for each in castalia.transformers()])
def test_a_coupling_flow_of_each_transformer(transformer, tmp_path):
    for dtype, tolerance in (("float32", 1e-4), ("float64", 1e-10)):
        model, x, context = fitted(coupling(transformer, dtype=dtype))
        compare(model, x, context, tmp_path, tolerance, inverse=transformer not in ROOTS)
        if transformer in ROOTS:
            with pytest.raises(castalia.UnsupportedError, match="no form in the basic operators"):
                model.export(tmp_path / "inverse.onnx", "inverse")


@pytest.mark.parametrize(
    "fields",
    [
        {"context_features": 2, "permutation": "reverse", "activation": "silu"},
        {"activation": "gelu", "hidden_layers": 1},
        {"activation": "elu", "base": "mixture", "base_components": 3},
        {"activation": "leaky_relu", "context_features": 1, "base": "conditional_normal"},
        {
            "activation": "tanh",
            "preprocessing": ["log(20); standardise", "logit(-30, 40)", "angle(0)"],
        },
        {"tails": "none", "base": "uniform"},
        {"tails": "circular", "base": "uniform"},
        {"features": 1, "context_features": 1},
    ],
    ids=str,
)
def test_a_coupling_flow_with_other_fields(fields, tmp_path):
    model = coupling("rational_quadratic_spline", dtype="float64", **fields)
    # The error function is one of float32 in every runtime.
    compare(*fitted(model), tmp_path, 1e-6 if fields.get("activation") == "gelu" else 1e-10)


def test_an_autoregressive_flow_goes_the_way_that_is_one_pass(tmp_path):
    for dtype, tolerance in (("float32", 1e-4), ("float64", 1e-10)):
        model, x, context = fitted(
            castalia.AutoregressiveFlow(**SMALL, context_features=1, dtype=dtype)
        )
        compare(model, x, context, tmp_path, tolerance, inverse=False)
        with pytest.raises(castalia.UnsupportedError, match="autoregressive_inverse.*feed-forward"):
            model.export(tmp_path / "inverse.onnx", "inverse")
    assert not (tmp_path / "inverse.onnx").exists()


@pytest.mark.parametrize(
    "layers",
    [
        ["act_norm", "coupling(hidden=8)", "permutation(order=reverse)", "coupling(hidden=8)"],
        ["lu_linear", "leaky_relu(slope=0.4)", "elementwise(bins=4)"],
        ["qr_linear", "orthogonal", "radial"],
    ],
    ids=str,
)
def test_a_composed_flow(layers, tmp_path):
    model = castalia.ComposedFlow(features=2, layers=layers, repeat=2, dtype="float64")
    compare(*fitted(model), tmp_path, 1e-9)


def test_what_the_file_says_of_itself(tmp_path):
    model, *_ = fitted(coupling("affine"))
    found = session(model, "inverse", tmp_path)
    assert [(each.name, each.shape) for each in found.get_inputs()] == [("z", ["rows", 3])]
    assert [each.name for each in found.get_outputs()] == ["x", "log_det"]
    about = found.get_modelmeta()
    assert about.producer_name == "castalia"
    assert about.custom_metadata_map["computes"] == "inverse"
    assert '"transformer"' in about.custom_metadata_map["specification"]


def test_what_cannot_be_written(tmp_path):
    model = coupling("affine")
    path = tmp_path / "model.onnx"
    with pytest.raises(castalia.InvalidArgumentError, match="not been trained"):
        model.export(path)
    fitted(model)
    path.write_text("an older file")
    with pytest.raises(castalia.NotFoundError, match="log_prob"):
        model.export(path, "log_probb")
    with pytest.raises(castalia.UnsupportedError, match="inverse"):
        model.export(path, "sample")
    with pytest.raises(castalia.InvalidArgumentError, match=".onnx"):
        model.export(tmp_path / "model.pt")
    with pytest.raises(castalia.IOError, match="nowhere"):
        model.export(tmp_path / "nowhere" / "model.onnx")
    assert path.read_text() == "an older file"

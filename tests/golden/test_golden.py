"""Our densities against those of an implementation that is not ours (make_coupling_flow.py)."""

import json
import pathlib

import castalia
import numpy as np
import pytest
from safetensors.numpy import load_file

HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 2e-4)])
def test_coupling_flow(dtype, tolerance):
    golden = {
        k: np.array(v) for k, v in json.loads((HERE / "coupling_flow.json").read_text()).items()
    }
    model = castalia.load(HERE / "coupling_flow.safetensors").to(dtype)
    assert np.any(np.abs(golden["x"]) > 3), "some events should lie in the tails"
    z = model.transform(golden["x"], context=golden["context"])
    z = z[0] if isinstance(z, tuple) else z
    np.testing.assert_allclose(z, golden["z"], rtol=0, atol=tolerance)
    log_prob = model.log_prob(golden["x"], context=golden["context"])
    np.testing.assert_allclose(log_prob, golden["log_prob"], rtol=0, atol=10 * tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-4)])
def test_autoregressive_flow_of_nflows(dtype, tolerance):
    golden = {
        k: np.array(v)
        for k, v in json.loads((HERE / "autoregressive_flow.json").read_text()).items()
    }
    state = load_file(HERE / "autoregressive_flow.safetensors")
    model = castalia.from_nflows(state, bound=3.0, dtype=dtype)
    assert np.any(np.abs(golden["x"]) > 3), "some events should lie in the tails"
    z, _ = model.transform(golden["x"], context=golden["context"])
    np.testing.assert_allclose(z, golden["z"], rtol=0, atol=tolerance)
    x, _ = model.inverse(golden["z"], context=golden["context"])
    np.testing.assert_allclose(x, golden["x"], rtol=0, atol=20 * tolerance)
    log_prob = model.log_prob(golden["x"], context=golden["context"])
    np.testing.assert_allclose(log_prob, golden["log_prob"], rtol=0, atol=10 * tolerance)


def test_a_flow_that_cannot_be_carried_over_is_refused():
    state = load_file(HERE / "autoregressive_flow.safetensors")
    with pytest.raises(ValueError, match="no masked autoregressive"):
        castalia.from_nflows({}, bound=3.0)
    residual = {
        **state,
        "_transform._transforms.0.autoregressive_net.blocks.0.linear_layers.0.weight": 0,
    }
    with pytest.raises(ValueError, match="residual blocks"):
        castalia.from_nflows(residual, bound=3.0)
    shuffled = {**state, "_transform._transforms.1._permutation": np.array([1, 0, 2, 3, 4, 5])}
    with pytest.raises(ValueError, match="ReversePermutation"):
        castalia.from_nflows(shuffled, bound=3.0)
    with pytest.raises(ValueError, match="final_layer.bias"):
        castalia.from_nflows(
            {
                k: v
                for k, v in state.items()
                if not k.endswith("2.autoregressive_net.final_layer.bias")
            },
            bound=3.0,
        )


def imported(name):
    tensors = load_file(HERE / "imported_flows.safetensors")
    prefix = f"{name}/state/"
    state = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    return state, {k: tensors.get(f"{name}/{k}") for k in ("x", "context", "log_prob")}


@pytest.mark.parametrize(
    ("name", "read", "settings"),
    [
        ("maf", castalia.from_zuko, {}),
        ("maf_alone", castalia.from_zuko, {}),
        ("real_nvp", castalia.from_zuko, {}),
        ("nflows", castalia.from_nflows, {}),
        ("nflows_couplings", castalia.from_nflows, {"bound": 2.5}),
        ("nflows_couplings_alone", castalia.from_nflows, {"bound": 2.5}),
    ],
)
def test_imported_flows(name, read, settings, tmp_path):
    state, golden = imported(name)
    read(state, dtype="float64", **settings).save(tmp_path / "flow.safetensors")
    flow = castalia.load(tmp_path / "flow.safetensors")
    context = {} if name.endswith("alone") else {"context": golden["context"]}
    log_prob = flow.log_prob(golden["x"], **context)
    np.testing.assert_allclose(log_prob, golden["log_prob"], rtol=0, atol=1e-9)
    single = read(state, dtype="float32", **settings).log_prob(golden["x"], **context)
    np.testing.assert_allclose(single, golden["log_prob"], rtol=1e-5, atol=1e-5)


def test_couplings_of_nflows_that_cannot_be_carried_over_are_refused():
    state, _ = imported("nflows_couplings")
    with pytest.raises(ValueError, match="bound is missing"):
        castalia.from_nflows(state)
    first = "_transform._transforms.0."
    with pytest.raises(ValueError, match="has no identity_features"):
        castalia.from_nflows(
            {k: v for k, v in state.items() if k != f"{first}identity_features"}, bound=2.5
        )
    with pytest.raises(ValueError, match="batch normalisation"):
        more = {f"{first}transform_net.blocks.0.batch_norm_layers.0.weight": np.ones(7)}
        castalia.from_nflows({**state, **more}, bound=2.5)
    with pytest.raises(ValueError, match="ReversePermutation"):
        other = {"_transform._transforms.2._permutation": np.array([1, 0, 2, 3, 4])}
        castalia.from_nflows({**state, **other}, bound=2.5)
    with pytest.raises(ValueError, match="part of"):
        castalia.from_nflows({**state, f"{first}unconditional_transform.x": 0}, bound=2.5)
    with pytest.raises(ValueError, match="within another"):
        castalia.from_nflows({f"_transform.{k}": v for k, v in state.items()}, bound=2.5)
    with pytest.raises(ValueError, match="more than one flow"):
        both = {f"{name}.{k}": v for name in ("a", "b") for k, v in state.items()}
        castalia.from_nflows(both, bound=2.5)
    with pytest.raises(ValueError, match="transform 0 has no tensors"):
        castalia.from_nflows({k: v for k, v in state.items() if first not in k}, bound=2.5)
    with pytest.raises(ValueError, match=r"base\.logits"):
        castalia.from_nflows(state, bound=2.5, base="mixture")
    alone = {f"flow.{k}": v for k, v in state.items()}
    assert castalia.from_nflows(alone, bound=2.5).features == 5


def test_what_cannot_be_imported_from_zuko_is_refused():
    with pytest.raises(ValueError, match="raw parameters of a spline"):
        castalia.from_zuko(imported("nsf")[0])
    state, _ = imported("maf")
    second = "transform.transforms.1."
    with pytest.raises(ValueError, match="randperm"):
        castalia.from_zuko({**state, f"{second}order": np.array([1, 0, 2, 3, 4])})
    with pytest.raises(ValueError, match="masks of transform 1"):
        castalia.from_zuko(
            {**state, f"{second}hyper.2.mask": np.ones_like(state[f"{second}hyper.2.mask"])}
        )
    with pytest.raises(ValueError, match="base.scale"):
        castalia.from_zuko({**state, "base.scale": np.full(5, 2.0)})
    with pytest.raises(ValueError, match="residual networks"):
        castalia.from_zuko({**state, f"{second}hyper.1.0.weight": np.ones((2, 2))})
    with pytest.raises(ValueError, match="transform 1 has no tensors"):
        castalia.from_zuko({k: v for k, v in state.items() if not k.startswith(second)})
    with pytest.raises(ValueError, match="take turns"):
        wider = {
            k.replace("hyper.4", "hyper.6").replace("hyper.2", "hyper.3"): v
            for k, v in state.items()
        }
        castalia.from_zuko(wider)
    couplings, _ = imported("real_nvp")
    with pytest.raises(ValueError, match="a mask keeps"):
        castalia.from_zuko(
            {**couplings, f"{second}mask": np.array([True, False, False, True, False])}
        )

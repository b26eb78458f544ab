"""Our densities against those of an implementation that is not ours (make_coupling_flow.py)."""

import json
import pathlib

import castalia
import numpy as np
import pytest

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

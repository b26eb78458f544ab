"""Densities and the map between data and latent variables."""

import numpy as np


def test_the_map_and_its_inverse(flow, data):
    model = flow.to(np.float64)
    z, log_det = model.transform(data[0])
    x, inverse_log_det = model.inverse(z)
    np.testing.assert_allclose(x, data[0], atol=1e-9)
    np.testing.assert_allclose(inverse_log_det, -log_det, atol=1e-9)


def test_the_density_follows_from_the_map(flow, data):
    model = flow.to("float64")
    z, log_det = model.transform(data[0])
    expected = log_det - 0.5 * (z**2).sum(axis=1) - np.log(2 * np.pi)
    np.testing.assert_allclose(model.log_prob(data[0]), expected, atol=1e-9)


def test_arrays_of_any_kind_are_read(flow, data):
    x = data[0][:8]
    expected = flow.log_prob(x)
    for given in (
        np.asfortranarray(x),
        np.repeat(x, 2, axis=0)[::2],
        x[::-1][::-1],
        x.tolist(),
        x.astype(">f8"),
    ):
        np.testing.assert_array_equal(flow.log_prob(given), expected)
    packed = np.zeros(8, dtype=[("flag", "i1"), ("x", "f8", 2)])
    packed["x"] = x
    np.testing.assert_array_equal(flow.log_prob(packed["x"]), expected)
    assert flow.log_prob(x.astype(np.float32)).dtype == np.float32
    whole = np.arange(4).reshape(2, 2)
    np.testing.assert_array_equal(flow.log_prob(whole), flow.log_prob(whole.astype(float)))


def test_parameters_may_be_set(flow, data):
    model = flow.to("float64")
    values = model.parameters
    assert values.shape == (
        sum(np.prod(p["shape"], dtype=int) for p in model.describe()["parameters"]),
    )
    before = model.log_prob(data[0])
    model.parameters = values * 0.5
    assert not np.allclose(model.log_prob(data[0]), before)
    model.parameters = values
    np.testing.assert_array_equal(model.log_prob(data[0]), before)

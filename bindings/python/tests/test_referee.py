"""The referee: metrics and observables."""

import castalia
import numpy as np
import pytest


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(3)
    return rng.normal(size=(600, 3)), rng.normal(size=(500, 3)), rng.normal(0.5, 1, size=(500, 3))


def test_every_metric_is_described():
    names = [metric["name"] for metric in castalia.metrics()]
    assert len(names) == len(set(names)) > 10
    for metric in castalia.metrics():
        assert metric["summary"] and metric["description"]


def test_equal_samples_are_close_and_others_far(samples):
    reference, same, moved = samples
    near = castalia.evaluate("mmd", same, reference, seed=1)
    far = castalia.evaluate("mmd", moved, reference, seed=1)
    assert abs(near["value"] - near["null_value"]) < 4 * near["null_error"]
    assert far["value"] - far["null_value"] > 10 * far["null_error"]
    assert far["figures"][0]["value"] == far["value"]


def test_threads_change_nothing(samples):
    reference, same, _ = samples
    one, three = (
        castalia.evaluate(
            "mmd", same, reference, seed=2, settings=castalia.Context(training_threads=n)
        )
        for n in (1, 3)
    )
    assert one == three


def test_arrays_and_datasets_with_weights(samples):
    reference, _, moved = samples
    # Weights that undo the move.
    weights = np.exp(-0.5 * (moved[:, 0] ** 2 - (moved[:, 0] - 0.5) ** 2))
    plain = castalia.evaluate("kolmogorov_smirnov", moved[:, :1].copy(), reference[:, :1].copy())
    undone = castalia.evaluate(
        "kolmogorov_smirnov",
        castalia.Dataset(moved[:, :1].copy(), weights=weights),
        reference[:, :1].copy(),
    )
    assert undone["value"] < 0.5 * plain["value"]


def test_errors_name_what_is_wrong(samples):
    reference, same, _ = samples
    with pytest.raises(castalia.NotFoundError, match="mmd"):
        castalia.evaluate("mdd", same, reference)
    with pytest.raises(castalia.ShapeMismatchError, match="2.*3"):
        castalia.evaluate("mmd", same[:, :2].copy(), reference)
    with pytest.raises(castalia.EmptyDataError):
        castalia.evaluate("mmd", same[:1], reference)
    with pytest.raises(castalia.NotFoundError):
        castalia.evaluate("mmd", same, reference, no_such_field=1)


def test_a_callback_sees_progress_and_can_stop(samples):
    reference, same, _ = samples
    seen = []
    castalia.evaluate("mmd", same, reference, callback=lambda share: seen.append(share))
    assert seen and seen == sorted(seen) and seen[-1] <= 1
    with pytest.raises(castalia.CancelledError):
        castalia.evaluate("mmd", same, reference, callback=lambda share: False)


def test_observables_of_events():
    momenta = np.array([[[5.0, 3, 0, 4], [5, -3, 0, 4]], [[10.0, 0, 6, 8], [5, 0, -3, -4]]])
    events = castalia.Dataset(momenta.reshape(2, 8), weights=np.array([1.0, 2]))
    observed = events.observe("kinematics")
    columns = {column["name"]: column for column in observed.describe()["columns"]}
    assert len(observed.columns) == len(columns) == observed.shape[1]
    x, _ = observed.read()
    assert any(np.allclose(x[:, i], [6, np.sqrt(200)]) for i in range(x.shape[1])), "invariant mass"

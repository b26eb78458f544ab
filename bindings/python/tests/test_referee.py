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


def test_metrics_on_the_features_of_a_model(samples):
    reference, same, moved = samples
    weights = np.linspace(0.5, 1.5, len(reference))
    flow = castalia.CouplingFlow(features=3, layers=2, hidden=16, bins=4)
    flow.fit(reference, steps=20, batch=64, progress=False)
    events = castalia.Dataset(reference, weights=weights)
    latent = flow.encode(events)
    z, _ = flow.transform(reference)
    assert np.array_equal(latent.read()[0], z)
    assert np.array_equal(latent.weights(), weights)
    assert np.array_equal(castalia.Dataset(same).weights(3, 2), [1, 1])
    assert latent.columns == ["latent_0", "latent_1", "latent_2"]
    near, far = (
        castalia.evaluate("frechet_distance", flow.encode(castalia.Dataset(x)), latent)
        for x in (same, moved)
    )
    plain = castalia.evaluate(
        "frechet_distance", flow.transform(moved)[0], castalia.Dataset(z, weights=weights)
    )
    assert far["value"] == plain["value"]
    assert far["value"] - far["null_value"] > 3 * far["null_error"]
    assert abs(near["value"] - near["null_value"]) < 5 * near["null_error"]
    with pytest.raises(castalia.ShapeMismatchError, match="2 features.*3"):
        flow.encode(castalia.Dataset(moved[:, :2].copy()))


def test_a_conditional_model_encodes_with_the_context_of_the_events(samples):
    x, context = samples[0][:, :2].copy(), samples[0][:, 2:].copy()
    flow = castalia.CouplingFlow(features=2, context_features=1, layers=2, hidden=16, bins=4)
    flow.fit(x, context, steps=20, batch=64, progress=False)
    latent = flow.encode(castalia.Dataset(x, context))
    assert np.array_equal(latent.read()[0], flow.transform(x, context)[0])
    with pytest.raises(castalia.ShapeMismatchError, match="0 context features.*1"):
        flow.encode(castalia.Dataset(x))


def test_scores_of_jets():
    rng = np.random.default_rng(1)

    def jets(n, width):
        x = rng.normal(0, width, (n, 6, 4))
        x[:, :, 2] = rng.uniform(0.05, 0.3, (n, 6))
        x[:, :, 3] = np.arange(6) < rng.integers(1, 7, n)[:, None]
        return (x * x[:, :, 3:]).reshape(n, -1)

    found = castalia.evaluate("jet_scores", jets(400, 0.15), jets(400, 0.1), events=20, seed=1)
    figures = {each["name"]: each for each in found["figures"]}
    assert list(figures) == ["w1_m", "w1_p", "w1_efp", "coverage", "mmd"]
    assert all(each["null_error"] > 0 and each["error"] > 0 for each in figures.values())
    assert figures["w1_m"]["deviation"] > 5 and figures["w1_p"]["deviation"] > 5
    assert len(found["details"]["w1_p"]) == 3 and len(found["details"]["w1_efp"]) == 5

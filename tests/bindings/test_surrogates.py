"""Simulators from four languages: the examples find the same least, and errors of a simulator come out as
what they were and lose nothing."""

from pathlib import Path

import castalia
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
FOUND = {}


@pytest.mark.parametrize("language", ["c", "fortran", "python", "julia"])
def test_the_example_finds_the_least(programs, tmp_path, language):
    done = programs(language, ROOT / "examples" / language / "optimise")(cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    words = done.stdout.split()
    found = dict(zip(words[::2], map(float, words[1::2]), strict=True))
    assert abs(found["first"] - 0.5) < 0.2 and abs(found["second"] + 0.3) < 0.2
    assert found["objective"] < 0.1 and found["simulated"] == 8 * 8 * 32
    # The simulators give the same numbers, and so does everything after.
    FOUND[language] = found
    assert found == pytest.approx(FOUND["c"], abs=2e-5)


def search(simulator, **options):
    model = castalia.create(
        "gan", features=1, context_features=2, generator_hidden=8, critic_hidden=8, seed=1
    )
    training = dict(steps=3, batch=32, validation=0.0)
    return castalia.Surrogate(
        simulator,
        [0.0, 1.0],
        model=model,
        training=training,
        points=4,
        events=16,
        **options,
    )


def bowl(parameters, rows, x):
    return np.full((len(rows), 1), (parameters**2).sum()) + 0.01 * np.array(rows)[:, None]


def test_an_exception_comes_out_and_loses_nothing():
    class Own(Exception):
        pass

    calls = []

    def simulator(parameters, rows, x):
        calls.append((rows.start, len(rows)))
        if len(calls) == 7:
            raise Own("mine")
        return bowl(parameters, rows, x)

    disturbed, other = search(simulator), search(bowl)
    assert np.isnan(disturbed.best.objective)
    disturbed.advance(1)
    with pytest.raises(Own, match="mine"):
        disturbed.advance(2)
    assert disturbed.step == 1 and disturbed.simulated == 6 * 16
    assert np.isfinite(disturbed.best.objective) and len(disturbed.describe()["points"]) == 6
    disturbed.advance(2)
    other.advance(3)
    assert disturbed.describe() == other.describe()
    assert calls[5] == (80, 16) and calls[6] == calls[7] == (96, 16)


def test_what_a_simulator_gives_is_checked():
    for wrong, error, words in (
        (lambda at, rows, x: np.zeros(3), ValueError, "shape"),
        (lambda at, rows, x: np.full((16, 1), np.nan), castalia.NotFiniteError, "row 0, column 0"),
        (lambda at, rows, x: 1 / 0, ZeroDivisionError, "zero"),
    ):
        with pytest.raises(error, match=words):
            search(wrong).advance(1)
    with pytest.raises(castalia.ShapeMismatchError, match="context features"):
        search(bowl, inputs=np.zeros((5, 1)))
    with pytest.raises(castalia.NotFoundError, match="points"):
        search(bowl, point=3)
    with pytest.raises(TypeError, match="callable"):
        search(None).advance(1)


def test_inputs_and_an_objective():
    model = castalia.create("gan", features=2, context_features=3, generator_hidden=8, seed=1)
    inputs = np.arange(6.0)[:, None]
    seen = []

    def simulator(parameters, rows, x):
        seen.append(x)
        return np.column_stack([parameters[0] + x[:, 0], parameters[1] - x[:, 0]])

    found = castalia.Surrogate(
        simulator,
        [0.0, 1.0],
        model=model,
        inputs=inputs,
        objective=castalia.Target(lambda y: ((y**2).sum(axis=1), 2 * y), features=2, gradient=True),
        training=dict(steps=3, batch=32, validation=0.0),
        points=4,
        events=16,
    )
    found.advance(1)
    assert set(np.concatenate(seen)[:, 0]) <= set(range(6))
    y = simulator([0.0, 1.0], range(16), seen[0])
    np.testing.assert_allclose(found.describe()["points"][0]["objective"], (y**2).sum(1).mean())
    with pytest.raises(castalia.UnsupportedError, match="gradient"):
        castalia.Surrogate(
            simulator,
            [0.0, 1.0],
            model=model,
            inputs=inputs,
            objective=castalia.Target(lambda y: y.sum(axis=1), features=2),
        )


def test_a_response_needs_no_context():
    rng = np.random.default_rng(3)
    label = rng.integers(0, 2, 400).astype(float)
    x = rng.normal(size=(400, 2)) + label[:, None]
    tagger = castalia.create("pivot", features=2, hidden=8, adversary_hidden=8)
    context = np.column_stack([label, rng.normal(size=400)])
    tagger.fit(x, context, steps=60, batch=64, learning_rate=1e-2, progress=False)
    response = tagger.score(x)
    assert response.shape == (400,) and response[label == 1].mean() > response[label == 0].mean()
    with pytest.raises(castalia.InvalidArgumentError, match="reads none for its score"):
        tagger.score(x, context)
    with pytest.raises(castalia.UnsupportedError, match="no score"):
        castalia.CouplingFlow(features=2).score(x)

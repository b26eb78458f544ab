"""Targets from four languages: the examples integrate, and errors of a target come out as what they were."""

import gc
import weakref
from pathlib import Path

import castalia
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
FIELDS = {"objective": "reverse_kl", "steps": 6, "batch": 32, "progress": False}


@pytest.mark.parametrize("language", ["c", "fortran", "python", "julia"])
def test_the_example_integrates(programs, tmp_path, language):
    done = programs(language, ROOT / "examples" / language / "integral")(cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    words = done.stdout.split()
    found = dict(zip(words[::2], map(float, words[1::2]), strict=True))
    assert abs(found["log_z"] - found["exact"]) < 4 * found["error"] + 1e-5
    assert found["effective"] > 0.9 and 0 < found["acceptance"] <= 1


def flow(**fields):
    return castalia.CouplingFlow(features=2, layers=2, hidden=8, bins=4, **fields)


def quartic(x):
    return -(x**4).sum(axis=1), -4 * x**3


def test_an_exception_ends_training_and_leaves_a_trainer_that_goes_on():
    class Own(Exception):
        pass

    fail = []

    def density(x):
        if fail:
            raise Own("mine")
        return quartic(x)

    target = castalia.Target(density, features=2, gradient=True)
    with castalia.Trainer(
        flow(), target=target, objective="reverse_kl", steps=6, batch=32
    ) as trainer:
        trainer.advance(2)
        fail.append(True)
        with pytest.raises(Own, match="mine"):
            trainer.advance(1)
        assert trainer.status.step == 2
        fail.clear()
        assert trainer.advance(9).finished
        assert len(trainer.history["log_z"]) == len(trainer.history["step"])


def test_what_a_target_gives_is_checked():
    for wrong, words in (
        (lambda x: np.zeros(3), "log-density.*shape"),
        (lambda x: "high", "high"),
        (lambda x: (quartic(x)[0], np.zeros((3, 2))), "log-density|shape"),
    ):
        with pytest.raises(ValueError, match=words):
            flow().fit(target=castalia.Target(wrong, features=2), **FIELDS)
    with pytest.raises(castalia.NotFiniteError, match="row 0"):
        castalia.Target(lambda x: np.full(len(x), np.nan), features=2).log_density(np.zeros((1, 2)))
    with pytest.raises(castalia.UnsupportedError, match="no gradient"):
        castalia.Target(lambda x: x[:, 0], features=2).gradient(np.zeros((1, 2)))
    with pytest.raises(TypeError, match="features"):
        castalia.Target(quartic)


def test_a_target_may_be_another_model():
    """The library is called from within a call of the library."""
    teacher = flow().fit(castalia.normal((500, 2), seed=1), steps=20, batch=64, progress=False)
    target = castalia.Target(teacher.log_prob, features=2)
    found = teacher.weigh(target, 500, seed=1)
    np.testing.assert_allclose(found.log_weights, 0, atol=1e-5)
    assert found.effective_sample_size == pytest.approx(500)
    pupil = flow().fit(target=target, **FIELDS)
    assert np.isfinite(pupil.sample(10)).all()


def test_a_conditional_target():
    context = castalia.uniform((400, 1), seed=3)
    model = flow(context_features=1)
    seen = []

    def density(x, c):
        seen.append(c.shape)
        return -0.5 * ((x - c) ** 2).sum(axis=1), c - x

    target = castalia.Target(density, features=2, gradient=True)
    events = castalia.normal((400, 2), seed=2) + context
    model.fit(events, context, target=target, **{**FIELDS, "steps": 300, "learning_rate": 0.01})
    assert set(seen) == {(32, 1)}
    found = model.weigh(target, context=context, seed=1)
    assert found.effective_sample_size > 300
    assert abs(found.log_z - np.log(2 * np.pi)) < 5 * found.log_z_error + 1e-3


def test_the_function_lives_as_long_as_it_is_needed():
    class Density:
        def __call__(self, x):
            return -0.5 * (x**2).sum(axis=1)

    density = Density()
    alive = weakref.ref(density)
    target = castalia.Target(density, features=2)
    trainer = castalia.Trainer(flow(), target=target, objective="forward_kl", steps=4, batch=32)
    del density, target
    gc.collect()
    trainer.advance(4)
    trainer.finish()
    assert alive() is not None
    del trainer
    gc.collect()
    assert alive() is None


def test_the_built_in_targets():
    points = castalia.uniform((50, 2), seed=1)
    for entry in castalia.targets():
        fields = (
            {"centres": [0.2, 0.3], "widths": [0.5]} if entry["name"] == "gaussian_mixture" else {}
        )
        target = castalia.Target(entry["name"], **fields)
        assert target.describe()["features"] == 2
        shift = np.array([1e-6, 0])
        slope = (target.log_density(points + shift) - target.log_density(points - shift)) / 2e-6
        np.testing.assert_allclose(target.gradient(points)[:, 0], slope, rtol=1e-4, atol=1e-5)

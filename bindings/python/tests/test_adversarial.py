"""Adversarial models: what their checkpoints belong to, totals of images, settings without effect."""

import castalia
import numpy as np
import pytest

GAN = dict(generator_hidden=16, generator_layers=1, critic_hidden=16, critic_layers=1)
IMAGES = dict(shape=[4, 4], channels=2, latent=4, smallest=2)


@pytest.fixture(scope="module")
def events():
    return np.random.default_rng(1).normal(size=(300, 3))


@pytest.fixture(scope="module")
def images():
    cells = np.random.default_rng(2).exponential(size=(300, 16))
    return cells, cells.sum(1, keepdims=True)


def test_a_checkpoint_belongs_to_its_model(events, tmp_path):
    training = dict(steps=4, batch=32, progress=False, checkpoint=tmp_path / "run.checkpoint")
    castalia.Gan(features=3, **GAN).fit(events, **training)
    castalia.Gan(features=3, **GAN).fit(events, **training)
    for other in (
        castalia.Gan(features=3, generator_activation="tanh", **GAN),
        castalia.EventGan(
            features=3, masses=[0.1], resonances=[], mmd_widths=[], mmd_weight=0, **GAN
        ),
    ):
        with pytest.raises(castalia.InvalidArgumentError, match="another run"):
            other.fit(events, **training)


def test_images_have_their_total_whatever_the_threshold(images):
    x, total = images
    model = castalia.Dcgan(context_features=1, total_column=0, threshold=0.5, **IMAGES)
    model.fit(x, total, steps=4, batch=32, progress=False)
    asked = np.geomspace(0.6, 200, 50)[:, None]
    drawn = model.sample(context=asked, dtype=np.float64)
    np.testing.assert_allclose(drawn.sum(1), asked[:, 0], rtol=1e-6)
    assert np.all((drawn == 0) | (drawn >= 0.5))
    assert not model.sample(context=[[0.4]]).any()


def test_totals_are_those_of_the_cells(images):
    x, total = images
    model = castalia.Dcgan(context_features=1, total_column=0, **IMAGES)
    with pytest.raises(castalia.OutOfRangeError, match="row 0, column 0.*add up to"):
        model.fit(x, 2 * total, steps=4, batch=32, progress=False)


def test_a_batch_without_weight_does_no_harm(events):
    weights = np.zeros(300)
    weights[:3] = 1.0
    model = castalia.Gan(features=3, **GAN)
    model.fit(events, weights=weights, steps=20, batch=16, validation=0, progress=False)
    assert np.isfinite(model.parameters).all()


@pytest.mark.parametrize(
    "architecture, fields, training, words",
    [
        ("style_gan", dict(truncation=0.5, **IMAGES), {}, "style_truncation"),
        ("gan", dict(features=3, **GAN), dict(regularisers=["r1", "r1"]), "twice"),
        (
            "event_gan",
            dict(features=3, masses=[0.1], resonances=["0 0"], mmd_widths=[1.0], **GAN),
            {},
            "twice",
        ),
        (
            "event_gan",
            dict(features=3, masses=[0.1], resonances=[], mmd_widths=[], critic_masses=True, **GAN),
            {},
            "no effect",
        ),
        ("symmetry_gan", dict(features=3), dict(patience=2), "no effect"),
        ("symmetry_gan", dict(features=3), dict(judge="foo"), "foo"),
        ("gan", dict(features=3, **GAN), dict(validation=0.001, patience=1), "leaves none"),
    ],
)
def test_what_would_have_no_effect_is_refused(events, architecture, fields, training, words):
    with pytest.raises(castalia.Error, match=words):
        castalia.create(architecture, **fields).fit(
            events, steps=4, batch=32, progress=False, **training
        )


def test_a_threshold_above_all_cells_is_refused(images):
    with pytest.raises(castalia.InvalidArgumentError, match="below the threshold"):
        castalia.Dcgan(threshold=1e9, **IMAGES).fit(images[0], steps=4, batch=32, progress=False)


def test_a_model_is_not_copied():
    import copy

    with castalia.Gan(features=3) as model:
        for copied in (copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="cannot be copied"):
                copied(model)
        assert model.features == 3


@pytest.mark.parametrize("computes", ["log_prob", "score"])
def test_what_a_model_cannot_do_is_said_before_what_is_missing_for_it(computes):
    with castalia.Gan(features=3, context_features=2) as model:
        with pytest.raises(castalia.UnsupportedError, match=f"gan has no {computes}"):
            getattr(model, computes)(np.zeros((1, 3)))


@pytest.mark.parametrize("transformation, able", [("rotation", True), ("dense", False)])
def test_a_description_lists_what_the_very_model_can_do(transformation, able):
    with castalia.SymmetryGan(features=2, transformation=transformation) as model:
        assert ("inverse" in model.describe()["capabilities"]) == able

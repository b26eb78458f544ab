"""Four languages: each trains, saves, loads and draws, and all draw the same events from all files."""

from pathlib import Path

import castalia
import numpy as np
import pytest

HERE = Path(__file__).parent
LANGUAGES = ("c", "fortran", "python", "julia")


def succeed(done):
    assert done.returncode == 0, done.stderr
    assert done.stdout == "" and done.stderr == ""


@pytest.fixture(scope="module")
def trained(programs, tmp_path_factory):
    """trained(language): the file of the model that this language's program trained."""
    folder = tmp_path_factory.mktemp("models")

    def path_of(language):
        path = folder / f"{language}.safetensors"
        if not path.exists():
            succeed(programs(language, HERE / "cross" / "cross")("train", path))
        return path

    return path_of


@pytest.mark.parametrize("trainer", LANGUAGES)
@pytest.mark.parametrize("sampler", LANGUAGES)
def test_events_are_the_same(programs, trained, tmp_path, trainer, sampler):
    model = trained(trainer)
    succeed(programs(sampler, HERE / "cross" / "cross")("sample", model, tmp_path / "events.h5"))
    whole = castalia.hdf5_read(tmp_path / "events.h5", "whole")
    drawn = castalia.hdf5_read(tmp_path / "events.h5", "drawn")
    assert whole.shape == (50, 2) and np.isfinite(whole).all() and whole.std() > 0
    np.testing.assert_array_equal(whole, drawn)
    expected = castalia.load(trained("c")).sample(50, seed=7, first_event=100, dtype=np.float64)
    np.testing.assert_array_equal(whole, expected)

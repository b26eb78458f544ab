"""Events: the same ones in whatever way they are drawn, in the caller's own memory."""

import threading

import castalia
import numpy as np
import pytest


def test_an_event_is_the_same_in_any_range(flow):
    whole = flow.sample(50, seed=3)
    assert whole.shape == (50, 2) and whole.dtype == np.float32
    assert np.isfinite(whole).all()
    np.testing.assert_array_equal(flow.sample(20, seed=3, first_event=30), whole[30:])
    assert not np.array_equal(flow.sample(50, seed=4), whole)


def test_a_sampler_goes_on_and_back(flow):
    whole = flow.sample(30, seed=5)
    with flow.sampler(5) as sampler:
        np.testing.assert_array_equal(sampler.next(7), whole[:7])
        np.testing.assert_array_equal(sampler.next(13), whole[7:20])
        assert sampler.tell() == 20
        sampler.seek(10)
        np.testing.assert_array_equal(sampler.next(1), whole[10:11])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_go_to_the_callers_memory_of_any_strides(flow, dtype):
    expected = flow.sample(6, seed=2, dtype=dtype)
    column_major = np.zeros((2, 6), dtype).T
    every_other = np.zeros((12, 4), dtype)[::2, ::2]
    backwards = np.zeros((6, 2), dtype)[::-1, ::-1]
    for out in (column_major, every_other, backwards):
        assert flow.sample(out=out, seed=2) is out
        np.testing.assert_array_equal(out, expected)


def test_a_result_array_must_fit(flow):
    with pytest.raises(TypeError, match="float32 or float64"):
        flow.sample(out=np.zeros((3, 2), int))
    read_only = np.zeros((3, 2))
    read_only.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        flow.sample(out=read_only)
    with pytest.raises(ValueError, match="3 rows"):
        flow.sample(4, out=np.zeros((3, 2)))
    with pytest.raises(castalia.ShapeMismatchError):
        flow.sample(out=np.zeros((3, 5)))


def test_the_context_counts_the_events_and_changes_them(conditional):
    low = conditional.sample(context=np.full((40, 1), -2.0), seed=1)
    high = conditional.sample(context=np.full((40, 1), 2.0), seed=1)
    assert low.shape == (40, 2)
    assert high[:, 0].mean() > low[:, 0].mean()


def test_a_condition_outside_the_training_is_warned_of(tmp_path):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(400, 2))
    context = np.stack([rng.uniform(1, 50, 400), rng.uniform(-1, 1, 400)], 1)
    lines = []
    settings = castalia.Context(log=lambda level, message: lines.append((level, message)))
    model = castalia.create(
        "coupling_flow",
        features=2,
        context_features=2,
        layers=1,
        hidden=8,
        context_names=["energy", "eta"],
        settings=settings,
    )
    model.fit(x, context=context, steps=2, batch=64, progress=False)
    path = tmp_path / "model.safetensors"
    model.save(path)
    low, high = context[:, 0].min(), context[:, 0].max()
    for each in (model, castalia.load(path, settings=settings)):
        lines.clear()
        each.sample(context=context)
        assert lines == []
        # Two of three lie outside: one warning, of the first; and the events are drawn.
        asked = np.array([[low, 0.0], [high + 70, 0.0], [2 * high, 5.0]])
        events = each.sample(context=asked, seed=1)
        assert np.isfinite(events).all()
        with each.sampler(1) as sampler:
            np.testing.assert_array_equal(sampler.next(context=asked), events)
        assert len(lines) == 2 and lines[0] == lines[1]
        level, message = lines[0]
        assert level == 2
        assert message.startswith("context row 1, column 0 (energy): ")
        found = [float(word.rstrip(",")) for word in message.split() if word[0].isdigit()]
        np.testing.assert_allclose(found[-3:], [high + 70, low, high], rtol=1e-4)
        np.testing.assert_array_equal(castalia.load(path).sample(context=asked, seed=1), events)


def test_many_threads_share_a_model(flow):
    expected = flow.sample(200, seed=9)
    drawn = [None] * 4

    def draw(place):
        drawn[place] = flow.sample(50, seed=9, first_event=50 * place)

    threads = [threading.Thread(target=draw, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(np.concatenate(drawn), expected)


def test_hosts_numbers_belong_to_their_event():
    whole = castalia.uniform((10, 3), seed=1, stage=2)
    assert ((whole > 0) & (whole < 1)).all()
    np.testing.assert_array_equal(
        castalia.uniform((4, 3), seed=1, first_event=6, stage=2), whole[6:]
    )
    assert abs(castalia.normal((20000, 1), seed=1).mean()) < 0.03
    with pytest.raises(castalia.OutOfRangeError, match="stage"):
        castalia.uniform((1, 1), seed=1, stage=1000)

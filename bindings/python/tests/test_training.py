"""Training: the loop, its callbacks, what it leaves behind."""

import os
import signal
import threading
import time

import castalia
import numpy as np
import pytest


def test_a_callback_sees_the_steps_and_may_stop(data, new_flow, training):
    seen = []
    model = new_flow().fit(data[0], progress=False, callback=seen.append, **training)
    assert seen[-1].step == seen[-1].steps == 40 and seen[-1].finished
    assert np.isfinite(seen[-1].loss)
    model.sample(1)

    model.fit(
        data[0], progress=False, callback=lambda status: False, **{**training, "steps": 10**6}
    )
    model.sample(1)


def test_what_a_callback_raises_comes_out_and_the_model_is_as_it_was(flow, data, training):
    before = flow.parameters

    def fail(status):
        raise LookupError("the caller's own")

    with pytest.raises(LookupError, match="the caller's own"):
        flow.fit(data[0], progress=False, callback=fail, **training)
    np.testing.assert_array_equal(flow.parameters, before)


def test_what_the_low_layers_callback_raises_comes_out(flow, data, training):
    low = castalia._low

    def fail(step, steps, loss, validation_loss):
        raise LookupError("from within")

    config = castalia._handles.Config(training)
    dataset = castalia.Dataset(data[0])
    with pytest.raises(LookupError, match="from within"):
        low.castalia_model_fit(flow._handle, dataset._handle, config._handle, fail)
    with pytest.raises(castalia.CancelledError):
        low.castalia_model_fit(flow._handle, dataset._handle, config._handle, lambda *_: True)


@pytest.fixture
def interruptible():
    """Shells start what runs in the background with the signal ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_training(flow, data, training, interruptible):
    before = flow.parameters
    started = time.monotonic()
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        flow.fit(
            data[0],
            progress=False,
            callback=lambda status: time.monotonic() - started < 20,
            **{**training, "steps": 10**9},
        )
    assert time.monotonic() - started < 10
    np.testing.assert_array_equal(flow.parameters, before)


def test_a_trainer_makes_its_model_busy(data, new_flow, training):
    model = new_flow()
    with (
        castalia.Dataset(data[0]) as dataset,
        castalia.Trainer(model, dataset, **training) as trainer,
    ):
        with pytest.raises(castalia.BusyError):
            castalia.Trainer(model, dataset, **training)
        while not trainer.advance(10).finished:
            pass
        trainer.finish()
        history = trainer.history
    assert len(history["step"]) == len(history["loss"]) > 0
    model.sample(1)


def test_training_resumes_to_the_same_weights(data, tmp_path, new_flow, training):
    whole = new_flow().fit(data[0], progress=False, **training)
    path = tmp_path / "state"
    with castalia.Dataset(data[0]) as dataset:
        with castalia.Trainer(new_flow(), dataset, **training) as trainer:
            trainer.advance(15)
            trainer.checkpoint(path)
        model = new_flow()
        model.fit(dataset, progress=False, checkpoint=path, **training)
    np.testing.assert_array_equal(model.parameters, whole.parameters)


def test_the_bar_is_drawn(data, capsys, monkeypatch, new_flow, training):
    new_flow().fit(data[0], progress=True, **training)
    assert "40/40" in capsys.readouterr().err
    monkeypatch.setitem(__import__("sys").modules, "tqdm", None)
    new_flow().fit(data[0], progress=True, **training)
    err = capsys.readouterr().err
    assert "40/40" in err and "loss" in err


def test_weights_are_taken(data, new_flow, training):
    weights = np.linspace(0, 1, len(data[0]))
    model = new_flow().fit(data[0], weights=weights, progress=False, **training)
    assert np.isfinite(model.parameters).all()

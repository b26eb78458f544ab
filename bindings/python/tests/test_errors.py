"""Exceptions: Castalia's own and the built-in class that fits, with the library's message."""

import copy
import pickle

import castalia
import numpy as np
import pytest

CASES = [
    (lambda flow: castalia.CouplingFlow(featurs=2), castalia.NotFoundError, KeyError, "features"),
    (
        lambda flow: castalia.CouplingFlow(features="two"),
        castalia.InvalidArgumentError,
        ValueError,
        "features",
    ),
    (
        lambda flow: castalia.CouplingFlow(features=0),
        castalia.OutOfRangeError,
        ValueError,
        "features",
    ),
    (
        lambda flow: castalia.CouplingFlow(features=2, bound=float("inf")),
        castalia.InvalidArgumentError,
        ValueError,
        "bound",
    ),
    (
        lambda flow: flow.log_prob([[0.0, 1e300]]),
        castalia.OutOfRangeError,
        ValueError,
        "column 1: 1e+300",
    ),
    (lambda flow: castalia.load("/no/such/file"), castalia.IOError, OSError, "/no/such/file"),
    (lambda flow: flow.log_prob(np.zeros((3, 5))), castalia.ShapeMismatchError, ValueError, "5"),
    (lambda flow: flow.log_prob([[0.0, np.nan]]), castalia.NotFiniteError, ValueError, "column 1"),
    (lambda flow: castalia.Dataset(np.zeros((0, 2))), castalia.EmptyDataError, ValueError, "x"),
    (
        lambda flow: castalia.CouplingFlow(features=2, device="cuda:99"),
        castalia.DeviceUnavailableError,
        RuntimeError,
        "cuda:99",
    ),
]


@pytest.mark.parametrize("call, own, builtin, words", CASES)
def test_a_failure_is_of_both_classes(flow, call, own, builtin, words):
    with pytest.raises(own) as caught:
        call(flow)
    assert isinstance(caught.value, builtin) and isinstance(caught.value, castalia.Error)
    assert words in str(caught.value)
    assert (
        caught.value.name
        in (
            "NOT_FOUND INVALID_ARGUMENT OUT_OF_RANGE IO_ERROR SHAPE_MISMATCH "
            "NOT_FINITE EMPTY_DATA DEVICE_UNAVAILABLE"
        ).split()
    )


def test_a_path_is_not_cut_at_a_null_character(flow, tmp_path):
    with pytest.raises(ValueError, match="null"):
        flow.save(str(tmp_path / "a\0b"))
    assert not list(tmp_path.iterdir())


def test_an_error_survives_pickling():
    error = castalia.NotFoundError(3, "unknown field")
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is type(error) and other.code == 3 and str(other) == "unknown field"


def test_what_is_not_a_number_is_refused(flow):
    for values in (np.zeros((2, 2), complex), np.array([["a", "b"]]), np.array([[None, None]])):
        with pytest.raises(TypeError, match="real numbers"):
            flow.log_prob(values)


def test_an_object_is_of_no_use_after_close(flow):
    sampler = flow.sampler(1)
    sampler.close()
    sampler.close()
    with pytest.raises(castalia.InvalidHandleError, match="closed"):
        sampler.next(1)


def test_messages_of_a_log_that_fails_come_out():
    with pytest.raises(TypeError):
        castalia._low.castalia_context_set_log(castalia.Context()._handle, "not callable")

"""Tensors of other libraries, by DLPack."""

import castalia
import numpy as np
import pytest


class Tensor:
    """What speaks DLPack and nothing else."""

    def __init__(self, array):
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype

    def __dlpack__(self, **options):
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


def small_flow(**fields):
    flow = castalia.CouplingFlow(features=2, layers=2, hidden=8, **fields)
    flow.fit(np.random.default_rng(1).normal(size=(64, 2)), steps=2, batch=32, validation=0)
    return flow


def test_a_tensor_of_the_host_is_read_where_it_lies():
    flow = small_flow()
    x = np.random.default_rng(2).normal(size=(5, 2)).astype(np.float32)
    assert np.array_equal(flow.log_prob(Tensor(x)), flow.log_prob(x))


class Elsewhere:
    """A tensor that says that it lies on a GPU."""

    shape = (5, 2)

    def __init__(self, dtype):
        self.dtype = dtype

    def __len__(self):
        return 5

    def __dlpack_device__(self):
        return (2, 0)

    def __dlpack__(self, **options):
        raise BufferError("gone")


def test_a_tensor_of_integers_on_a_device_is_refused():
    flow = small_flow()
    with pytest.raises(TypeError, match="int64"):
        flow.log_prob(Elsewhere("torch.int64"))
    with pytest.raises(TypeError, match="out has elements"):
        flow.sample(out=Elsewhere("torch.int64"))


def test_the_owners_refusal_comes_through():
    with pytest.raises(BufferError, match="gone"):
        small_flow().log_prob(Elsewhere("torch.float32"))


def test_tensors_on_a_device():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available() or castalia.info()["no_cuda"]:
        pytest.skip("no device")
    flow = small_flow(device="cuda:0")
    x = torch.randn(300, 2, device="cuda:0")
    expected = flow.log_prob(x.cpu().numpy())
    assert np.array_equal(flow.log_prob(x), expected)
    out = torch.empty(300, device="cuda:0")
    assert flow.log_prob(x, out=out) is out
    assert np.array_equal(out.cpu().numpy(), expected)
    drawn = torch.empty(300, 2, device="cuda:0", dtype=torch.float64)
    flow.sample(seed=3, out=drawn)
    assert np.array_equal(drawn.cpu().numpy(), flow.sample(300, seed=3, dtype=np.float64))
    with pytest.raises(castalia.Error, match="dense"):
        flow.log_prob(x.T.contiguous().T)
    with pytest.raises(castalia.Error, match="computes on cpu"):
        small_flow().log_prob(x)

"""Model files, HDF5 and event files."""

import castalia
import numpy as np
import pytest


def test_a_model_comes_back(flow, data, tmp_path):
    path = tmp_path / "flow.safetensors"
    flow.save(path)
    loaded = castalia.load(path)
    assert type(loaded) is castalia.CouplingFlow
    np.testing.assert_array_equal(loaded.parameters, flow.parameters)
    np.testing.assert_array_equal(loaded.sample(20, seed=1), flow.sample(20, seed=1))
    np.testing.assert_array_equal(loaded.log_prob(data[0]), flow.log_prob(data[0]))
    assert loaded.describe()["specification"] == flow.describe()["specification"]
    plan = loaded.plan("log_prob", events=5)
    assert plan["rows"] == 8 and plan["steps"] and plan["arena_bytes"] > 0
    with pytest.raises(castalia.NotFoundError, match="log_prob"):
        loaded.plan("energy")


def test_products_of_a_model_read_what_they_are_told_to(flow, tmp_path):
    path = tmp_path / "flow.safetensors"
    flow.save(path)
    exact = flow.sample(200, seed=1)
    rounded = castalia.load(path, products="bfloat16_emulated").sample(200, seed=1)
    assert 0 < np.abs(rounded - exact).max() < 1
    np.testing.assert_array_equal(
        castalia.load(path, products="float32").sample(200, seed=1), exact
    )
    with pytest.raises(castalia.DeviceUnavailableError, match="a CUDA device computes them"):
        castalia.load(path, products="tf32")
    with pytest.raises(castalia.OutOfRangeError, match="bfloat16_emulated, tf32"):
        castalia.load(path, products="float16")


def test_hdf5_reads_what_h5py_wrote_and_the_other_way_round(tmp_path):
    h5py = pytest.importorskip("h5py")
    x = np.arange(24, dtype=np.float64).reshape(2, 3, 4)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = x
    assert castalia.hdf5_shape(tmp_path / "a.h5", "x") == (2, 3, 4)
    np.testing.assert_array_equal(castalia.hdf5_read(tmp_path / "a.h5", "x"), x)
    np.testing.assert_array_equal(
        castalia.hdf5_read(tmp_path / "a.h5", "x", first=1, dtype=np.float32), x[1:]
    )

    castalia.hdf5_write(tmp_path / "b.h5", "y", x.transpose(0, 2, 1))
    castalia.hdf5_write(tmp_path / "b.h5", "y", x.transpose(0, 2, 1)[:1])
    with h5py.File(tmp_path / "b.h5") as file:
        np.testing.assert_array_equal(file["y"], np.concatenate([x, x[:1]]).transpose(0, 2, 1))


def test_a_dataset_is_read_from_hdf5(tmp_path, data):
    castalia.hdf5_write(tmp_path / "d.h5", "x", data[0])
    castalia.hdf5_write(tmp_path / "d.h5", "c", data[1])
    dataset = castalia.Dataset.open(tmp_path / "d.h5", "x", "c")
    assert dataset.shape == (1000, 2, 1) and len(dataset) == 1000
    x, context = dataset.read(first=10, n=5)
    np.testing.assert_array_equal(x, data[0][10:15])
    np.testing.assert_array_equal(context, data[1][10:15])


EVENT = dict(
    ids=[2, -2, 23, 13, -13],
    status=[-1, -1, 2, 1, 1],
    mothers=[[0, 0], [0, 0], [1, 2], [3, 3], [3, 3]],
    momenta=[[50, 0, 0, 50], [50, 0, 0, -50], [100, 0, 0, 0], [50, 50, 0, 0], [50, -50, 0, 0]],
    masses=[0, 0, 100, 0, 0],
)


@pytest.mark.parametrize("format", ["lhe", "hepmc3"])
def test_an_event_file_appears_when_it_is_finished(tmp_path, format):
    path = tmp_path / "events"
    with castalia.EventWriter(path, format, energy=6500) as writer:
        writer.write(**EVENT, weight=2.0)
        assert not path.exists()
    assert path.stat().st_size > 0

    abandoned = tmp_path / "abandoned"
    with pytest.raises(LookupError), castalia.EventWriter(abandoned, format) as writer:
        writer.write(**EVENT)
        raise LookupError
    assert not abandoned.exists()


def test_an_event_needs_arrays_that_fit(tmp_path):
    writer = castalia.EventWriter(tmp_path / "e", "lhe")
    with pytest.raises(ValueError, match="momenta has 16 elements; 5 particles need 20"):
        writer.write(**{**EVENT, "momenta": EVENT["momenta"][:4]})

"""Files that Castalia writes, read by the packages that people use; and the other way round.

Needs `bazel build //tests/interop:files`. CASTALIA_BUILD names the build's output where it is not
bazel-bin.
"""

import os
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pyhepmc
import pylhe
import pytest
import safetensors
import safetensors.numpy

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CASTALIA_BUILD", ROOT / "bazel-bin"))
PROGRAM = BUILD / "tests/interop/files"
LIBRARY = BUILD / "cpp/io/library/libcastalia_io.so"
TOLERANCE = 1e-6


def files(*arguments):
    environment = dict(os.environ, CASTALIA_IO_LIBRARY=str(LIBRARY))
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)], env=environment, capture_output=True, text=True
    )
    assert done.stdout == ""
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("written")
    done = files("write", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def events(folder):
    """What the event files hold: (event, particle, E px py pz m)."""
    with h5py.File(folder / "events.h5") as file:
        return file["events"][:]


def check_momenta(momenta):
    """Balance and mass shells of (event, particle, E px py pz m): 2 incoming, Z, 2 muons, recoil."""
    energy, p, mass = momenta[..., 0], momenta[..., 1:4], momenta[..., 4]
    shell = np.abs(energy**2 - (p**2).sum(-1) - mass**2)
    assert np.all(shell <= TOLERANCE * energy**2)
    total = energy[:, :2].sum(1)[:, None]
    four = momenta[..., :4]
    assert np.all(np.abs(four[:, :2].sum(1) - four[:, 3:].sum(1)) <= TOLERANCE * total)
    assert np.all(np.abs(four[:, 2] - four[:, 3:5].sum(1)) <= TOLERANCE * total)


def test_safetensors_reads_ours(folder):
    path = folder / "castalia.safetensors"
    tensors = safetensors.numpy.load_file(path)
    np.testing.assert_array_equal(
        tensors["f32"], np.array([[1.5, -0.0, 3e38], [4, 5, 6]], np.float32), strict=True
    )
    np.testing.assert_array_equal(tensors["f64"], np.array([0.1, -1e-308]), strict=True)
    np.testing.assert_array_equal(
        tensors["i32"], np.array([[-1, 2**31 - 1]], np.int32), strict=True
    )
    np.testing.assert_array_equal(tensors["i64"], np.array(-(2**63)), strict=True)
    with safetensors.safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    assert metadata["specification"] == '{"features": 9}'
    assert metadata["particle"] == "μ⁺"


def test_we_read_safetensors(tmp_path):
    rng = np.random.default_rng(1)
    tensors = {
        "b.weight": rng.normal(size=(5, 7)).astype(np.float32),
        "a": rng.normal(size=(3,)),
        "steps": np.array([1, -2, 3], np.int32),
        "n": np.array(2**40),
        "empty": np.zeros((0, 4), np.float32),
    }
    metadata = {"who": "another program", "quote": 'a "quoted"\nline'}
    safetensors.numpy.save_file(tensors, tmp_path / "theirs", metadata=metadata)
    done = files("copy-safetensors", tmp_path / "theirs", tmp_path / "ours")
    assert done.returncode == 0, done.stderr
    copy = safetensors.numpy.load_file(tmp_path / "ours")
    assert copy.keys() == tensors.keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(copy[name], tensor, strict=True)
    with safetensors.safe_open(tmp_path / "ours", framework="numpy") as file:
        assert file.metadata().items() >= metadata.items()


def test_half_precision_is_refused_by_name(tmp_path):
    safetensors.numpy.save_file({"h": np.zeros(2, np.float16)}, tmp_path / "half")
    done = files("copy-safetensors", tmp_path / "half", tmp_path / "ours")
    assert done.returncode == 1
    assert "tensor 'h'" in done.stderr and "F16" in done.stderr


def test_h5py_reads_ours(folder):
    with h5py.File(folder / "castalia.h5") as file:
        assert file["particles"].dtype == np.float64
        assert file["particles"].compression == "gzip"
        np.testing.assert_array_equal(
            file["particles"][:], np.arange(12000.0).reshape(1000, 3, 4), strict=True
        )
        assert file["run/f32"].dtype == np.float32
        assert file["run/i32"][1] == 2**31 - 1
        assert file["run/i64"][0] == -(2**63)


@pytest.mark.parametrize("stored", ["f4", ">f8", "f2", "i1", "u2", "<u4", "i8", "?"])
@pytest.mark.parametrize(
    "options", [{}, {"chunks": (7, 3), "compression": "gzip", "shuffle": True}]
)
def test_we_read_h5py(tmp_path, stored, options):
    values = (np.arange(300).reshape(100, 3) % 100).astype(stored)
    with h5py.File(tmp_path / "theirs.h5", "w") as file:
        file.create_dataset("group/x", data=values, **options)
        file["words"] = "not numbers"
    done = files("copy-hdf5", tmp_path / "theirs.h5", "group/x", tmp_path / "ours.h5")
    assert done.returncode == 0, done.stderr
    with h5py.File(tmp_path / "ours.h5") as file:
        np.testing.assert_array_equal(file["group/x"][:].astype(stored), values)


def test_data_sets_that_are_not_numbers(tmp_path):
    with h5py.File(tmp_path / "theirs.h5", "w") as file:
        file["words"] = ["not", "numbers"]
    done = files("copy-hdf5", tmp_path / "theirs.h5", "words", tmp_path / "ours.h5")
    assert done.returncode == 1
    assert done.stderr.startswith("DTYPE_MISMATCH: data set 'words'")


def test_pylhe_reads_ours(folder, events):
    file = pylhe.LHEFile.fromfile(str(folder / "castalia.lhe"))
    assert (file.init.initInfo.beamA, file.init.initInfo.energyA) == (2212, 6500.0)
    assert (file.init.procInfo[0].xSection, file.init.procInfo[0].error) == (12.5, 0.25)
    assert file.init.generators[0].name == "Castalia"
    assert file.init.generators[0].description == "muons & recoil"
    found = list(file.events)
    assert len(found) == len(events)
    momenta = np.array([[[p.e, p.px, p.py, p.pz, p.m] for p in e.particles] for e in found])
    np.testing.assert_array_equal(momenta, events)
    check_momenta(momenta)
    for event in found:
        assert [int(p.status) for p in event.particles] == [-1, -1, 2, 1, 1, 1]
        assert [int(p.id) for p in event.particles] == [21, 21, 23, -13, 13, 21]


def test_pyhepmc_reads_ours(folder, events):
    with pyhepmc.open(folder / "castalia.hepmc3") as file:
        found = [event for event in file]
    assert len(found) == len(events)
    for number, (event, wanted) in enumerate(zip(found, events, strict=True)):
        assert event.event_number == number
        assert event.momentum_unit == pyhepmc.Units.GEV
        assert event.length_unit == pyhepmc.Units.MM
        assert event.weights == [1.0]
        assert event.cross_section.xsec() == 12.5
        assert event.run_info.tools[0].name == "Castalia"
        z = next(p for p in event.particles if p.pid == 23)
        assert sorted(p.pid for p in z.end_vertex.particles_out) == [-13, 13]
        assert [p.status for p in z.production_vertex.particles_in] == [4, 4]
        order = list(z.production_vertex.particles_in) + [z]
        order += [next(p for p in event.particles if p.pid == pid) for pid in (-13, 13)]
        order += [p for p in z.production_vertex.particles_out if p.pid == 21]
        momenta = [
            [p.momentum.e, p.momentum.px, p.momentum.py, p.momentum.pz, p.generated_mass]
            for p in order
        ]
        np.testing.assert_array_equal(momenta, wanted)
    check_momenta(events)

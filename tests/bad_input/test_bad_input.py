"""One table of bad input, cases.json, in four languages: each case is a clear error that names its
cause and the field."""

import json
import resource
import signal
import struct
from pathlib import Path

import castalia
import numpy as np
import pytest

HERE = Path(__file__).parent
LANGUAGES = ("c", "fortran", "python", "julia")
CASES = json.loads((HERE / "cases.json").read_text())
CHECKS = [
    pytest.param(language, case, id=f"{language}: {case['name']}")
    for language in LANGUAGES
    for case in CASES
    if language in case.get("languages", LANGUAGES)
]


def of_language(entry, language):
    return entry[language] if isinstance(entry, dict) else entry


def with_header(path, header, data):
    """A safetensors file: length, JSON, data."""
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with good files and bad ones."""
    folder = tmp_path_factory.mktemp("files")
    small = dict(features=2, layers=2, hidden=16, hidden_layers=1, bins=4)
    training = dict(progress=False, steps=5, batch=64)
    x, context = castalia.normal((200, 2), seed=1), castalia.normal((200, 1), seed=2)
    castalia.CouplingFlow(**small).fit(x, **training).save(folder / "flow.safetensors")
    conditional = castalia.CouplingFlow(context_features=1, **small).fit(x, context, **training)
    conditional.save(folder / "conditional.safetensors")

    good = (folder / "flow.safetensors").read_bytes()
    length = struct.unpack("<Q", good[:8])[0]
    header, data = json.loads(good[8 : 8 + length]), good[8 + length :]
    (folder / "old.safetensors").write_bytes(good)
    (folder / "empty.safetensors").write_bytes(b"")
    (folder / "truncated.safetensors").write_bytes(good[: len(good) * 2 // 3])
    (folder / "absurd.safetensors").write_bytes(struct.pack("<Q", 1 << 62) + good[8:])
    for name, place in (
        ("flipped", 8 + length + len(data) // 2),
        ("flipped_header", 8 + length // 2),
    ):
        flipped = bytearray(good)
        flipped[place] ^= 0x40
        (folder / f"{name}.safetensors").write_bytes(flipped)
    # A message that quotes this must still be text.
    (folder / "not_text.safetensors").write_bytes(good.replace(b"features", b"f\xe5atures", 1))
    with_header(
        folder / "foreign.safetensors",
        {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}},
        bytes(8),
    )
    # The checksum is of the old text; a file without one is taken as it is.
    metadata = header["__metadata__"]
    metadata.pop("castalia.checksum", None)
    specification = json.loads(metadata["castalia"])
    specification["format_version"] = 999
    metadata["castalia"] = json.dumps(specification)
    with_header(folder / "newer.safetensors", header, data)

    layers = "".join(f'<Layer id="{i}" r_edges="0,5" n_bin_alpha="1" />' for i in range(2))
    (folder / "cells.xml").write_text(f"<Bins><Bin pid='22' name='photon'>{layers}</Bin></Bins>")
    (folder / "folder").mkdir()
    castalia.hdf5_write(folder / "data.h5", "events", x)
    x[3, 1] = np.nan
    castalia.hdf5_write(folder / "data.h5", "with_nan", x)
    return folder


def limit_files(size):
    """Before a program starts: files may grow to this size, and growing further is an error, not a signal."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def run_cases(run, folder, cases, name, **options):
    lines = folder / f"{name}.txt"
    with open(lines, "w") as file:
        for case in cases:
            pairs = [f"{key}={value}" for key, value in case.get("with", {}).items()]
            file.write("\t".join([case["name"], case["do"], *pairs]) + "\n")
    done = run(lines, cwd=folder, **options)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "the library prints nothing"
    return {
        name: (status, message)
        for name, status, message in (line.split("\t", 2) for line in done.stdout.splitlines())
    }


@pytest.fixture(scope="module")
def outcomes(programs, files):
    """outcomes(language): name of a case -> status, message. A program does its cases in one process."""
    known = {}

    def of(language):
        if language not in known:
            run = programs(language, HERE / "runner")
            mine = [case for case in CASES if language in case.get("languages", LANGUAGES)]
            found = run_cases(run, files, [c for c in mine if "limit" not in c], language)
            assert found.pop("alive")[0] == "OK", "the model draws other events than before"
            for case in (c for c in mine if "limit" in c):
                kept = files / case["unchanged"]
                before, neighbours = kept.read_bytes(), sorted(files.iterdir())
                limited = run_cases(
                    run, files, [case], language, preexec_fn=limit_files(case["limit"])
                )
                found.update(limited)
                assert found.pop("alive")[0] == "OK"
                assert kept.read_bytes() == before, "the old file survives"
                assert sorted(files.iterdir()) == neighbours, "nothing is left lying about"
            known[language] = found
        return known[language]

    return of


@pytest.mark.parametrize("language, case", CHECKS)
def test_a_clear_error(outcomes, language, case):
    status, message = outcomes(language)[case["name"]]
    assert status == of_language(case["status"], language), message
    for words in of_language(case["message"], language):
        assert words in message

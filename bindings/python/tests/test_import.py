"""Importing beside other libraries, and in a fresh process."""

import importlib.util
import os
import subprocess
import sys

import pytest

PROGRAM = """
import {first}, {second}
import castalia, numpy
rng = numpy.random.default_rng(1)
flow = castalia.CouplingFlow(features=2, layers=2, hidden=16, hidden_layers=1, bins=4)
flow.fit(rng.normal(size=(500, 2)), progress=False, steps=5, batch=64)
print(flow.sample(2, seed=1).shape)
{more}
"""


def run(program):
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "other, more",
    [
        ("torch", "print(torch.ones(3, 3) @ torch.ones(3, 3))"),
        ("h5py", "h5py.File('x', 'w', driver='core', backing_store=False)"),
    ],
)
@pytest.mark.parametrize("castalia_first", [True, False])
def test_beside_another_library(other, more, castalia_first):
    if importlib.util.find_spec(other) is None:
        pytest.skip(f"{other} is not installed")
    order = ("castalia", other) if castalia_first else (other, "castalia")
    assert "(2, 2)" in run(PROGRAM.format(first=order[0], second=order[1], more=more))


def test_nothing_is_printed_by_the_library():
    assert run(PROGRAM.format(first="sys", second="os", more="")) == "(2, 2)\n"


def test_sampling_after_fork(flow):
    expected = flow.sample(5, seed=1)
    child = os.fork()
    if child == 0:
        os._exit(0 if (flow.sample(5, seed=1) == expected).all() else 1)
    assert os.waitpid(child, 0)[1] == 0

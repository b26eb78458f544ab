"""The installed command line, and a way to run it."""

import os
import shutil
import subprocess

import pytest


@pytest.fixture(scope="module")
def program():
    prefix = os.environ.get("CASTALIA_PREFIX")
    found = os.path.join(prefix, "bin", "castalia") if prefix else shutil.which("castalia")
    assert found and os.path.exists(found), "the command line is not installed"
    return found


@pytest.fixture
def run(program, tmp_path):
    def call(*arguments, status=0):
        done = subprocess.run(
            [program, *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    return call

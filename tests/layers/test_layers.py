"""The layers hold: a planted violation is refused, by Bazel and by the scanner of includes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCANNER = ROOT / "tools/check_layers.py"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of what Bazel needs to analyse a target: the rules, and links to the layers."""
    tree = tmp_path_factory.mktemp("layers") / "tree"
    tree.mkdir()
    for name in ("WORKSPACE", "BUILD", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    for name in ("tools", "third_party", "capi", "models"):
        (tree / name).symlink_to(ROOT / name)
    (tree / "cpp").mkdir()
    for layer in (ROOT / "cpp").iterdir():
        (tree / "cpp" / layer.name).symlink_to(layer)
    return tree


def analyse(tree, package, dependency):
    """Lets Bazel analyse a library in `package` that depends on `dependency`."""
    folder = tree / package
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "BUILD").write_text(
        'load("//tools/bazel:castalia.bzl", "castalia_cc_library")\n'
        f'castalia_cc_library(name = "planted", deps = ["{dependency}"])\n'
    )
    onednn = os.environ.get("CASTALIA_ONEDNN", str(ROOT / ".cache/onednn"))
    return subprocess.run(
        ["bazel", "--batch", f"--output_user_root={tree.parent / 'bazel'}"]
        + ["build", "--nobuild", "--curses=no", f"//{package}:planted"],
        cwd=tree,
        env={**os.environ, "CASTALIA_ONEDNN": onednn},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module", autouse=True)
def writable_again(tree):
    yield
    # Bazel takes the right to write from its output.
    subprocess.run(["chmod", "-R", "u+w", str(tree.parent)], check=False)


def test_bazel_accepts_what_stands_before(tree):
    # cpp/referee is of a high layer; the folder may not exist yet, so a package below it is planted.
    package = "cpp/referee/planted_above"
    if (tree / "cpp/referee").is_symlink():
        (tree / "cpp/referee").unlink()
    run = analyse(tree, package, "//cpp/base")
    assert run.returncode == 0, run.stderr


def test_bazel_refuses_what_stands_after(tree):
    # The planted package belongs to the layer base and reaches for the next one, graph.
    (tree / "cpp/base").unlink()
    shutil.copytree(ROOT / "cpp/base", tree / "cpp/base")
    run = analyse(tree, "cpp/base/planted_below", "//cpp/graph")
    assert run.returncode != 0
    assert (
        "'//cpp/graph:graph' is not visible from target '//cpp/base/planted_below:planted'"
        in run.stderr
    )


def scan(tmp_path, path, text):
    """The scanner's verdict on a tree that holds one file."""
    (tmp_path / "tools/bazel").mkdir(parents=True)
    shutil.copy(ROOT / "tools/bazel/layers.bzl", tmp_path / "tools/bazel")
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return subprocess.run([sys.executable, SCANNER, tmp_path], capture_output=True, text=True)


@pytest.mark.parametrize(
    "path, line",
    [
        ("cpp/base/a.cc", '#include "cpp/graph/graph.h"'),
        ("cpp/ops/add/op.cc", '#include "cpp/runtime/kernel.h"'),
        ("cpp/ops/add/cpu.cc", '#include "cpp/runtime/workspace.h"'),
        ("cpp/prob/a.h", '#include "cpp/train/trainer.h"'),
        ("models/flow/new/model.cc", '#include "capi/castalia.h"'),
        ("bindings/cli/main.cc", '#include "cpp/base/status.h"'),
        ("examples/c/main.c", '#include "models/model.h"'),
        ("cpp/graph/a.cc", "#include <oneapi/dnnl/dnnl.hpp>"),
        ("cpp/nn/a.cc", '#include "hwy/highway.h"'),
        ("cpp/nn/a.cc", "#ifdef CASTALIA_CUDA"),
    ],
)
def test_scanner_refuses(tmp_path, path, line):
    run = scan(tmp_path, path, f"// A planted violation.\n{line}\n")
    assert run.returncode == 1
    assert run.stdout.startswith(f"{path}:2: ")


@pytest.mark.parametrize(
    "path, line",
    [
        ("cpp/graph/a.cc", '#include "cpp/base/status.h"'),
        ("cpp/ops/add/cpu.cc", '#include "cpp/runtime/kernel.h"'),
        ("cpp/runtime/cpu/a.cc", "#include <oneapi/dnnl/dnnl.hpp>"),
        ("cpp/train/a.cc", '#include "cpp/io/safetensors.h"'),
        ("bindings/cli/main.cc", '#include "capi/castalia.h"'),
        ("bindings/cli/main.cc", '#include "bindings/cli/progress.h"'),
    ],
)
def test_scanner_accepts(tmp_path, path, line):
    run = scan(tmp_path, path, f"{line}\n")
    assert run.returncode == 0, run.stdout


def test_the_tree_itself_keeps_the_layers():
    run = subprocess.run([sys.executable, SCANNER, ROOT], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout

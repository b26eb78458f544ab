"""The command line, run as a user runs it."""

import json
import signal
import subprocess
import time

import castalia
import numpy as np
import pytest


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.h5"
    rng = np.random.default_rng(1)
    context = rng.normal(size=(1000, 1))
    castalia.hdf5_write(path, "x", rng.normal(size=(1000, 2)) + context)
    castalia.hdf5_write(path, "c", context)
    return path


SMALL = ("--set", "layers=2", "--set", "hidden=16", "--set", "hidden_layers=1", "--set", "bins=4")
SHORT = ("--training", "steps=30", "--training", "batch=128")


def train(run, data, *more):
    return run(
        "train",
        "coupling_flow",
        "--data",
        f"{data}:x",
        *SMALL,
        *SHORT,
        "--output",
        "flow.safetensors",
        *more,
    )


def test_models(run):
    assert json.loads(run("models", "--json")) == castalia.models()
    assert "coupling_flow" in run("models")
    listed = run("transformers")
    assert json.loads(run("transformers", "--json")) == castalia.transformers()
    for transformer in castalia.transformers():
        assert transformer["name"] in listed and transformer["summary"] in listed
    assert "bins (integer" in run("describe", "cubic_spline")
    for command, entries in (
        ("adversarial", castalia.adversarial()),
        ("bijections", castalia.bijections()),
        ("targets", castalia.targets()),
    ):
        assert json.loads(run(command, "--json")) == entries
        assert all(each["summary"] in run(command) for each in entries)
    assert "planar(FIELD=VALUE)" in run("describe", "planar")
    assert "radius (real" in run("describe", "ring")


def test_metrics_and_observables(run):
    assert json.loads(run("metrics", "--json")) == castalia.metrics()
    assert json.loads(run("observables", "--json")) == castalia.observable_sets()
    lines = run("metrics").splitlines()
    assert [line.split()[0] for line in lines] == [each["name"] for each in castalia.metrics()]
    assert all(each["summary"] in run("metrics") for each in castalia.metrics())
    assert "calorimeter" in run("observables")
    text = run("describe", "mmd")
    assert (
        "mmd (kernel" in text
        and "--metric-set mmd.FIELD=VALUE" in text
        and "events (integer" in text
    )
    assert "geometry (text" in run("describe", "calorimeter")


def test_describe(run, data):
    text = run("describe", "coupling_flow")
    assert "context_features (integer" in text and "learning_rate" in text
    train(run, data)
    described = json.loads(run("describe", "flow.safetensors", "--json"))
    assert described["specification"]["layers"] == 2
    assert "layers = 2" in run("describe", "flow.safetensors")
    assert "neither a file nor an architecture" in run("describe", "nothing", status=1)


def test_plan(run, data):
    train(run, data)
    table = run("describe", "flow.safetensors", "--plan")
    assert "sample of 256 events" in table and "rq_spline_inverse" in table and "arena" in table
    plan = json.loads(
        run("describe", "flow.safetensors", "--plan", "log_prob", "--events", "3", "--json")
    )
    assert plan["rows"] == 4 and plan["arena_bytes"] > 0
    products = [step for step in plan["steps"] if "matmul" in step["operators"]]
    assert products and all(step["flops"] > 0 and step["bytes"] > 0 for step in products)
    assert "conditioner" in products[0]["scope"]
    assert "log_prob" in run("describe", "flow.safetensors", "--plan", "energy", status=1)


def test_info(run):
    assert json.loads(run("info", "--json")) == castalia.info()
    assert castalia.__version__ in run("info")
    assert run("--version").strip() == castalia.__version__


def test_progress_is_lines_where_there_is_no_terminal(program, data, tmp_path):
    command = [program, "train", "coupling_flow", "--data", f"{data}:x", *SMALL, *SHORT]
    command += ["--output", "flow.safetensors"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert 1 <= len(lines) <= 20
    assert all("/30  loss " in line and "\r" not in line for line in lines)
    assert lines[-1].startswith("100 %  30/30  loss ")
    assert done.stdout.startswith("flow.safetensors: 30 steps")


def test_train_sample_evaluate(run, data, tmp_path):
    report = json.loads(train(run, data, "--json"))
    assert report["steps"] == 30 and report["events"] == 1000
    run("sample", "flow.safetensors", "-n", 100, "--seed", 7, "--output", "out.h5:x")
    drawn = castalia.hdf5_read(tmp_path / "out.h5", "x")
    model = castalia.load(tmp_path / "flow.safetensors")
    np.testing.assert_array_equal(drawn, model.sample(100, seed=7, dtype=np.float64))

    # Ranges of one sample, added one to the other.
    for first in (0, 60):
        run(
            "sample",
            "flow.safetensors",
            "-n",
            60 if first == 0 else 40,
            "--seed",
            7,
            "--first-event",
            first,
            "--append",
            "--output",
            "parts.h5:x",
        )
    np.testing.assert_array_equal(castalia.hdf5_read(tmp_path / "parts.h5", "x"), drawn)
    assert "--append" in run(
        "sample", "flow.safetensors", "-n", 1, "--output", "out.h5:x", status=1
    )

    report = json.loads(run("evaluate", "flow.safetensors", "--data", f"{data}:x", "--json"))
    x = castalia.hdf5_read(data, "x")
    assert report["log_likelihood"] == pytest.approx(model.log_prob(x).mean(), abs=1e-6)
    observable = report["observables"][1]
    assert observable["reference"]["mean"] == pytest.approx(x[:, 1].mean())
    y = model.sample(len(x), seed=0, dtype=np.float64)
    assert observable["generated"]["mean"] == pytest.approx(y[:, 1].mean())
    assert "mean log-likelihood" in run("evaluate", "flow.safetensors", "--data", f"{data}:x")


def test_with_a_context(run, program, data, tmp_path):
    train(run, data, "--context", f"{data}:c")
    run("sample", "flow.safetensors", "-n", 50, "--context", f"{data}:c", "--output", "out.h5:x")
    context = castalia.hdf5_read(data, "c")[:50]
    model = castalia.load(tmp_path / "flow.safetensors")
    expected = model.sample(context=context, dtype=np.float64)
    np.testing.assert_array_equal(castalia.hdf5_read(tmp_path / "out.h5", "x"), expected)
    run("evaluate", "flow.safetensors", "--data", f"{data}:x", "--context", f"{data}:c", "-n", 100)
    castalia.hdf5_write(tmp_path / "far.h5", "c", np.full((50, 1), 99.0))
    far = ["-n", "50", "--context", f"{tmp_path}/far.h5:c", "--output", "far_out.h5:x"]
    done = subprocess.run(
        [program, "sample", "flow.safetensors", *far], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "castalia: warning: " in done.stderr and "range of the training" in done.stderr


def test_widths_that_follow_from_a_geometry(run, tmp_path):
    rng = np.random.default_rng(2)
    castalia.hdf5_write(tmp_path / "showers.h5", "x", rng.random((500, 4)))
    castalia.hdf5_write(tmp_path / "showers.h5", "e", rng.uniform(1, 2, (500, 1)))
    geometry = ("--set", "heights=[2,1]", "--set", "widths=[1,2]")
    small = ("--set", "latent=4", "--set", "generator_channels=[2,2]")
    small += ("--set", "critic_channels=[2,2]", "--set", "critic_hidden=8")
    run(
        "train",
        "calogan",
        "--data",
        "showers.h5:x",
        "--context",
        "showers.h5:e",
        *geometry,
        *small,
        *SHORT,
        "--output",
        "showers.safetensors",
    )
    assert castalia.load(tmp_path / "showers.safetensors").features == 4


def test_ctrl_c_leaves_a_checkpoint_to_go_on_from(program, run, data, tmp_path):
    command = [
        program,
        "train",
        "coupling_flow",
        "--data",
        f"{data}:x",
        *SMALL,
        "--training",
        "steps=100000000",
        "--training",
        "batch=128",
        "--checkpoint",
        "state",
        "--output",
        "flow.safetensors",
    ]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "state" in err
    assert (tmp_path / "state").exists() and not (tmp_path / "flow.safetensors").exists()


@pytest.mark.parametrize(
    "arguments, status, words",
    [
        ([], 2, "subcommand"),
        (["train", "coupling_flow", "--data", "x.h5", "--output", "m"], 2, "FILE:DATASET"),
        (["train", "coupling_flow", "--data", "no.h5:x", "--output", "m"], 1, "no.h5"),
        (["sample", "no.safetensors", "-n", "1", "--output", "o.h5:x"], 1, "no.safetensors"),
        (["sample", "no.safetensors", "-n", "0", "--output", "o.h5:x"], 2, "at least 1"),
    ],
)
def test_a_wrong_line_says_what_is_wrong(run, arguments, status, words):
    assert words.lower() in run(*arguments, status=status).lower()


def test_wrong_fields_and_names(run, data):
    assert "coupling_flow" in run(
        "train", "coupling_flwo", "--data", f"{data}:x", "--output", "m", status=1
    )
    wrong = ["train", "coupling_flow", "--data", f"{data}:x", "--output", "m"]
    assert "layers" in run(*wrong, "--set", "layer=2", status=1)
    assert "FIELD=VALUE" in run(*wrong, "--set", "layers", status=2)
    assert "learning_rate" in run(*wrong, "--training", "learning_rat=1", status=1)

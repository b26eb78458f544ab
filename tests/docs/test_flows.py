"""The examples of docs/flows.md run as they stand, on small data."""

import json
import re
from pathlib import Path

import castalia
import numpy as np
from safetensors.numpy import load_file

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "flows.md"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def test_python():
    rng = np.random.default_rng(1)
    names = {"x": rng.normal(size=(3000, 6)), "context": rng.normal(size=(3000, 2))}
    names["state"] = load_file(ROOT / "tests" / "golden" / "autoregressive_flow.safetensors")
    zuko = load_file(ROOT / "tests" / "golden" / "imported_flows.safetensors")
    start = "maf/state/"
    names["zuko_state"] = {
        name.removeprefix(start): value for name, value in zuko.items() if name.startswith(start)
    }
    for language, text in BLOCKS:
        if language == "python":
            exec(compile(text, str(PAGE), "exec"), names)
    assert names["events"].shape == (1000, 6)
    assert np.all(np.isfinite(names["density"]))
    # Nothing is drawn between the islands.
    assert np.mean(np.abs(np.abs(names["drawn"][:, 0]) - 2) < 0.7) < 0.02
    assert np.all(np.isfinite(names["heights"]))
    assert np.median(names["usual"]) < 0.1 < names["strange"][0]
    assert names["some"].shape == (2, 12) and np.all(names["some"] >= 0)
    assert np.all(np.isfinite(names["likelihood"]))
    log_z = 2 * np.log(np.exp(-((np.linspace(-4, 4, 4001) ** 2 - 1) ** 2)).sum() * 0.002)
    assert abs(names["found"].log_z - log_z) < 4 * names["found"].log_z_error + 1e-3


def test_a_composed_flow():
    fields = [json.loads(text) for language, text in BLOCKS if language == "json"]
    assert len(fields) == 1
    flow = castalia.create("composed_flow", **fields[0])
    rng = np.random.default_rng(1)
    x, context = rng.normal(size=(400, 6)), rng.normal(size=(400, 1))
    flow.fit(x, context=context, steps=2, batch=64, progress=False)
    assert np.all(np.isfinite(flow.sample(context=np.zeros((3, 1)), seed=1)))

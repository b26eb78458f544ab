"""The examples of docs/adversarial.md run as they stand, on small data."""

import re
from pathlib import Path

import castalia
import numpy as np

PAGE = Path(__file__).parents[2] / "docs" / "adversarial.md"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def test_python():
    rng = np.random.default_rng(1)
    energy = rng.uniform(1, 10, size=(3000, 1))
    x = energy * np.array([0.5, 0.3, 0.2]) + rng.normal(size=(3000, 3)) * 0.3
    momenta = rng.normal(size=(2000, 9)) * 30
    clouds = np.ones((1000, 6, 4))
    clouds[..., :2] = rng.normal(size=(1000, 6, 2)) * 0.1
    clouds[..., 2] = rng.exponential(size=(1000, 6)) / 6 + 1e-3
    names = {
        "x": x,
        "energy": energy,
        "momenta": momenta,
        "clouds": clouds.reshape(1000, -1),
        "simulated": rng.normal(size=(2000, 2)),
        "measured": rng.normal(size=(2000, 2)) * [2, 0.5] + [1, -1],
    }
    for language, text in BLOCKS:
        if language == "python":
            exec(compile(text, str(PAGE), "exec"), names)
    events = names["events"]
    assert events.shape == (1000, 3)
    # It follows its context.
    assert np.corrcoef(events[:, 0], energy[:1000, 0])[0, 1] > 0.8
    history = names["gan"].describe()["training"]["history"]
    assert len(history["critic_loss"]) == len(history["step"])
    assert np.all(np.isfinite(history["validation_loss"]))
    assert np.all(np.isfinite(names["model"].sample(10, seed=1)))
    assert np.all(names["jets"].sample(10, seed=1).reshape(10, 6, 4)[..., 3] == 1)
    assert np.allclose(names["corrected"].mean(axis=0), [1, -1], atol=0.5)


def test_what_is_listed():
    kinds = {entry["name"]: entry["kind"] for entry in castalia.adversarial()}
    fields = {field["name"]: field for field in castalia.training_fields()}
    text = PAGE.read_text(encoding="utf-8")
    for name, kind in kinds.items():
        assert f"`{name}`" in text, name
        assert kind in ("loss", "regulariser", "conditioning")
    assert set(fields["adversarial_loss"]["choices"]) == {
        n for n, k in kinds.items() if k == "loss"
    }

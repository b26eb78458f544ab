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
    label = rng.integers(0, 2, 3000).astype(float)
    mass = rng.normal(size=3000)
    # One column follows the label, one the mass as well.
    jets = rng.normal(size=(3000, 2)) + np.column_stack([label, label + mass])
    corner = 2 * np.pi / 3 * rng.integers(0, 3, 3000)
    blobs = np.column_stack([np.cos(corner), np.sin(corner)]) + 0.3 * rng.normal(size=(3000, 2))
    names = {"x": x, "energy": energy, "momenta": momenta, "np": np, "noise": rng}
    names |= {"label": label, "mass": mass, "jets": jets, "blobs": blobs}
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
    response = names["response"]
    assert response[label == 1].mean() - response[label == 0].mean() > 0.1
    background = label == 0
    assert abs(np.corrcoef(response[background], mass[background])[0, 1]) < 0.3
    turned, log_det = names["turned"], names["log_det"]
    assert np.allclose(np.hypot(*turned.T), np.hypot(*blobs.T)) and not log_det.any()
    turn = np.angle((turned @ [1, 1j]) / (blobs @ [1, 1j]))
    assert np.allclose(turn, turn[0])
    assert abs(np.angle(np.exp(3j * turn[0]))) < 0.3
    assert np.all(np.abs(np.array(names["best"]) - 1.0) < 0.4)


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

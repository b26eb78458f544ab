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
    kinds = rng.integers(2, size=(500, 1)).astype(float)
    pixels = np.where(rng.random((500, 64)) < 0.3, rng.exponential(size=(500, 64)), 0.0)
    arrivals = np.concatenate([rng.uniform(10, 50, (600, 1)), rng.uniform(0, 1.5, (600, 1))], 1)
    showers = arrivals[:, :1] * rng.dirichlet(np.ones(7), 600) * rng.uniform(0.8, 1, (600, 1))
    names = {"x": x, "energy": energy, "momenta": momenta, "pixels": pixels, "kinds": kinds}
    names |= {"arrivals": arrivals, "showers": showers}
    pictures = np.maximum(rng.normal(size=(500, 81)), 0)
    totals = pictures.sum(axis=1, keepdims=True)
    names |= {"pictures": pictures, "totals": totals}
    clouds = np.ones((1000, 6, 4))
    clouds[..., :2] = rng.normal(size=(1000, 6, 2)) * 0.1
    clouds[..., 2] = rng.exponential(size=(1000, 6)) / 6 + 1e-3
    names |= {"clouds": clouds.reshape(1000, -1)}
    names |= {"simulated": rng.normal(size=(2000, 2))}
    names |= {"measured": rng.normal(size=(2000, 2)) * [2, 0.5] + [1, -1]}
    label = rng.integers(0, 2, 3000).astype(float)
    mass = rng.normal(size=3000)
    # One column follows the label, one the mass as well.
    measurements = rng.normal(size=(3000, 2)) + np.column_stack([label, label + mass])
    corner = 2 * np.pi / 3 * rng.integers(0, 3, 3000)
    blobs = np.column_stack([np.cos(corner), np.sin(corner)]) + 0.3 * rng.normal(size=(3000, 2))
    names |= {"np": np, "noise": rng, "label": label, "mass": mass, "blobs": blobs}
    names |= {"measurements": measurements}
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
    assert names["drawn"].shape == (2, 64) and np.all(names["drawn"] >= 0)
    assert names["shower"].shape == (1, 7) and 0 < names["shower"].sum() < 40
    cells = names["cells"]
    assert np.all((cells == 0) | (cells >= 0.0099))
    np.testing.assert_allclose(cells.sum(axis=(1, 2)), totals[:50, 0], rtol=1e-5)
    assert np.all(names["jets"].sample(10, seed=1).reshape(10, 6, 4)[..., 3] == 1)
    assert np.allclose(names["corrected"].mean(axis=0), [1, -1], atol=0.5)
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

"""How well flows learn densities, beside the same architectures in zuko and flowjax.

    python -m bench.density.density --data DIR [--rows out/density] [--document docs/density.md]
                                    [--peers PYTHON] [--set moons ...] [--seeds 2]

DIR holds pythia8/. Every flow sees the same standardised events, has the same layers, widths, bins and
interval, and takes the same number of steps of Adam with the same schedule; the figure is the mean
logarithm of its density at test events that it has not seen. PYTHON is the interpreter of the benchmark's
peers (tools/bench makes its environment).

A row is one training; it is written when it is done and kept by the next run. All of it takes an hour of one
core. Needs castalia, h5py and numpy.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import castalia
import numpy as np

from bench.density.events import SETS, Set
from bench.density.page import page
from bench.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {
    "layers": 8,
    "hidden": 64,
    "bins": 8,
    "bound": 5.0,
    "steps": 4000,
    "batch": 512,
    "learning_rate": 1e-3,
}
ARCHITECTURES = ("coupling, spline", "autoregressive, spline", "autoregressive, affine")
LIBRARIES = ("castalia", "zuko", "flowjax")


def events(one: Set, data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Training and test events, standardised by the training events."""
    train, test = one.load(data, "train"), one.load(data, "test")
    centre, width = train.mean(0), train.std(0)
    return (train - centre) / width, (test - centre) / width


def with_castalia(architecture: str, seed: int, train: np.ndarray, test: np.ndarray):
    s = SETTINGS
    fields = {
        "features": train.shape[1],
        "layers": s["layers"],
        "hidden": s["hidden"],
        "seed": seed,
    }
    if architecture.endswith("affine"):
        fields["transformer"] = "affine"
    else:
        fields.update(bins=s["bins"], bound=s["bound"])
    if architecture.startswith("coupling"):
        model = castalia.CouplingFlow(**fields)
    else:
        model = castalia.AutoregressiveFlow(**fields)
    model.fit(
        train,
        steps=s["steps"],
        batch=s["batch"],
        learning_rate=s["learning_rate"],
        optimiser="adam",
        schedule="cosine",
        final_fraction=0.0,
        clip_norm=0.0,
        validation=0.0,
        seed=seed,
        progress=False,
    )
    return model.log_prob(test), len(model.parameters)


def with_peer(
    peers: Path, library: str, architecture: str, seed: int, train: np.ndarray, test: np.ndarray
):
    with tempfile.TemporaryDirectory() as folder:
        given, result = Path(folder) / "events.npz", Path(folder) / "result.npz"
        np.savez(given, train=train, test=test)
        script = ROOT / "bench/density/peers.py"
        words = [peers, script, library, architecture, seed, json.dumps(SETTINGS), given, result]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{library}, {architecture}: {done.stderr[-2000:]}")
        found = np.load(result)
        return found["log_prob"], int(found["parameters"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=Path, default=Path("out/density"))
    parser.add_argument("--document", type=Path, default=Path("docs/density.md"))
    parser.add_argument("--peers", type=Path, default=ROOT / ".cache/bench/bin/python")
    parser.add_argument("--set", nargs="*", choices=[each.name for each in SETS])
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    arguments.rows.mkdir(parents=True, exist_ok=True)
    progress = Progress()
    for one in SETS:
        if arguments.set and one.name not in arguments.set:
            continue
        train, test = events(one, arguments.data)
        for seed in range(1, arguments.seeds + 1):
            for architecture in ARCHITECTURES:
                for library in LIBRARIES:
                    name = f"{one.name}-{architecture.replace(', ', '-')}-{library}-{seed}"
                    path = arguments.rows / f"{name}.npz"
                    if path.exists():
                        continue
                    progress.show(name)
                    if library == "castalia":
                        log_prob, parameters = with_castalia(architecture, seed, train, test)
                    else:
                        log_prob, parameters = with_peer(
                            arguments.peers, library, architecture, seed, train, test
                        )
                    unfinished = path.with_suffix(".part.npz")
                    np.savez(unfinished, log_prob=log_prob, parameters=parameters)
                    unfinished.rename(path)
        progress.say(f"{one.name}: done")
    arguments.document.write_text(page(arguments.rows, ARCHITECTURES, LIBRARIES, SETTINGS))


if __name__ == "__main__":
    main()

"""The peers of the referee: NumPy, SciPy, scikit-learn and POT.

usage: scipy_worker.py THREADS
"""

import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))  # bench/showers.py

import metrics
from serve import serve


def make(case, mode, batch, peer):
    if case != "M":
        raise ValueError(f"SciPy has no part in {case}")
    return metrics.metric(mode, batch, peer)


serve(make, {name: version(name) for name in ("numpy", "scipy", "scikit-learn", "POT")})

"""Integrates three resonances over the unit cube: a flow learns to draw where the integrand is large, from
the integrand alone, and the mean weight of its draws is the integral.

    python integral.py
"""

import castalia
import numpy as np

MASS, WIDTH = np.array([0.3, 0.5, 0.8]), 0.1
EVENTS = 20000


def integrand(x):
    """The logarithm of the integrand, product of 1 / ((x - mass)^2 + width^2), and its gradient."""
    square = (x - MASS) ** 2 + WIDTH**2
    return -np.log(square).sum(axis=1), -2 * (x - MASS) / square


flow = castalia.CouplingFlow(
    features=3,
    layers=6,
    hidden=32,
    tails="none",
    base="uniform",
    preprocessing=["interval(0, 1)"] * 3,
)
target = castalia.Target(integrand, features=3, gradient=True)
flow.fit(
    target=target,
    objective="reverse_kl",
    steps=200,
    batch=256,
    learning_rate=0.005,
    progress=False,
)
found = flow.weigh(target, EVENTS, seed=1)
exact = np.log((np.arctan((1 - MASS) / WIDTH) + np.arctan(MASS / WIDTH)) / WIDTH).sum()
print(
    f"log_z {found.log_z:.5f} error {found.log_z_error:.5f} exact {exact:.5f}",
    f"effective {found.effective_sample_size / EVENTS:.3f} acceptance {found.acceptance:.3f}",
)

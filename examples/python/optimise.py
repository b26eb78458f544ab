"""Finds the parameters at which the mean of a simulator's events is least. The simulator has no derivatives:
those of a generative model of its events, trained near the present parameters, are followed.

    python optimise.py
"""

import castalia
import numpy as np

LEAST = np.array([0.5, -0.3])


def simulator(parameters, rows, x):
    """A bowl, with noise that is a function of the event's number."""
    noise = castalia.normal((len(rows), 1), seed=7, first_event=rows.start, stage=1)
    return ((parameters - LEAST) ** 2).sum() + 0.1 * noise


model = castalia.Gan(
    features=1, context_features=2, latent=2, generator_hidden=32, critic_hidden=32
)
search = castalia.Surrogate(
    simulator,
    start=[-0.4, 0.5],
    model=model,
    training={"steps": 80, "batch": 128, "learning_rate": 0.003, "validation": 0},
    region=[0.3],
    points=8,
    events=32,
    moves=5,
)
search.advance(8)
best = search.best
print(
    f"first {best.parameters[0]:.5f} second {best.parameters[1]:.5f}",
    f"objective {best.objective:.5f} simulated {search.simulated}",
)

"""Small data and a small trained model, shared by the tests."""

import castalia
import numpy as np
import pytest

FIELDS = dict(layers=2, hidden=16, hidden_layers=1, bins=4)
TRAINING = dict(steps=40, batch=128, validation=0.2)


def make_data(n=1000):
    """Two features that depend on each other and on one context feature."""
    rng = np.random.default_rng(1)
    context = rng.normal(size=(n, 1))
    first = rng.normal(size=(n, 1)) + context
    second = 0.5 * first + 0.3 * rng.normal(size=(n, 1))
    return np.hstack([first, second]), context


@pytest.fixture(scope="session")
def data():
    return make_data()


@pytest.fixture(scope="session")
def flow(data):
    """Trained without a context."""
    return castalia.CouplingFlow(features=2, **FIELDS).fit(data[0], progress=False, **TRAINING)


@pytest.fixture(scope="session")
def conditional(data):
    """Trained with a context of one feature."""
    model = castalia.CouplingFlow(features=2, context_features=1, **FIELDS)
    return model.fit(data[0], data[1], progress=False, **TRAINING)


@pytest.fixture
def new_flow():
    """Makes untrained models of two features."""
    return lambda: castalia.CouplingFlow(features=2, **FIELDS)


@pytest.fixture
def training():
    """Fields of a short training."""
    return dict(TRAINING)

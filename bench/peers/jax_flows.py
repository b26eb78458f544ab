"""The coupling flow of torch_flows.py in flowjax.

flowjax learns the derivatives at the ends of the splines as well: 25 numbers a spline, not 23. Its
knots are those inside the interval: 7 make 8 bins. Between the couplings it permutes features.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
import paramax
from flowjax.bijections import RationalQuadraticSpline
from flowjax.distributions import Normal
from flowjax.flows import coupling_flow as make_flow
from jax_setup import inference, parameters_of, training

FEATURES, LAYERS, HIDDEN, BINS, BOUND = 12, 8, 128, 8, 5.0


def flow(invert):
    """With invert the fast direction is that of log_prob, else that of sample."""
    return make_flow(
        jax.random.key(1),
        base_dist=Normal(jnp.zeros(FEATURES)),
        transformer=RationalQuadraticSpline(knots=BINS - 1, interval=BOUND),
        flow_layers=LAYERS,
        nn_width=HIDDEN,
        nn_depth=2,
        invert=invert,
    )


def coupling_flow(mode, batch, peer):
    del peer
    distribution = flow(invert=mode != "sample")
    count = parameters_of(distribution.bijection)
    x = jax.random.normal(jax.random.key(2), (batch, FEATURES))
    if mode == "sample":
        # The weights are constants of the compiled function, which XLA may lay out as it likes.
        unwrapped = paramax.unwrap(distribution)
        return inference(lambda key: unwrapped.sample(key, (batch,)), jax.random.key(3)), count
    if mode == "log_prob":
        unwrapped = paramax.unwrap(distribution)
        return inference(lambda x: unwrapped.log_prob(x), x), count

    optimiser = optax.adam(1e-3)
    parameters, fixed = eqx.partition(
        distribution,
        eqx.is_inexact_array,
        is_leaf=lambda leaf: isinstance(leaf, paramax.NonTrainable),
    )

    def loss(parameters, x):
        return -paramax.unwrap(eqx.combine(parameters, fixed)).log_prob(x).mean()

    def step(parameters, state, x):
        updates, state = optimiser.update(jax.grad(loss)(parameters, x), state)
        return optax.apply_updates(parameters, updates), state

    return training(step, parameters, optimiser.init(parameters), data=(x,)), count

"""P4, P8 and P9 in JAX: a diffrax solver, and networks in plain JAX."""

from itertools import pairwise

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.nn import leaky_relu, relu, silu
from jax_setup import Normal, inference, parameters_of, training

# The generator of the architecture gan: hidden layers of one width.
GAN_GENERATOR = (64, 384, 384, 504)
POINTS, FEATURES, GLOBAL, HIDDEN, SUM_SCALE = 150, 3, 10, 128, 0.01


class Keys:
    """Keys for one initial weight after another."""

    def __init__(self):
        self._key = jax.random.key(1)

    def normal(self, *shape):
        self._key, own = jax.random.split(self._key)
        return jax.random.normal(own, shape)

    def linear(self, inputs, outputs, bias=True):
        weight = self.normal(inputs, outputs) / np.sqrt(inputs)
        return {"w": weight, "b": jnp.zeros(outputs)} if bias else {"w": weight}


def apply(layer, x):
    y = x @ layer["w"]
    return y + layer["b"] if "b" in layer else y


# P4 ----------------------------------------------------------------------------------------------


def generator(mode, batch, peer):
    keys = Keys()
    layers = [keys.linear(a, b) for a, b in pairwise(GAN_GENERATOR)]

    def run(x):
        for layer in layers[:-1]:
            x = relu(apply(layer, x))
        return apply(layers[-1], x)

    return inference(run, Normal((batch, GAN_GENERATOR[0]))), parameters_of(layers)


# P9 ----------------------------------------------------------------------------------------------

STEPS = 25


class RungeKutta4(diffrax.AbstractERK):
    """The classical method, of which diffrax has no solver of its own."""

    tableau = diffrax.ButcherTableau(
        a_lower=(np.array([0.5]), np.array([0.0, 0.5]), np.array([0.0, 0.0, 1.0])),
        b_sol=np.array([1 / 6, 1 / 3, 1 / 3, 1 / 6]),
        b_error=np.zeros(4),
        c=np.array([0.5, 0.5, 1.0]),
    )
    interpolation_cls = diffrax.ThirdOrderHermitePolynomialInterpolation.from_k

    def order(self, terms):
        return 4


def velocity(layers, time, x):
    x = jnp.concatenate([x, jnp.full((len(x), 1), time)], axis=1)
    for layer in layers[:-1]:
        x = silu(apply(layer, x))
    return apply(layers[-1], x)


def continuous_flow(mode, batch, peer):
    keys = Keys()
    widths = (13, 256, 256, 256, 256, 12)
    layers = [keys.linear(a, b) for a, b in pairwise(widths)]
    h = 1 / STEPS

    def with_diffrax(x):
        return diffrax.diffeqsolve(
            diffrax.ODETerm(lambda time, x, _: velocity(layers, time, x)),
            RungeKutta4(),
            t0=0.0,
            t1=1.0,
            dt0=h,
            y0=x,
            max_steps=STEPS + 1,
            adjoint=diffrax.ForwardMode(),
            throw=False,
        ).ys

    def plain(x):
        def step(i, x):
            time = i * h
            k1 = velocity(layers, time, x)
            k2 = velocity(layers, time + h / 2, x + h / 2 * k1)
            k3 = velocity(layers, time + h / 2, x + h / 2 * k2)
            k4 = velocity(layers, time + h, x + h * k3)
            return x + h / 6 * (k1 + 2 * (k2 + k3) + k4)

        return jax.lax.fori_loop(0, STEPS, step, x)

    run = with_diffrax if peer == "diffrax" else plain
    return inference(run, Normal((batch, 12))), parameters_of(layers)


# P8: the networks of torch_clouds.py ----------------------------------------------------------------


def pooled(particles):
    total = particles.sum(1)
    return jnp.concatenate([total / POINTS, total * SUM_SCALE], axis=1)


def make_epic(keys):
    return {
        "global_0": keys.linear(2 * HIDDEN + GLOBAL, HIDDEN),
        "global_1": keys.linear(HIDDEN, GLOBAL),
        "from_global": keys.linear(GLOBAL, HIDDEN),
        "particles_0": keys.linear(HIDDEN, HIDDEN, bias=False),
        "particles_1": keys.linear(HIDDEN, HIDDEN),
    }


def epic(layer, particles, of_all):
    seen = jnp.concatenate([pooled(particles), of_all], axis=1)
    of_all = leaky_relu(
        apply(layer["global_1"], leaky_relu(apply(layer["global_0"], seen))) + of_all
    )
    from_global = apply(layer["from_global"], of_all)[:, None, :]
    seen = leaky_relu(apply(layer["particles_0"], particles) + from_global)
    return leaky_relu(apply(layer["particles_1"], seen) + particles), of_all


def make_generator(keys):
    return {
        "particles_in": keys.linear(FEATURES, HIDDEN),
        "global_in_0": keys.linear(GLOBAL, HIDDEN),
        "global_in_1": keys.linear(HIDDEN, GLOBAL),
        "epics": [make_epic(keys) for _ in range(6)],
        "out": keys.linear(HIDDEN, FEATURES),
    }


def generate(network, particles, of_all):
    particles = leaky_relu(apply(network["particles_in"], particles))
    of_all = leaky_relu(apply(network["global_in_0"], of_all))
    of_all = leaky_relu(apply(network["global_in_1"], of_all))
    for layer in network["epics"]:
        particles, of_all = epic(layer, particles, of_all)
    return apply(network["out"], particles)


def make_discriminator(keys):
    return {
        "particles_in_0": keys.linear(FEATURES, HIDDEN),
        "particles_in_1": keys.linear(HIDDEN, HIDDEN),
        "global_in_0": keys.linear(2 * HIDDEN, HIDDEN),
        "global_in_1": keys.linear(HIDDEN, GLOBAL),
        "epics": [make_epic(keys) for _ in range(3)],
        "out_0": keys.linear(2 * HIDDEN + GLOBAL, HIDDEN),
        "out_1": keys.linear(HIDDEN, 1),
    }


def judge(network, particles):
    particles = leaky_relu(apply(network["particles_in_0"], particles))
    particles = leaky_relu(apply(network["particles_in_1"], particles))
    of_all = leaky_relu(apply(network["global_in_0"], pooled(particles)))
    of_all = leaky_relu(apply(network["global_in_1"], of_all))
    for layer in network["epics"]:
        particles, of_all = epic(layer, particles, of_all)
    seen = jnp.concatenate([pooled(particles), of_all], axis=1)
    return apply(network["out_1"], leaky_relu(apply(network["out_0"], seen)))


def point_cloud_gan(mode, batch, peer):
    del peer
    keys = Keys()
    generator = make_generator(keys)
    noise = Normal((batch, POINTS, FEATURES)), Normal((batch, GLOBAL))
    if mode == "sample":
        return inference(lambda *z: generate(generator, *z), *noise), parameters_of(generator)

    discriminator = make_discriminator(keys)
    count = parameters_of(generator, discriminator)
    jets = keys.normal(batch, POINTS, FEATURES)
    optimiser = optax.adam(1e-3)

    def discriminator_loss(discriminator, generator, jets, *noise):
        fake = generate(generator, *noise)
        return ((judge(discriminator, jets) - 1) ** 2).mean() + (
            judge(discriminator, fake) ** 2
        ).mean()

    def generator_loss(generator, discriminator, *noise):
        return ((judge(discriminator, generate(generator, *noise)) - 1) ** 2).mean()

    def step(generator, discriminator, generator_state, discriminator_state, jets, *noise):
        gradient = jax.grad(discriminator_loss)(discriminator, generator, jets, *noise)
        updates, discriminator_state = optimiser.update(gradient, discriminator_state)
        discriminator = optax.apply_updates(discriminator, updates)
        gradient = jax.grad(generator_loss)(generator, discriminator, *noise)
        updates, generator_state = optimiser.update(gradient, generator_state)
        generator = optax.apply_updates(generator, updates)
        return generator, discriminator, generator_state, discriminator_state

    states = optimiser.init(generator), optimiser.init(discriminator)
    return training(step, generator, discriminator, *states, data=(jets, *noise)), count

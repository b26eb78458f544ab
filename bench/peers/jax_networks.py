"""P4, P8 and P9 in JAX: a diffrax solver, and networks in plain JAX."""

from itertools import pairwise

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.nn import leaky_relu, relu, silu
from jax_setup import Normal, inference, parameters_of, training

# The architecture gan: hidden layers of one width.
GAN_GENERATOR, GAN_CRITIC = (64, 384, 384, 504), (504, 256, 256, 256, 1)
POINTS, FEATURES, GLOBAL, HIDDEN, SUM_SCALE = 150, 3, 10, 128, 0.01


class Keys:
    """Keys for one initial weight after another."""

    def __init__(self):
        self._key = jax.random.key(1)

    def normal(self, *shape):
        self._key, own = jax.random.split(self._key)
        return jax.random.normal(own, shape)

    def linear(self, inputs, outputs):
        weight = self.normal(inputs, outputs) / np.sqrt(inputs)
        return {"w": weight, "b": jnp.zeros(outputs)}

    def normalised(self, inputs, outputs):
        direction = self.normal(inputs, outputs)
        length = jnp.full(outputs, 1 / np.sqrt(3))
        return {"direction": direction, "length": length, "b": jnp.zeros(outputs)}


def apply(layer, x):
    return x @ layer["w"] + layer["b"]


# P4 ----------------------------------------------------------------------------------------------


def gan(mode, batch, peer):
    keys = Keys()
    layers, critic = (
        [keys.linear(a, b) for a, b in pairwise(widths)] for widths in (GAN_GENERATOR, GAN_CRITIC)
    )

    def run(x):
        for layer in layers[:-1]:
            x = relu(apply(layer, x))
        return apply(layers[-1], x)

    return inference(run, Normal((batch, GAN_GENERATOR[0]))), parameters_of(layers, critic)


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


def is_normalised(layer):
    return isinstance(layer, dict) and "direction" in layer


def folded(network):
    """With weights in the place of directions and lengths."""

    def fold(layer):
        norm = jnp.sqrt((layer["direction"] ** 2).sum(0))
        return {"w": layer["direction"] * (layer["length"] / norm), "b": layer["b"]}

    return jax.tree.map(fold, network, is_leaf=is_normalised)


def pooled(particles, mask):
    total = particles.sum(1)
    count = jnp.maximum(mask.sum(1), 1)
    return jnp.concatenate([total / count, total * SUM_SCALE], axis=1)


def make_epic(keys):
    return {
        "global_0": keys.normalised(2 * HIDDEN + GLOBAL, HIDDEN),
        "global_1": keys.normalised(HIDDEN, GLOBAL),
        "particles_0": keys.normalised(HIDDEN + GLOBAL, HIDDEN),
        "particles_1": keys.normalised(HIDDEN, HIDDEN),
    }


def epic(layer, particles, of_all, mask):
    seen = jnp.concatenate([pooled(particles, mask), of_all], axis=1)
    of_all = leaky_relu(
        apply(layer["global_1"], leaky_relu(apply(layer["global_0"], seen))) + of_all
    )
    own, from_global = jnp.split(layer["particles_0"]["w"], [HIDDEN])
    known = of_all @ from_global + layer["particles_0"]["b"]
    seen = leaky_relu(particles @ own + known[:, None, :])
    return leaky_relu(apply(layer["particles_1"], seen) + particles) * mask, of_all


def make_generator(keys):
    return {
        "particles_in": keys.normalised(FEATURES, HIDDEN),
        "global_in_0": keys.normalised(GLOBAL, HIDDEN),
        "global_in_1": keys.normalised(HIDDEN, GLOBAL),
        "epics": [make_epic(keys) for _ in range(6)],
        "out": keys.normalised(HIDDEN, FEATURES),
    }


def generate(network, mask, particles, of_all):
    first = particles = leaky_relu(apply(network["particles_in"], particles)) * mask
    of_all = leaky_relu(apply(network["global_in_0"], of_all))
    first_of_all = of_all = leaky_relu(apply(network["global_in_1"], of_all))
    for layer in network["epics"]:
        particles, of_all = epic(layer, particles, of_all, mask)
        particles, of_all = particles + first, of_all + first_of_all
    return apply(network["out"], particles) * mask


def make_critic(keys):
    return {
        "particles_in_0": keys.normalised(FEATURES, HIDDEN),
        "particles_in_1": keys.normalised(HIDDEN, HIDDEN),
        "global_in_0": keys.normalised(2 * HIDDEN, HIDDEN),
        "global_in_1": keys.normalised(HIDDEN, GLOBAL),
        "epics": [make_epic(keys) for _ in range(3)],
        "out_0": keys.normalised(2 * HIDDEN + GLOBAL, HIDDEN),
        "out_1": keys.normalised(HIDDEN, HIDDEN),
        "score": keys.normalised(HIDDEN, 1),
    }


def judge(network, mask, particles):
    particles = leaky_relu(apply(network["particles_in_0"], particles))
    particles = leaky_relu(apply(network["particles_in_1"], particles) + particles) * mask
    of_all = leaky_relu(apply(network["global_in_0"], pooled(particles, mask)))
    of_all = leaky_relu(apply(network["global_in_1"], of_all))
    for layer in network["epics"]:
        particles, of_all = epic(layer, particles, of_all, mask)
    seen = jnp.concatenate([pooled(particles, mask), of_all], axis=1)
    seen = leaky_relu(apply(network["out_0"], seen))
    return apply(network["score"], leaky_relu(apply(network["out_1"], seen) + seen))


def point_cloud_gan(mode, batch, peer):
    del peer
    keys = Keys()
    generator, critic = make_generator(keys), make_critic(keys)
    count = parameters_of(generator, critic)
    noise = Normal((batch, POINTS, FEATURES)), Normal((batch, GLOBAL))
    mask = jnp.ones((batch, POINTS, 1))
    if mode == "sample":
        network = folded(generator)
        return inference(lambda mask, *z: generate(network, mask, *z), mask, *noise), count

    jets = keys.normal(batch, POINTS, FEATURES)
    optimiser = optax.adam(1e-3)

    def critic_loss(critic, generator, jets, mask, *noise):
        critic = folded(critic)
        fake = generate(folded(generator), mask, *noise)
        errors = (judge(critic, mask, jets) - 1) ** 2 + judge(critic, mask, fake) ** 2
        return 0.5 * errors.mean()

    def generator_loss(generator, critic, mask, *noise):
        fake = generate(folded(generator), mask, *noise)
        return 0.5 * ((judge(folded(critic), mask, fake) - 1) ** 2).mean()

    def step(generator, critic, generator_state, critic_state, jets, mask, *noise):
        gradient = jax.grad(critic_loss)(critic, generator, jets, mask, *noise)
        updates, critic_state = optimiser.update(gradient, critic_state)
        critic = optax.apply_updates(critic, updates)
        gradient = jax.grad(generator_loss)(generator, critic, mask, *noise)
        updates, generator_state = optimiser.update(gradient, generator_state)
        generator = optax.apply_updates(generator, updates)
        return generator, critic, generator_state, critic_state

    states = optimiser.init(generator), optimiser.init(critic)
    return training(step, generator, critic, *states, data=(jets, mask, *noise)), count

"""P5 in JAX: the networks of torch_showers.py."""

import math

import jax
import jax.numpy as jnp
from jax.nn import leaky_relu, relu, sigmoid
from jax_networks import Keys, apply
from jax_setup import Normal, inference, parameters_of

GRIDS, LATENT, CHANNELS = ((3, 96), (12, 12), (12, 6)), 1024, (36, 16, 6)
SLOPE, SOFTNESS, INCIDENT, RESPONSE_HIDDEN = 0.3, 1e-5, 50.0, 64


def make_local(keys, inputs, outputs, kernel, grid):
    taps = inputs * kernel**2
    return {
        "w": keys.normal(*grid, taps, outputs) / taps**0.5,
        "b": jnp.zeros((*grid, outputs)),
    }


def local(layer, image, kernel):
    """A convolution with weights of its own at every place; images are (rows, height, width, channels)."""
    height, width = layer["w"].shape[:2]
    taps = [
        image[:, i : i + height, j : j + width] for i in range(kernel) for j in range(kernel)
    ]
    seen = jnp.concatenate(taps, axis=-1)
    return jnp.einsum("rhwt,hwtc->rhwc", seen, layer["w"]) + layer["b"]


def make_stream(keys, grid, attention):
    height, width = grid
    margin = len(CHANNELS) - 1
    taps = 4 * CHANNELS[0]
    made = {
        "dense": keys.linear(LATENT, CHANNELS[0] * (height + margin) * (width + margin)),
        "convolution": {
            "w": keys.normal(2, 2, CHANNELS[0], CHANNELS[1]) / taps**0.5,
            "b": jnp.zeros(CHANNELS[1]),
        },
        "local_0": make_local(keys, CHANNELS[1], CHANNELS[2], 2, (height + 1, width + 1)),
        "local_1": make_local(keys, CHANNELS[2], 1, 2, grid),
    }
    if attention:
        made["attention"] = make_local(keys, 2, 1, 3, grid)
    return made


def resized(image, grid):
    rows, height, width, channels = image.shape
    down = height // grid[0] if height % grid[0] == 0 else 1
    across = width // grid[1] if width % grid[1] == 0 else 1
    image = image.reshape(rows, height // down, down, width // across, across, channels)
    image = image.mean((2, 4))
    return jax.image.resize(image, (rows, *grid, channels), "linear", antialias=False)


def run_stream(stream, grid, latent, before):
    margin = len(CHANNELS) - 1
    first = (-1, grid[0] + margin, grid[1] + margin, CHANNELS[0])
    image = jax.lax.conv_general_dilated(
        apply(stream["dense"], latent).reshape(first),
        stream["convolution"]["w"],
        (1, 1),
        ((0, 1), (0, 1)),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    image = image + stream["convolution"]["b"]
    for name in ("local_0", "local_1"):
        image = local(stream[name], leaky_relu(image, SLOPE), 2)
    if "attention" not in stream:
        return image
    before = resized(before, grid)
    both = jnp.concatenate([image, before], axis=-1)
    padded = jnp.pad(both, ((0, 0), (1, 1), (1, 1), (0, 0)))
    share = sigmoid(local(stream["attention"], padded, 3))
    return before + share * (image - before)


def calogan(mode, batch, peer):
    del mode, peer
    keys = Keys()
    network = {
        "energy": keys.linear(1, 2 * LATENT),
        "streams": [make_stream(keys, grid, i > 0) for i, grid in enumerate(GRIDS)],
        "response_0": keys.linear(LATENT, RESPONSE_HIDDEN),
        "response_1": keys.linear(RESPONSE_HIDDEN, 1),
    }

    def generate(latent, incident):
        scale, shift = jnp.split(apply(network["energy"], jnp.log(incident / INCIDENT)), 2, axis=1)
        latent = latent * (scale + 1) + shift
        images, image = [], None
        for stream, grid in zip(network["streams"], GRIDS, strict=True):
            image = run_stream(stream, grid, latent, image)
            images.append(relu(image).reshape(len(latent), -1))
        shares = SOFTNESS * jnp.expm1(jnp.concatenate(images, 1) * math.log1p(1 / SOFTNESS))
        cells = incident * shares
        response = apply(network["response_1"], leaky_relu(apply(network["response_0"], latent)))
        total = incident * jnp.maximum(0.8 + 0.05 * response, 1e-3)
        return cells * (total / jnp.maximum(cells.sum(1, keepdims=True), 1e-9))

    incident = jnp.full((batch, 1), INCIDENT)
    return inference(generate, Normal((batch, LATENT)), incident), parameters_of(network)

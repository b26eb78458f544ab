"""Jets as images: how they are made of constituents, and what a grid of pixels says of a jet."""

from __future__ import annotations

from pathlib import Path

import castalia
import numpy as np

KINDS = ("g", "q", "t")  # the class of an image is its place here
NAMES = {"g": "gluon", "q": "quark", "t": "top"}
PIXELS = 25  # along each side
EXTENT = 0.8  # the image covers eta and phi from -EXTENT to EXTENT about the jet's centre
LEAST = 0.1  # GeV: a dimmer pixel counts as empty


def centres() -> np.ndarray:
    """Of the pixels along either axis."""
    return (np.arange(PIXELS) + 0.5) * 2 * EXTENT / PIXELS - EXTENT


def turned(eta: np.ndarray, phi: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Constituents (jets, particles) about their centre of momentum, the longer principal axis along phi, and
    the harder half at positive phi and at positive eta."""
    whole = weight.sum(1, keepdims=True)
    eta = eta - (weight * eta).sum(1, keepdims=True) / whole
    phi = phi - (weight * phi).sum(1, keepdims=True) / whole
    ee, pp, ep = (
        (weight * a * b).sum(1, keepdims=True) for a, b in ((eta, eta), (phi, phi), (eta, phi))
    )
    # The longer axis lies at this angle from the eta axis.
    angle = 0.5 * np.arctan2(2 * ep, ee - pp)
    along = eta * np.cos(angle) + phi * np.sin(angle)
    across = phi * np.cos(angle) - eta * np.sin(angle)

    def harder_positive(x: np.ndarray) -> np.ndarray:
        halves = (weight * np.sign(x)).sum(1, keepdims=True)
        return np.where(halves < 0, -x, x)

    return harder_positive(across), harder_positive(along)


def images(particles: np.ndarray, momentum: np.ndarray) -> np.ndarray:
    """Transverse momentum in GeV of every pixel, (jets, PIXELS * PIXELS), eta by phi. `particles` are in
    JetNet's layout (jets, particles, 4), `momentum` is that of the jet in GeV. What lies outside is left
    out."""
    weight = particles[..., 2] * particles[..., 3]
    eta, phi = turned(particles[..., 0], particles[..., 1], weight)
    place = [np.floor((x + EXTENT) * PIXELS / (2 * EXTENT)).astype(np.int64) for x in (eta, phi)]
    inside = np.logical_and.reduce([(i >= 0) & (i < PIXELS) for i in place]) & (weight > 0)
    jet = np.broadcast_to(np.arange(len(weight))[:, None], weight.shape)
    pixel = (jet * PIXELS + place[0]) * PIXELS + place[1]
    count = len(weight) * PIXELS * PIXELS
    summed = np.bincount(pixel[inside], (weight * momentum[:, None])[inside], minlength=count)
    return summed.reshape(len(weight), -1)


def read(data: Path, part: str, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of all kinds of jets, `most` of each, in turn, and their classes (images, 1)."""
    found, classes = [], []
    for number, kind in enumerate(KINDS):
        path = data / f"pythia8/jetnet/jetnet150_{kind}_{part}.h5"
        particles = castalia.hdf5_read(path, "particle_features")[:most].astype(np.float64)
        jets = castalia.hdf5_read(path, "jet_features")[:most].astype(np.float64)
        found.append(images(particles, jets[:, 0]))
        classes.append(np.full((len(found[-1]), 1), float(number)))
    order = np.random.default_rng(1).permutation(sum(len(each) for each in found))
    return np.concatenate(found)[order], np.concatenate(classes)[order]


def observables(pixels: np.ndarray) -> dict[str, np.ndarray]:
    """Of images (images, PIXELS * PIXELS): mass and transverse momentum of the massless momenta at the
    pixels' centres, GeV, and the number of pixels of LEAST and more."""
    pt = np.maximum(pixels, 0).reshape(-1, PIXELS, PIXELS)
    eta, phi = centres()[:, None], centres()[None, :]
    px, py, pz, energy = (
        (pt * factor).sum((1, 2))
        for factor in (np.cos(phi), np.sin(phi), np.sinh(eta), np.cosh(eta))
    )
    return {
        "mass": np.sqrt(np.maximum(energy**2 - px**2 - py**2 - pz**2, 0)),
        "pt": np.hypot(px, py),
        "pixels": (pt >= LEAST).sum((1, 2)).astype(np.float64),
    }

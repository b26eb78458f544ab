"""Makes the golden files of the observables with implementations that are not ours.

    python make_observables.py DATA

DATA holds geant4/eplus_test.h5 and pythia8/{jetnet,zmumu_jet}/. Needs numpy 1.26, h5py, energyflow
1.4, fastjet 3.5, jetnet 0.2.5 (with torch) and vector 1.9. See README.md beside this file.
"""

import itertools
import json
import pathlib
import sys
import xml.etree.ElementTree as ET

import energyflow
import fastjet
import h5py
import numpy as np
import vector
from jetnet.utils import jet_features

HERE = pathlib.Path(__file__).parent
RADIUS = 0.8


def write(name, content):
    text = json.dumps(content, separators=(",", ":"))
    (HERE / name).write_text(text + "\n", encoding="utf-8")
    print(name, len(text))


# Jets -----------------------------------------------------------------------------------------------


def distances(eta, phi, eta2, phi2):
    d_phi = np.abs(phi[:, None] - phi2[None, :])
    d_phi = np.minimum(d_phi, 2 * np.pi - d_phi)
    return np.hypot(eta[:, None] - eta2[None, :], d_phi)


def kt_axes(eta, phi, pt, count):
    particles = [
        fastjet.PseudoJet(*map(float, p))
        for p in np.stack(
            [pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta)]
        ).T
    ]
    definition = fastjet.JetDefinition(fastjet.kt_algorithm, 1000.0)
    sequence = fastjet.ClusterSequence(particles, definition)
    axes = sequence.exclusive_jets(count)
    return np.array([a.rap() for a in axes]), np.array([a.phi_std() for a in axes])


def tau(eta, phi, pt, count):
    if len(pt) <= count:
        return 0.0
    nearest = distances(eta, phi, *kt_axes(eta, phi, pt, count)).min(axis=1)
    return float((pt * nearest).sum() / (pt.sum() * RADIUS))


def correlations(eta, phi, pt):
    """C2 and D2 by their definition: sums over pairs and triples."""
    d = distances(eta, phi, eta, phi)
    e1 = pt.sum()
    e2 = sum(pt[i] * pt[j] * d[i, j] for i, j in itertools.combinations(range(len(pt)), 2))
    e3 = sum(
        pt[i] * pt[j] * pt[k] * d[i, j] * d[j, k] * d[i, k]
        for i, j, k in itertools.combinations(range(len(pt)), 3)
    )
    return float(e3 * e1 / e2**2), float(e3 * e1**3 / e2**3)


def golden_jets(data):
    polynomials = energyflow.EFPSet("d<=4", measure="hadr", beta=1, normed=None, coords="ptyphim")
    degree_five = energyflow.EFPSet(
        "d==5", "p==1", measure="hadr", beta=1, normed=None, coords="ptyphim"
    )
    jets = []
    for slots, kind, count in [
        (30, "g", 6),
        (30, "q", 6),
        (30, "t", 6),
        (150, "g", 2),
        (150, "t", 2),
    ]:
        with h5py.File(data / f"pythia8/jetnet/jetnet{slots}_{kind}_test.h5") as file:
            clouds = file["particle_features"][:count].astype(np.float64)
        for cloud in clouds:
            particles = cloud[cloud[:, 3] > 0.5][:, :3]
            eta, phi, pt = particles.T
            features = jet_features(particles[None])
            # jetnet 0.2.5 leaves an axis of length one.
            mass, total = (float(np.ravel(features[name])[0]) for name in ("mass", "pt"))
            c2, d2 = correlations(eta, phi, pt)
            order = particles[:, [2, 0, 1]]
            jets.append(
                {
                    "slots": slots,
                    "particles": particles.ravel().tolist(),
                    "mass": mass,
                    "pt": total,
                    "tau": [tau(eta, phi, pt, n) for n in (1, 2, 3, 4)],
                    "c2": c2,
                    "d2": d2,
                    "efp": polynomials.compute(order).tolist(),
                    "efp_5": degree_five.compute(order).tolist(),
                }
            )
    write(
        "jets.json",
        {
            "radius": RADIUS,
            "graphs": [[list(map(int, edge)) for edge in graph] for graph in polynomials.graphs()],
            "graphs_5": [
                [list(map(int, edge)) for edge in graph] for graph in degree_five.graphs()
            ],
            "jets": jets,
        },
    )


# Showers --------------------------------------------------------------------------------------------


def read_cells(path, particle):
    """[(number, radial, first coordinate or r, eta, phi)] of each layer with cells, flat in order."""
    root = ET.parse(path).getroot()
    element = next(e for e in root if e.attrib["name"] == particle)
    layers = []
    for layer in element:

        def edges(name, layer=layer):
            return np.array([float(word) for word in layer.attrib[name].split(",") if word])

        radii = edges("r_edges")
        if len(radii) < 2:
            continue
        number = int(layer.attrib["id"])
        if "x_edges" in layer.attrib:
            x, y = ((e[1:] + e[:-1]) / 2 for e in (edges("x_edges"), edges("y_edges")))
            phi, eta = np.meshgrid(x, y, indexing="ij")
            layers.append((number, {"eta": eta.ravel(), "phi": phi.ravel()}))
        else:
            angles = int(layer.attrib["n_bin_alpha"])
            alpha = np.linspace(-np.pi, np.pi, angles + 1)
            alpha = (alpha[1:] + alpha[:-1]) / 2
            a, r = np.meshgrid(alpha, (radii[1:] + radii[:-1]) / 2, indexing="ij")
            where = {"r": r.ravel()}
            if angles > 1:
                where |= {"eta": (r * np.cos(a)).ravel(), "phi": (r * np.sin(a)).ravel()}
            layers.append((number, where))
    return layers


def divide(above, below):
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def leading(energies, count):
    padded = np.pad(energies, ((0, 0), (0, max(0, count - energies.shape[1]))))
    return -np.sort(-padded, axis=1)[:, :count]


def energy_ratio(energies):
    two = leading(energies, 2)
    return divide(two[:, 0] - two[:, 1], two[:, 0] + two[:, 1])


def shower_observables(layers, showers, incident):
    total = showers.sum(1)
    out = {"energy": total, "response": total / incident}
    first, depth, depth2, last = 0, 0.0, 0.0, np.zeros(len(showers))
    for number, where in layers:
        cells = len(next(iter(where.values())))
        e = showers[:, first : first + cells]
        first += cells
        sum_e = e.sum(1)
        name = f"layer_{number}_"
        out[name + "energy"] = sum_e
        out[name + "fraction"] = divide(sum_e, total)
        out[name + "sparsity"] = 1 - (e > 0).mean(1)
        out[name + "energy_ratio"] = energy_ratio(e)
        for axis, x in where.items():
            # As the CaloChallenge's HighLevelFeatures do it: the difference of two moments.
            mean = divide(e @ x, sum_e)
            out[name + axis + "_centre"] = mean
            out[name + axis + "_width"] = np.sqrt(
                np.maximum(divide(e @ (x * x), sum_e) - mean**2, 0)
            )
        for k, value in enumerate(leading(e, 5).T):
            out[f"{name}leading_{k + 1}_fraction"] = divide(value, sum_e)
        depth, depth2 = depth + number * sum_e, depth2 + number**2 * sum_e
        last = np.where(sum_e > 0, number, last)
    out["depth"] = divide(depth, total)
    out["depth_width"] = np.sqrt(np.maximum(divide(depth2, total) - out["depth"] ** 2, 0))
    out["last_layer"] = last
    out["sparsity"] = 1 - (showers > 0).mean(1)
    out["energy_ratio"] = energy_ratio(showers)
    for k, value in enumerate(leading(showers, 5).T):
        out[f"leading_{k + 1}"] = value
        out[f"leading_{k + 1}_fraction"] = divide(value, total)
    return {name: values.tolist() for name, values in out.items()}


def sparse(showers):
    return [[[int(i), float(row[i])] for i in np.flatnonzero(row)] for row in showers]


def golden_showers(data):
    with h5py.File(data / "geant4/eplus_test.h5") as file:
        real = file["showers"][:16].astype(np.float64)
        incident = file["incident_energies"][:16, 0]
    real[3] = 0  # nothing at all
    real[4, 288:432] = 0  # an empty layer
    rng = np.random.default_rng(20261)
    layers = read_cells(HERE / "radial.xml", "photon")
    cells = sum(len(next(iter(where.values()))) for _, where in layers)
    drawn = np.exp(rng.normal(3, 2, size=(8, cells))) * (rng.random((8, cells)) < 0.15)
    drawn = drawn.astype(np.float32).astype(np.float64)
    energies = drawn.sum(1) * rng.uniform(0.9, 1.1, 8)
    sets = []
    for file, particle, showers, incidents in [
        ("cartesian.xml", "eplus", real, incident),
        ("radial.xml", "photon", drawn, energies),
    ]:
        where = read_cells(HERE / file, particle)
        sets.append(
            {
                "geometry": file,
                "particle": particle,
                "cells": showers.shape[1],
                "incident": incidents.tolist(),
                "showers": sparse(showers),
                "observables": shower_observables(where, showers, incidents),
            }
        )
    write("showers.json", sets)


# Kinematics -----------------------------------------------------------------------------------------


def boost(p, beta):
    """Four-momenta (E, px, py, pz) seen from a frame that moves with velocity beta."""
    b2 = (beta**2).sum(-1, keepdims=True)
    gamma = 1 / np.sqrt(1 - b2)
    along = (p[:, 1:] * beta).sum(-1, keepdims=True)
    energy = gamma * (p[:, :1] - along)
    space = p[:, 1:] + ((gamma - 1) / b2 * along - gamma * p[:, :1]) * beta
    return np.hstack([energy, space])


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def collins_soper(first, second):
    """From the definition: the beams, boosted to the pair's rest frame, span the frame's axes."""
    pair = first + second
    beta = pair[:, 1:] / pair[:, :1]
    beam = np.tile([6500.0, 0, 0, 6500.0], (len(pair), 1))
    other = np.tile([6500.0, 0, 0, -6500.0], (len(pair), 1))
    b1, b2 = (unit(boost(b, beta)[:, 1:]) for b in (beam, other))
    z = unit(b1 - b2)
    x = -unit(b1 + b2)
    y = np.cross(z, x)
    k = unit(boost(first, beta)[:, 1:])
    return (k * z).sum(1), np.arctan2((k * y).sum(1), (k * x).sum(1))


def golden_kinematics(data):
    with h5py.File(data / "pythia8/zmumu_jet/zmumu_jet_test.h5") as file:
        events = file["truth"][:24].astype(np.float64)
    names = ("mu_plus", "mu_minus", "jet")
    p = [vector.array({"E": e[:, 0], "px": e[:, 1], "py": e[:, 2], "pz": e[:, 3]})
         for e in events.transpose(1, 0, 2)]  # fmt: skip
    out = {}
    for name, v in zip(names, p, strict=True):
        out |= {f"{name}_pt": v.pt, f"{name}_eta": v.eta, f"{name}_phi": v.phi,
                f"{name}_rapidity": v.rapidity, f"{name}_mass": v.mass}  # fmt: skip
    for i, j in ((0, 1), (0, 2), (1, 2)):
        name, v = f"{names[i]}_{names[j]}", p[i] + p[j]
        k = 3 - i - j
        cosine, phi = collins_soper(events[:, i], events[:, j])
        out |= {f"{name}_mass": v.mass, f"{name}_pt": v.pt, f"{name}_rapidity": v.rapidity,
                f"{name}_delta_r": p[i].deltaR(p[j]),
                f"{name}_delta_phi": np.mod(p[j].phi - p[i].phi, 2 * np.pi),
                f"{name}_delta_phi_{names[k]}": np.mod(p[k].phi - v.phi, 2 * np.pi),
                f"{name}_cos_theta_star": cosine, f"{name}_phi_star": phi}  # fmt: skip
    total = p[0] + p[1] + p[2]
    out |= {"total_mass": total.mass, "total_pt": total.pt, "total_rapidity": total.rapidity}
    write(
        "kinematics.json",
        {
            "particles": names,
            "events": events.reshape(len(events), -1).tolist(),
            "observables": {name: np.asarray(v).tolist() for name, v in out.items()},
        },
    )


def main():
    data = pathlib.Path(sys.argv[1])
    golden_kinematics(data)
    golden_showers(data)
    golden_jets(data)


if __name__ == "__main__":
    main()

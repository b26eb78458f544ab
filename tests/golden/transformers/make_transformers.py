"""Writes golden.json: transformers by the formulas of their papers, in 40 digits.

    python make_transformers.py

Needs mpmath; values, derivatives and integrals are mpmath's own. Where zuko has the same map (affine,
sums of squares) the script also compares with it and stops where they differ; the file is the same
without zuko.
"""

import json
import pathlib
import random

import mpmath as mp

mp.mp.dps = 40
LOG_LARGEST = mp.log(1000)


def soft(raw, limit):
    """The map that keeps a raw number within a limit."""
    return raw / (1 + abs(raw) / limit)


def spread(k, count, width):
    return 0 if count == 1 else width * (mp.mpf(2 * k) / (count - 1) - 1)


def sigmoid(u):
    return 1 / (1 + mp.exp(-u))


def affine(p, form, floor):
    scale = {
        "bounded_exponential": lambda r: mp.exp(soft(r, -mp.log(floor))),
        "sigmoid": lambda r: sigmoid(r + 2) + floor,
        "softplus": lambda r: mp.log(1 + mp.exp(r)) + floor,
    }[form](p[1])
    return lambda x: scale * x + p[0]


def squared(p):
    a, d = mp.exp(soft(p[1], LOG_LARGEST)), mp.exp(soft(p[2], LOG_LARGEST))
    c = mp.mpf("0.95") * mp.tanh(p[3]) * 8 * mp.sqrt(3) / 9 * a / d
    return lambda x: a * x + p[0] + c / (1 + (d * x + p[4]) ** 2)


def logit_of_mixture(weights, members, floor):
    total = sum(mp.exp(w) for w in weights)

    def value(x):
        below = sum(
            mp.exp(w) / total * sigmoid(u(x)) for w, u in zip(weights, members, strict=True)
        )
        above = sum(
            mp.exp(w) / total * sigmoid(-u(x)) for w, u in zip(weights, members, strict=True)
        )
        return (1 - floor) * mp.log(below / above) + floor * x

    return value


def logistic_mixture(p, count, floor):
    means = [p[count + k] + spread(k, count, mp.mpf("0.5")) for k in range(count)]
    scales = [mp.exp(soft(p[2 * count + k], LOG_LARGEST)) for k in range(count)]
    members = [lambda x, m=m, s=s: (x - m) / s for m, s in zip(means, scales, strict=True)]
    mixture = logit_of_mixture(p[:count], members, floor)
    scale = mp.exp(soft(p[3 * count + 1], LOG_LARGEST))
    return lambda x: scale * mixture(x) + p[3 * count]


def deep_sigmoid(p, count, floor):
    shift = mp.log(mp.expm1(1 - floor))
    slopes = [floor + mp.log(1 + mp.exp(p[2 * count + k] + shift)) for k in range(count)]
    offsets = [p[count + k] - spread(k, count, mp.mpf("0.5")) for k in range(count)]
    members = [lambda x, a=a, b=b: a * x + b for a, b in zip(slopes, offsets, strict=True)]
    return logit_of_mixture(p[:count], members, floor)


def continued(lower, upper, shift, slope):
    """The integral of a positive function of the place in [-1, 1], along tangents outside."""
    middle, half = (lower + upper) / 2, (upper - lower) / 2

    def value(x):
        t = min(max(x, lower), upper)
        place = (t - middle) / half
        return middle + shift + half * mp.quad(slope, [0, place]) + slope(place) * (x - t)

    return value


def sum_of_squares(p, count, degree, floor, lower, upper):
    length = degree + 1

    def slope(s):
        total = 0
        for k in range(count):
            c = list(p[k * length : (k + 1) * length])
            c[0] += 1
            c[1] += spread(k, count, mp.mpf("0.2"))
            total += sum(a * s**j for j, a in enumerate(c)) ** 2
        return floor + (1 - floor) * total / count

    return continued(lower, upper, p[count * length], slope)


def unconstrained_monotonic(p, units, lower, upper):
    largest = LOG_LARGEST / 2

    def slope(s):
        total = soft(p[3 * units + 1], largest)
        for j in range(units):
            a = 2 + soft(p[units + j], mp.mpf(6))
            b = soft(p[2 * units + j], mp.mpf(8)) - 2 * spread(j, units, mp.mpf(1))
            total += soft(p[j], largest / units) * mp.tanh(a * s + b)
        return mp.exp(total)

    return continued(lower, upper, p[3 * units], slope)


def compare_with_zuko(case, x, y, logs):
    """Maps that zuko has in the same form."""
    try:
        import torch
        from zuko.transforms import MonotonicAffineTransform, SOSPolynomialTransform
    except ImportError:
        return
    p = torch.tensor([float(v) for v in case["params"]], dtype=torch.float64)
    at = torch.tensor([float(v) for v in x], dtype=torch.float64)
    if case["transformer"] == "affine" and not case["settings"]:
        other = MonotonicAffineTransform(p[0], p[1], slope=1e-3)
        want, want_log = other(at), other.log_abs_det_jacobian(at, None).expand_as(at)
        inside = [True] * len(x)
    elif case["transformer"] == "sum_of_squares":
        # zuko adds its floor where ours mixes it in, and has no shift.
        count, degree = case["settings"]["polynomials"], case["settings"]["degree"]
        c = p[:-1].reshape(count, degree + 1).clone()
        c[:, 1] += torch.tensor([float(spread(k, count, 0.2)) for k in range(count)])
        floor = case["settings"]["min_derivative"]
        other = SOSPolynomialTransform(c, slope=0.0, bound=case["upper"])
        slope = floor + (1 - floor) * other.g(at)
        want = p[-1] + floor * at + (1 - floor) * other(at)
        want_log, inside = slope.log(), [abs(float(v)) <= case["upper"] for v in x]
    else:
        return
    for i, keep in enumerate(inside):
        if keep:
            assert abs(float(want[i]) - float(y[i])) < 1e-6 * (1 + abs(float(y[i]))), case
            assert abs(float(want_log[i]) - float(logs[i])) < 1e-6, case
    print("agrees with zuko:", case["transformer"], case["settings"])


def main():
    rng = random.Random(5)
    bound = 3.0
    cases = [
        ("affine", {}, 2, lambda p: affine(p, "bounded_exponential", mp.mpf("0.001"))),
        ("affine", {"affine_scale": "sigmoid"}, 2, lambda p: affine(p, "sigmoid", mp.mpf("0.001"))),
        (
            "affine",
            {"affine_scale": "softplus", "min_scale": 0.01},
            2,
            lambda p: affine(p, "softplus", mp.mpf(0.01)),
        ),
        ("squared", {}, 5, squared),
        ("logistic_mixture", {"sigmoids": 3}, 11, lambda p: logistic_mixture(p, 3, mp.mpf(0.001))),
        ("deep_sigmoid", {"sigmoids": 4}, 12, lambda p: deep_sigmoid(p, 4, mp.mpf(0.001))),
        (
            "sum_of_squares",
            {"polynomials": 2, "degree": 3, "min_derivative": 0.01},
            9,
            lambda p: sum_of_squares(p, 2, 3, mp.mpf(0.01), mp.mpf(-bound), mp.mpf(bound)),
        ),
        (
            "unconstrained_monotonic",
            {"integrand_units": 4},
            14,
            lambda p: unconstrained_monotonic(p, 4, mp.mpf(-bound), mp.mpf(bound)),
        ),
    ]
    golden = []
    for name, settings, count, make in cases:
        params = [rng.uniform(-1.5, 1.5) for _ in range(count)]
        x = [rng.uniform(-1.4 * bound, 1.4 * bound) for _ in range(12)]
        f = make([mp.mpf(v) for v in params])
        y = [f(mp.mpf(v)) for v in x]
        logs = [mp.log(mp.diff(f, mp.mpf(v), h=mp.mpf(10) ** -15)) for v in x]
        case = {
            "transformer": name,
            "settings": settings,
            "upper": bound,
            "params": params,
            "x": x,
            "y": [float(v) for v in y],
            "log_abs_det": [float(v) for v in logs],
        }
        compare_with_zuko(case, x, y, logs)
        golden.append(case)
    path = pathlib.Path(__file__).with_name("golden.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

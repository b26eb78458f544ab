"""What a trained flow of the demonstration must hold, asked through the Python package alone."""

import hashlib
import os
import subprocess
import sys

import castalia
import numpy as np

SEED = 11


def round_trip_errors(flow, x):
    """Largest |x' - x| of each event, in standard deviations of the feature."""
    latent, _ = flow.transform(x)
    again, _ = flow.inverse(latent)
    return (np.abs(again.astype(np.float64) - x) / x.std(axis=0, dtype=np.float64)).max(axis=1)


def difference_jacobian(flow, x, steps):
    """dz/dx of each event by central differences of fourth order; all shifted events in one call."""
    n, d = x.shape
    shifts = np.array([-2.0, -1.0, 1.0, 2.0])
    weights = np.array([1.0, -8.0, 8.0, -1.0]) / 12.0
    moved = np.broadcast_to(x[:, None, None], (n, d, 4, d)).copy()
    for j in range(d):
        moved[:, j, :, j] += shifts * steps[j]
    z, _ = flow.transform(moved.reshape(-1, d))
    # The step that was taken is the difference of two rounded numbers.
    taken = np.stack([(moved[:, j, 2, j] - moved[:, j, 1, j]) / 2 for j in range(d)], axis=1)
    return np.einsum("njsk,s->nkj", z.reshape(n, d, 4, d), weights) / taken[:, None]


def determinant_errors(flow, x):
    """|log det of the flow - log det of a dense Jacobian| in float64, where that Jacobian is known.

    The flow is smooth but for kinks of its network. A difference across one is no derivative, so
    an event counts where three step lengths agree on the determinant: two may by chance, on either side of
    a kink. The flow's own determinant has no say.
    """
    _, own = flow.transform(x)
    dense = []
    for length in (2e-5, 4e-5, 8e-5):
        sign, log = np.linalg.slogdet(difference_jacobian(flow, x, length * x.std(axis=0)))
        assert (sign != 0).all()
        dense.append(log)
    known = np.ptp(dense, axis=0) < 2e-9
    return np.abs(own - dense[1])[known], known.mean()


def digest(path, batch, threads, events):
    """Of the events of SEED, drawn so many at a time by so many threads."""
    flow = castalia.load(path, settings=castalia.Context(threads=threads))
    sampler, hashed = flow.sampler(SEED), hashlib.sha256()
    for first in range(0, events, batch):
        hashed.update(sampler.next(min(batch, events - first)).tobytes())
    return hashed.hexdigest()


def digest_elsewhere(path, events, **environment):
    """The same in a process of its own with these variables set."""
    done = subprocess.run(
        [sys.executable, __file__, str(path), str(events)],
        env={**os.environ, **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def different_ways_of_drawing(path, events):
    """The ways of drawing the events of one seed that do not give the same bits: empty when all is well."""
    wanted = digest(path, 4096, 1, events)
    found = {
        f"batch {batch}, {threads} threads": digest(path, batch, threads, events)
        for batch in (1, 7, 4096)
        for threads in (1, 2)
    }
    found["oneDNN held to AVX2"] = digest_elsewhere(path, events, ONEDNN_MAX_CPU_ISA="AVX2")
    flow = castalia.load(path)
    in_order = flow.sample(events, seed=SEED)
    found["one call"] = hashlib.sha256(in_order.tobytes()).hexdigest()
    wrong = [way for way, value in found.items() if value != wanted]
    sampler = flow.sampler(SEED)
    for first in (events // 3, 0, events - 10):
        sampler.seek(first)
        if not (sampler.next(10) == in_order[first : first + 10]).all():
            wrong.append(f"seek to {first}")
        if not (
            flow.sample(10, seed=SEED, first_event=first) == in_order[first : first + 10]
        ).all():
            wrong.append(f"first_event {first}")
    return wrong


def check_flow(verdicts, path, features, events=20_000):
    """Adds all of the above for the model in a file, on features (n, 9) that it did not train on."""
    flow = castalia.load(path)
    errors = round_trip_errors(flow, features.astype(np.float32))
    verdicts.below("flow: float32 round trip, 99.9th percentile", np.quantile(errors, 0.999), 1e-4)
    exact = flow.to("float64")
    verdicts.below(
        "flow: float64 round trip, largest", round_trip_errors(exact, features).max(), 1e-9
    )
    errors, known = determinant_errors(exact, features[:300])
    verdicts.add(
        "flow: events where differences give a Jacobian", f"{known:.2f}", known > 0.4, "> 0.4"
    )
    verdicts.below("flow: log-determinant against a dense Jacobian", errors.max(), 1e-8)
    wrong = different_ways_of_drawing(path, events)
    verdicts.add("flow: same bits for every way of drawing", "yes" if not wrong else "no", not wrong,
                 "; ".join(wrong) or "batch 1, 7, 4096; 1, 2 threads; AVX2; seek, first_event")  # fmt: skip


if __name__ == "__main__":
    print(digest(sys.argv[1], 4096, 2, int(sys.argv[2])))

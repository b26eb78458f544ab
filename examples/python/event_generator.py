"""pp -> Z(mu+ mu-) + jet from Python: the events that the Fortran program draws for the same seed.

    event_generator.py MODEL.safetensors OUTPUT.h5 [--events N] [--seed S] [--train]

loads the flow that the demonstration trained, and writes the data set `particles` (events, 3, 4), float64:
E px py pz in GeV of the mu+, the mu- and the jet. With --train it first trains a flow for a moment and
leaves it in MODEL.
"""

import argparse
from pathlib import Path

import castalia
import h5py
import numpy as np
import zjet

DATA = Path(__file__).resolve().parents[1] / "data" / "zmumu_jet_train.h5"
BATCH = 4096
TURN_STAGE = 1  # the stream of random numbers that turns and mirrors the event


def train(steps=200):
    with h5py.File(DATA) as file:
        features = zjet.with_turned(zjet.features_from_events(file["truth"][:])[0])
    flow = castalia.CouplingFlow(
        features=9, feature_names=list(zjet.FEATURES), preprocessing=list(zjet.PREPROCESSING)
    )
    return flow.fit(features, steps=steps, schedule="one_cycle", learning_rate=2e-3)


def generate(flow, n, seed):
    """n events of a seed, as zjet.events_from_features gives them."""
    events = np.empty((0, 3, 4))
    sampler = flow.sampler(seed)
    while len(events) < n:
        turn = castalia.uniform((BATCH, 2), seed, sampler.tell(), stage=TURN_STAGE)
        features = sampler.next(BATCH, dtype=np.float64)
        physical = zjet.physical(features)
        azimuth, side = np.pi * (2 * turn[:, 0] - 1), np.where(turn[:, 1] < 0.5, -1.0, 1.0)
        candidates = zjet.events_from_features(
            features[physical], azimuth[physical], side[physical]
        )
        events = np.concatenate((events, candidates[zjet.accepted(candidates)]))
    return events[:n]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("output")
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--train", action="store_true", help="train a flow for a moment first")
    arguments = parser.parse_args()
    if arguments.train:
        train().save(arguments.model)
    events = generate(castalia.load(arguments.model), arguments.events, arguments.seed)
    with h5py.File(arguments.output, "w") as file:
        file["particles"] = events
    print(f"Wrote {len(events):,} events to {arguments.output}; medians:")
    medians = np.median(zjet.observables(events), axis=0)
    for (name, _, unit, _), median in zip(zjet.OBSERVABLES, medians, strict=True):
        print(f"  {name:<14}{median:10.3f} {unit}")


if __name__ == "__main__":
    main()

"""Z + jet events from Python: trains a flow for a moment, or loads one, and draws from it.

    event_generator.py [MODEL.safetensors]
"""

import sys
from pathlib import Path

import castalia
import h5py
import numpy as np

import zjet

DATA = Path(__file__).resolve().parents[1] / "data" / "zmumu_jet_train.h5"
EVENTS = 10_000


def train():
    with h5py.File(DATA) as file:
        features = zjet.with_turned(zjet.features_from_events(file["truth"][:])[0])
    flow = castalia.CouplingFlow(
        features=9, feature_names=list(zjet.FEATURES), preprocessing=list(zjet.PREPROCESSING)
    )
    flow.fit(features, steps=200, schedule="one_cycle", learning_rate=2e-3, progress=True)
    return flow


def main():
    flow = castalia.load(sys.argv[1]) if len(sys.argv) > 1 else train()
    features = np.asarray(flow.sample(EVENTS, seed=1))
    features = features[zjet.physical(features)]
    generator = np.random.default_rng(1)
    azimuth = generator.uniform(-np.pi, np.pi, len(features))
    side = generator.choice((-1.0, 1.0), len(features))
    events = zjet.events_from_features(features, azimuth, side)
    events = events[zjet.accepted(events)]
    print(f"{len(events):,} events; medians:")
    medians = np.median(zjet.observables(events), axis=0)
    for (name, _, unit, _), median in zip(zjet.OBSERVABLES, medians):
        print(f"  {name:<14}{median:10.3f} {unit}")


if __name__ == "__main__":
    main()

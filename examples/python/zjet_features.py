"""Turns Pythia's events into the features that a flow learns.

    zjet_features.py EVENTS.h5 FEATURES.h5

reads the data set `truth` (events, 3, 4) and writes `train` (2 x events, 9), float64: each event, and
the same event after half a turn about an axis across the beam, which swaps the two protons.
"""

import argparse

import h5py
import numpy as np
import zjet


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events")
    parser.add_argument("features")
    arguments = parser.parse_args()
    with h5py.File(arguments.events) as file:
        events = file["truth"][:].astype(np.float64)
    features = zjet.with_turned(zjet.features_from_events(events)[0])
    with h5py.File(arguments.features, "w") as file:
        data = file.create_dataset("train", data=features)
        data.attrs["columns"] = ", ".join(zjet.FEATURES)
    print(f"{len(events):,} events, {len(features):,} rows of {len(zjet.FEATURES)} features")


if __name__ == "__main__":
    main()

"""Judges what the demonstration left in a folder, with readers that are not ours.

    check_demo.py out/demo [--train FILE --test FILE]

prints a table of requirements and exits with 1 when one is not met. It recomputes every number from the
event files and the model, and does not read report.json but to compare with it.
"""

import argparse
import json
import sys
from pathlib import Path

import h5py
import numpy as np
import pyhepmc
import pylhe

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "examples/python"), str(ROOT / "tests/physics")]
import flow_checks  # noqa: E402
import report  # noqa: E402
import zjet  # noqa: E402

INCOMING, INTERMEDIATE, FINAL = -1, 2, 1


class Verdicts:
    """Collects measured values and whether they are good enough."""

    def __init__(self):
        self.failed = 0

    def add(self, what, value, passed, wanted):
        self.failed += not passed
        print(f"{'ok  ' if passed else 'FAIL'}  {what:<58} {value:>14}   {wanted}")

    def below(self, what, value, limit):
        self.add(what, f"{value:.3g}", bool(value <= limit), f"<= {limit:g}")


def read_lhe(path):
    """Arrays (events, particles): id, status; (events, particles, 5): E px py pz m; and mothers."""
    rows = [
        [
            (p.id, p.status, p.mother1, p.mother2, p.e, p.px, p.py, p.pz, p.m)
            for p in event.particles
        ]
        for event in pylhe.LHEFile.fromfile(str(path)).events
    ]
    table = np.array(rows)
    return table[..., :4].astype(int), table[..., 4:]


def read_hepmc(path):
    """The same from HepMC3; mothers are left out."""
    codes, momenta = [], []
    with pyhepmc.open(str(path)) as file:
        for event in file:
            codes.append([(p.pid, p.status) for p in event.particles])
            momenta.append(
                [
                    (p.momentum.e, p.momentum.px, p.momentum.py, p.momentum.pz, p.generated_mass)
                    for p in event.particles
                ]
            )
    return codes, momenta


def check_shells(verdicts, name, momenta):
    energy2 = momenta[..., 0] ** 2
    square = energy2 - (momenta[..., 1:4] ** 2).sum(-1) - momenta[..., 4] ** 2
    worst = (np.abs(square) / np.maximum(energy2, 1e-300)).max()
    verdicts.below(f"{name}: |E^2 - p^2 - m^2| / E^2", worst, 1e-6)


def check_lhe(verdicts, path, particles):
    codes, momenta = read_lhe(path)
    ids, status = codes[..., 0], codes[..., 1]
    verdicts.add("LHE: events read by pylhe", str(len(ids)), len(ids) == len(particles), "all")
    verdicts.add(
        "LHE: two incoming, one Z, two muons, a jet, a recoil",
        "yes",
        bool(
            ((status == INCOMING).sum(1) == 2).all()
            and ((ids == 23) & (status == INTERMEDIATE)).sum() == len(ids)
            and ((ids == 13) & (status == FINAL)).sum() == len(ids)
            and ((ids == -13) & (status == FINAL)).sum() == len(ids)
            and ((status == FINAL).sum(1) == 4).all()
        ),
        "every event",
    )
    incoming = np.where((status == INCOMING)[..., None], momenta[..., :4], 0).sum(1)
    outgoing = np.where((status == FINAL)[..., None], momenta[..., :4], 0).sum(1)
    worst = (np.abs(incoming - outgoing).max(1) / incoming[:, 0]).max()
    verdicts.below("LHE: balance of incoming and final", worst, 1e-6)
    z = momenta[ids == 23][:, :4]
    muons = momenta[ids == -13][:, :4] + momenta[ids == 13][:, :4]
    verdicts.below("LHE: the Z is its muons", (np.abs(z - muons).max(1) / z[:, 0]).max(), 1e-6)
    mothers = codes[..., 2]
    is_z = np.argmax(ids == 23, axis=1) + 1
    parents = np.stack((mothers[ids == -13], mothers[ids == 13]), axis=1)
    verdicts.add(
        "LHE: the muons' mother is the Z", "yes", bool((parents == is_z[:, None]).all()), ""
    )
    check_shells(verdicts, "LHE", momenta)
    plus = momenta[ids == -13][:, :4]
    difference = np.abs(plus - particles[:, 0]).max(1) / plus[:, 0]
    verdicts.below("LHE: the mu+ is that of the HDF5 file", difference.max(), 1e-6)


def check_hepmc(verdicts, path, particles):
    codes, momenta = read_hepmc(path)
    verdicts.add(
        "HepMC3: events read by pyhepmc", str(len(codes)), len(codes) == len(particles), "all"
    )
    balance, sums, shells = 0.0, 0.0, 0.0
    for code, event in zip(codes, momenta, strict=True):
        ids, status = np.array(code).T
        p = np.array(event)
        # In HepMC3 status 4 is a beam particle, 1 a final one.
        final = p[status == 1, :4].sum(0)
        incoming = p[status == 4, :4].sum(0)
        balance = max(balance, np.abs(incoming - final).max() / final[0])
        z, plus, minus = (p[ids == code][0, :4] for code in (23, -13, 13))
        sums = max(sums, np.abs(z - plus - minus).max() / z[0])
        square = p[:, 0] ** 2 - (p[:, 1:4] ** 2).sum(1) - p[:, 4] ** 2
        shells = max(shells, (np.abs(square) / np.maximum(p[:, 0] ** 2, 1e-300)).max())
    verdicts.below("HepMC3: balance of incoming and final", balance, 1e-6)
    verdicts.below("HepMC3: the Z is its muons", sums, 1e-6)
    verdicts.below("HepMC3: |E^2 - p^2 - m^2| / E^2", shells, 1e-6)


def check_kinematics(verdicts, particles):
    square = particles[..., 0] ** 2 - (particles[..., 1:] ** 2).sum(-1)
    muons = np.abs(square[:, :2] - zjet.MUON_MASS**2) / particles[:, :2, 0] ** 2
    verdicts.below("HDF5: muons on their mass shell", muons.max(), 1e-13)
    jets = np.maximum(-square[:, 2], 0) / particles[:, 2, 0] ** 2
    verdicts.below("HDF5: no jet beyond the light cone", jets.max(), 1e-13)
    inside = zjet.accepted(particles).mean()
    verdicts.add("HDF5: inside the selection of the sample", f"{inside:.5f}", inside == 1.0, "all")


def check_physics(verdicts, generated, train, test):
    for i, (name, *_) in enumerate(zjet.OBSERVABLES):
        mine = zjet.chi2_per_bin(test[:, i], generated[:, i])
        floor = zjet.chi2_per_bin(test[:, i], train[:, i])
        print(f"      chi2/ndf {name:<49} {mine:>14.2f}   floor {floor:.2f}")
    passed = sum(
        zjet.chi2_per_bin(test[:, i], generated[:, i]) < 1.5 for i in range(len(zjet.OBSERVABLES))
    )
    verdicts.add("chi2/ndf below 1.5", f"{passed} of 13", passed >= 10, ">= 10 of 13")
    mine, pythia = report.quartiles(generated[:, 0]), report.quartiles(test[:, 0])
    shift = abs(mine["median"] - pythia["median"])
    verdicts.below("median dimuon mass, difference in GeV", shift, 0.1)
    width = abs(mine["interquartile_range"] / pythia["interquartile_range"] - 1)
    verdicts.below("interquartile range of the mass, relative difference", width, 0.05)
    verdicts.below("classifier AUC", report.classifier_auc(test, generated), 0.525)
    print(
        f"      classifier AUC of train against test (floor) {report.classifier_auc(test, train):>24.4f}"
    )


def check_report(verdicts, folder):
    numbers = json.loads((folder / "report.json").read_text())
    verdicts.add("report.json: observables", str(len(numbers["observables"])),
                 len(numbers["observables"]) == 13, "13")  # fmt: skip
    page = (folder / "report.html").read_text()
    pictures = page.count("data:image/png;base64,")
    verdicts.add("report.html: pictures in the page", str(pictures), pictures >= 13, ">= 13")
    outside = 'src="http' in page or 'href="http' in page
    verdicts.add("report.html: self-contained", "no" if outside else "yes", not outside, "")
    missing = [n for n, *_ in zjet.OBSERVABLES if not (folder / f"{n}.png").exists()]
    verdicts.add("PNG of each observable", str(13 - len(missing)), not missing, "13")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", type=Path, default=ROOT / "examples/data/zmumu_jet_train.h5")
    parser.add_argument("--test", type=Path, default=ROOT / "examples/data/zmumu_jet_test.h5")
    parser.add_argument("--events", type=int, default=100_000, help="how many there should be")
    arguments = parser.parse_args()

    verdicts = Verdicts()
    with h5py.File(arguments.folder / "zjet.h5") as file:
        particles = file["particles"][:]
        exact = particles.dtype == np.float64 and particles.shape == (arguments.events, 3, 4)
    verdicts.add("HDF5: particles", str(particles.shape), exact, "float64, (events, 3, 4)")
    check_kinematics(verdicts, particles)
    check_lhe(verdicts, arguments.folder / "zjet.lhe", particles)
    check_hepmc(verdicts, arguments.folder / "zjet.hepmc3", particles)
    generated, train, test = (
        zjet.observables(events)
        for events in (
            particles,
            report.read_events(arguments.train, "truth"),
            report.read_events(arguments.test, "truth"),
        )
    )
    features, _, _ = zjet.features_from_events(report.read_events(arguments.test, "truth"))
    flow_checks.check_flow(
        verdicts, arguments.folder / "zjet.safetensors", features[zjet.physical(features)]
    )
    check_physics(verdicts, generated, train, test)
    check_report(verdicts, arguments.folder)
    print(
        f"\n{verdicts.failed} requirements not met"
        if verdicts.failed
        else "\nevery requirement met"
    )
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    sys.exit(main())

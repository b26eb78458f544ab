"""Lays generated Z+jet events over Pythia's: one page, its pictures, and the numbers as JSON.

    report.py --generated zjet.h5 --train zmumu_jet_train.h5 --test zmumu_jet_test.h5 --output DIR

writes report.html (self-contained), overview.png, one PNG an observable, and report.json.
"""

import argparse
import base64
import html
import json
from pathlib import Path

import h5py
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import zjet  # noqa: E402

INK = "#1f2a37"
PYTHIA = "#9aa5b1"
FLOW = "#c2410c"
BINS = 40

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "mathtext.fontset": "dejavusans",
    "axes.labelsize": 10,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "legend.frameon": False,
}

# What the eye should see of each observable: the range drawn, and whether rates span decades.
RANGES = {
    "z_mass": (50, 150, True),
    "z_pt": (5, 500, True),
    "z_rapidity": (-2.7, 2.7, False),
    "cos_theta": (-1, 1, False),
    "phi_star": (-np.pi, np.pi, False),
    "jet_pt": (20, 500, True),
    "jet_rapidity": (-4.5, 4.5, False),
    "jet_mass": (2, 60, True),
    "delta_phi": (0, 2 * np.pi, True),
    "mu_plus_pt": (20, 300, True),
    "mu_minus_pt": (20, 300, True),
    "mu_plus_eta": (-2.7, 2.7, False),
    "mu_minus_eta": (-2.7, 2.7, False),
}

# Labels of an axis in radians, by the number of right angles.
RIGHT_ANGLES = {-2: "−π", -1: "−π/2", 0: "0", 1: "π/2", 2: "π", 3: "3π/2", 4: "2π"}


def read_events(path, dataset):
    with h5py.File(path) as file:
        return file[dataset][:].astype(np.float64)


def classifier_auc(one, other):
    """Area under the curve of gradient-boosted trees told to tell two samples apart.

    Five-fold cross-validated, with as many events of one sample as of the other. 0.5 means that the
    trees cannot. None where scikit-learn is not installed: the example itself does not need it.
    """
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.metrics import roc_auc_score
        from sklearn.model_selection import StratifiedKFold, cross_val_predict
    except ImportError:
        return None
    n = min(len(one), len(other))
    values = np.concatenate((one[:n], other[:n]))
    labels = np.repeat((0, 1), n)
    trees = HistGradientBoostingClassifier(max_iter=200, learning_rate=0.05, random_state=0)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_predict(trees, values, labels, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(labels, scores))


def quartiles(values):
    lower, median, upper = np.quantile(values, (0.25, 0.5, 0.75))
    return {"median": float(median), "interquartile_range": float(upper - lower)}


def compare(generated, train, test):
    """All numbers of the report, from the observables of the three samples."""
    rows = []
    for i, (name, _, unit, _) in enumerate(zjet.OBSERVABLES):
        rows.append(
            {
                "name": name,
                "unit": unit,
                "chi2_per_ndf": zjet.chi2_per_bin(test[:, i], generated[:, i]),
                "floor": zjet.chi2_per_bin(test[:, i], train[:, i]),
            }
        )
    return {
        "events": {"generated": len(generated), "train": len(train), "test": len(test)},
        "observables": rows,
        "below_1.5": sum(row["chi2_per_ndf"] < 1.5 for row in rows),
        "z_mass": {"generated": quartiles(generated[:, 0]), "pythia": quartiles(test[:, 0])},
        "classifier_auc": {
            "generated": classifier_auc(test, generated),
            "floor": classifier_auc(test, train),
        },
    }


def density(values, edges):
    """Normalised histogram and its statistical error, both per unit of the axis."""
    counts = np.histogram(values, edges)[0]
    scale = 1.0 / (len(values) * np.diff(edges))
    return counts * scale, np.sqrt(counts) * scale


def draw(upper, lower, generated, test, row, observable):
    """One observable: both densities above, their ratio below."""
    name, label, unit, log_axis = observable
    start, stop, log_rate = RANGES[name]
    edges = np.geomspace(start, stop, BINS + 1) if log_axis else np.linspace(start, stop, BINS + 1)
    centres = np.sqrt(edges[1:] * edges[:-1]) if log_axis else 0.5 * (edges[1:] + edges[:-1])
    reference, reference_error = density(test, edges)
    sample, sample_error = density(generated, edges)

    upper.stairs(reference, edges, fill=True, color=PYTHIA, alpha=0.35, label="Pythia 8, test")
    upper.stairs(reference, edges, color=INK, linewidth=0.8)
    filled = sample > 0
    upper.errorbar(
        centres[filled], sample[filled], sample_error[filled],
        fmt="o", markersize=2.4, color=FLOW, elinewidth=0.8, label="Castalia flow",
    )  # fmt: skip
    per = f" / {unit}" if unit else ""
    upper.set_ylabel(f"density{per}")
    if log_rate:
        upper.set_yscale("log")
        upper.set_ylim(0.5 * reference[reference > 0].min(), 4 * reference.max())
    else:
        upper.set_ylim(0, 1.35 * max(reference.max(), sample.max()))
    upper.text(
        0.97, 0.94, f"χ²/ndf {row['chi2_per_ndf']:.2f}  (floor {row['floor']:.2f})",
        transform=upper.transAxes, ha="right", va="top", fontsize=8, color=INK,
    )  # fmt: skip

    known = reference > 0
    ratio = np.where(known, sample / np.where(known, reference, 1), np.nan)
    error = np.where(known, sample_error / np.where(known, reference, 1), 0)
    band = np.where(known, reference_error / np.where(known, reference, 1), 0)
    lower.stairs(1 + band, edges, baseline=1 - band, fill=True, color=PYTHIA, alpha=0.45)
    lower.axhline(1, color=INK, linewidth=0.7)
    lower.errorbar(centres, ratio, error, fmt="o", markersize=2.4, color=FLOW, elinewidth=0.8)
    lower.set_ylim(0.72, 1.28)
    lower.set_yticks((0.8, 1.0, 1.2))
    lower.set_ylabel("ratio")
    lower.set_xlabel(f"{label}" + (f"  [{unit}]" if unit else ""))
    if unit == "rad":
        quarters = np.arange(round(2 * start / np.pi), round(2 * stop / np.pi) + 1)
        lower.set_xticks(0.5 * np.pi * quarters, [RIGHT_ANGLES[q] for q in quarters])
    elif not log_axis:
        lower.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(6, prune="both"))
    for axes in (upper, lower):
        axes.set_xlim(start, stop)
        if log_axis:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(matplotlib.ticker.LogFormatter(labelOnlyBase=False))
            axes.xaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
            ticks = [t for t in (1, 2, 5, 10, 20, 50, 100, 200, 500) if start <= t <= stop]
            axes.set_xticks(ticks, [str(t) for t in ticks])
    upper.tick_params(labelbottom=False)


def single(path, generated, test, row, observable):
    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(4.8, 4.1), height_ratios=(3, 1), sharex=True, layout="constrained"
    )
    figure.get_layout_engine().set(hspace=0.0, h_pad=0.02)
    draw(upper, lower, generated, test, row, observable)
    # The legend goes where the density leaves room: below where it is wide, else to the left.
    wide = observable[0] in ("cos_theta", "phi_star", "mu_plus_eta", "mu_minus_eta", "z_rapidity")
    upper.legend(loc="lower center" if wide else "upper left", fontsize=8, handlelength=1.4)
    if not wide:
        upper.set_ylim(top=upper.get_ylim()[1] * (6 if upper.get_yscale() == "log" else 1.15))
    figure.savefig(path, dpi=160)
    plt.close(figure)


def overview(path, generated, test, numbers):
    """All observables in one picture, with the headline numbers in the corner left free."""
    figure = plt.figure(figsize=(20, 12.4), facecolor="white")
    cells = figure.add_gridspec(
        3, 5, left=0.04, right=0.99, top=0.985, bottom=0.05, wspace=0.23, hspace=0.24
    )
    for i, observable in enumerate(zjet.OBSERVABLES):
        pair = cells[divmod(i, 5)].subgridspec(2, 1, height_ratios=(3, 1), hspace=0.05)
        upper, lower = pair.subplots(sharex=True)
        draw(upper, lower, generated[:, i], test[:, i], numbers["observables"][i], observable)
    corner = figure.add_subplot(cells[2, 3:])
    corner.axis("off")
    corner.text(0, 0.97, "pp → Z(μ⁺μ⁻) + jet, 13 TeV", fontsize=23, color=INK, va="top")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    corner.legend(
        handles, labels, loc="upper left", bbox_to_anchor=(-0.01, 0.8), fontsize=15, ncols=2,
        borderpad=0, handlelength=1.4, markerscale=2.2,
    )  # fmt: skip
    corner.text(
        0, 0.6, "\n".join(headlines(numbers)), fontsize=15, color=INK, va="top", linespacing=1.75
    )
    figure.savefig(path, dpi=100)
    plt.close(figure)


def headlines(numbers):
    """The result in a few lines of text."""
    mine, pythia = numbers["z_mass"]["generated"], numbers["z_mass"]["pythia"]
    lines = [
        f"{numbers['events']['generated']:,} generated, {numbers['events']['test']:,} of Pythia",
        f"median dimuon mass {mine['median']:.3f} GeV, Pythia {pythia['median']:.3f}",
        f"interquartile range {mine['interquartile_range']:.3f} GeV,"
        f" Pythia {pythia['interquartile_range']:.3f}",
        f"χ²/ndf below 1.5 on {numbers['below_1.5']} of {len(numbers['observables'])}",
    ]
    auc = numbers["classifier_auc"]
    if auc["generated"] is not None:
        lines.append(f"classifier AUC {auc['generated']:.3f} (floor {auc['floor']:.3f})")
    return lines


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Z + jet: a flow over Pythia</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ --ink: #1f2a37; --soft: #64748b; --line: #e2e8f0; --flow: #c2410c; }}
body {{ margin: 0; color: var(--ink); background: #fbfbf9;
  font: 16px/1.55 Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif; }}
main {{ max-width: 1180px; margin: 0 auto; padding: 48px 24px 64px; }}
h1 {{ font-weight: 500; font-size: 34px; margin: 0 0 6px; letter-spacing: -.01em; }}
h2 {{ font-weight: 500; font-size: 22px; margin: 44px 0 12px; }}
p {{ max-width: 46em; }} .soft {{ color: var(--soft); }}
.figures {{ display: flex; flex-wrap: wrap; gap: 14px; margin: 28px 0; }}
.figure {{ flex: 1 1 170px; background: #fff; border: 1px solid var(--line); border-radius: 8px;
  padding: 14px 18px; }}
.figure b {{ display: block; font-size: 26px; font-weight: 500; color: var(--flow); }}
.figure span {{ color: var(--soft); font-size: 14px; }}
table {{ border-collapse: collapse; font-size: 15px; background: #fff; border: 1px solid var(--line); }}
th, td {{ padding: 5px 18px; text-align: right; border-bottom: 1px solid var(--line);
  font-variant-numeric: tabular-nums; }}
th {{ font-weight: 500; color: var(--soft); }} th:first-child, td:first-child {{ text-align: left; }}
.close {{ display: flex; flex-wrap: wrap; gap: 12px 56px; align-items: flex-start; }}
.close p {{ flex: 1 1 300px; max-width: 32em; margin: 6px 0 12px; }}
.plots {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 16px; }}
.plots img {{ width: 100%; background: #fff; border: 1px solid var(--line); border-radius: 8px; }}
</style></head><body><main>
<h1>Z + jet: a flow over Pythia</h1>
<p class="soft">pp → Z(μ⁺μ⁻) + jet at 13 TeV. A rational-quadratic coupling flow learned the collisions
from {train:,} Pythia events; a Fortran program drew {generated:,} new ones. The pictures
compare them with {test:,} Pythia events that the training never saw.</p>
<div class="figures">{figures}</div>
<h2>How close</h2>
<div class="close"><p>χ² per degree of freedom in 50 bins, each with the same number of test events:
the difference of the two normalised histograms over its Poisson error. The floor is the same for
Pythia's own training events.</p>
<table><tr><th>observable</th><th>flow</th><th>floor</th></tr>{rows}</table></div>
<h2>The observables</h2>
<p class="soft">Grey: Pythia's test events, with their statistical band in the ratio. Orange: the flow.</p>
<div class="plots">{plots}</div>
</main></body></html>
"""

PLAIN_NAMES = {
    "z_mass": "mass of the Z", "z_pt": "p<sub>T</sub> of the Z", "z_rapidity": "rapidity of the Z",
    "cos_theta": "cos θ* of the μ⁺", "phi_star": "φ* of the μ⁺", "jet_pt": "p<sub>T</sub> of the jet",
    "jet_rapidity": "rapidity of the jet", "jet_mass": "mass of the jet",
    "delta_phi": "Δφ (Z, jet)", "mu_plus_pt": "p<sub>T</sub> of the μ⁺",
    "mu_minus_pt": "p<sub>T</sub> of the μ⁻", "mu_plus_eta": "pseudorapidity of the μ⁺",
    "mu_minus_eta": "pseudorapidity of the μ⁻",
}  # fmt: skip


def page(numbers, folder):
    mine, pythia = numbers["z_mass"]["generated"], numbers["z_mass"]["pythia"]
    width = mine["interquartile_range"] / pythia["interquartile_range"] - 1
    shift = 1000 * (mine["median"] - pythia["median"])
    cards = [
        (
            f"{numbers['below_1.5']} of {len(numbers['observables'])}",
            "observables with χ²/ndf below 1.5",
        ),
        (f"{shift:+.0f} MeV", "median dimuon mass, flow less Pythia"),
        (f"{100 * width:+.1f} %", "its interquartile range, relative to Pythia"),
    ]
    auc = numbers["classifier_auc"]
    if auc["generated"] is not None:
        cards.append((f"{auc['generated']:.3f}", f"classifier AUC (floor {auc['floor']:.3f})"))
    rows = numbers["observables"]
    return PAGE.format(
        **numbers["events"],
        figures="".join(
            f'<div class="figure"><b>{b}</b><span>{html.escape(s)}</span></div>' for b, s in cards
        ),
        rows="".join(
            f"<tr><td>{PLAIN_NAMES[r['name']]}</td><td>{r['chi2_per_ndf']:.2f}</td>"
            f"<td>{r['floor']:.2f}</td></tr>"
            for r in rows
        ),
        plots="".join(
            f'<img alt="{r["name"]}" src="data:image/png;base64,'
            f'{base64.b64encode((folder / (r["name"] + ".png")).read_bytes()).decode()}">'
            for r in rows
        ),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generated", required=True, help="HDF5 file with the data set particles")
    parser.add_argument("--train", required=True, help="HDF5 file with the data set truth")
    parser.add_argument("--test", required=True, help="HDF5 file with the data set truth")
    parser.add_argument("--output", required=True, type=Path, help="folder")
    arguments = parser.parse_args()
    folder = arguments.output
    folder.mkdir(parents=True, exist_ok=True)

    generated = zjet.observables(read_events(arguments.generated, "particles"))
    train = zjet.observables(read_events(arguments.train, "truth"))
    test = zjet.observables(read_events(arguments.test, "truth"))
    numbers = compare(generated, train, test)
    with plt.rc_context(STYLE):
        for i, observable in enumerate(zjet.OBSERVABLES):
            path = folder / f"{observable[0]}.png"
            single(path, generated[:, i], test[:, i], numbers["observables"][i], observable)
        overview(folder / "overview.png", generated, test, numbers)
    (folder / "report.json").write_text(json.dumps(numbers, indent=2) + "\n")
    (folder / "report.html").write_text(page(numbers, folder))
    print("\n".join(headlines(numbers)))


if __name__ == "__main__":
    main()

"""castalia evaluate on two files, and its page as a browser shows it."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import castalia
import numpy as np
import pytest

EVENTS = 3000
COLUMNS = ("column_0", "column_1", "column_2")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A reference, an equal sample, and one whose second column is half a deviation off."""
    folder = tmp_path_factory.mktemp("samples")
    rng = np.random.default_rng(5)
    x = rng.normal(size=(3, EVENTS, len(COLUMNS)))
    x[2, :, 1] += 0.5
    for name, sample in zip(("reference", "equal", "shifted"), x, strict=True):
        castalia.hdf5_write(folder / f"{name}.h5", "x", sample)
    return folder


def evaluate(run, files, name, *more, **how):
    sample, reference = files / f"{name}.h5", files / "reference.h5"
    return run(
        "evaluate", "--generated", f"{sample}:x", "--reference", f"{reference}:x", *more, **how
    )


class Text(HTMLParser):
    """All text of a page, and whether a browser's own parser finds an element left open."""

    VOID = ("meta", "br")

    def __init__(self, page):
        super().__init__()
        self.text, self.open = "", []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data


def test_a_planted_difference_is_found(run, files):
    equal = json.loads(evaluate(run, files, "equal", "--json"))
    shifted = json.loads(evaluate(run, files, "shifted", "--json"))
    assert equal["verdict"] == "indistinguishable", equal["sentence"]
    assert shifted["verdict"] == "differs", shifted["sentence"]
    assert [each["name"] for each in shifted["observables"]] == list(COLUMNS)
    verdicts = [each["verdict"] for each in shifted["observables"]]
    assert verdicts == ["indistinguishable", "differs", "indistinguishable"]


def test_the_page_can_be_read_and_has_a_twin(run, files, tmp_path):
    out = evaluate(run, files, "shifted", "--report", "out.html")
    assert "differs" in out and "out.html" in out
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    twin = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    root = ElementTree.fromstring(page)
    assert root.tag.endswith("html")
    text = Text(page).text
    assert twin["sentence"] in text and twin["command"] in text
    for name in COLUMNS:
        assert name.replace("_", " ") in text
    # Self-contained: nothing is fetched, nothing runs.
    assert "<script" not in page and not re.search(r"(src|href)=\"(?!#)", page)
    assert "url(" not in page.replace("url(#", "")
    # The line that stands on the page makes the same page again.
    again = twin["command"].split()[1:]
    again[again.index("--report") + 1] = "again.html"
    run(*again)
    other = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    del twin["command"], other["command"]
    assert other == twin


def test_training_events_give_the_floor(run, files):
    training = files / "equal.h5"
    report = json.loads(evaluate(run, files, "shifted", "--training", f"{training}:x", "--json"))
    column = report["observables"][1]
    assert column["floor"]["chi2_per_ndf"] < column["distance"]["chi2_per_ndf"] / 5


def test_events_are_limited(run, files):
    report = json.loads(evaluate(run, files, "equal", "-n", 500, "--metrics", "none", "--json"))
    assert report["generated"]["events"] == report["reference"]["events"] == 500
    x = castalia.hdf5_read(files / "reference.h5", "x")[:500]
    assert report["observables"][0]["reference"]["mean"] == pytest.approx(x[:, 0].mean())


def test_columns_are_judged_by_the_metrics(run, files):
    report = json.loads(evaluate(run, files, "shifted", "--metrics", "none", "--json"))
    x, y = (castalia.hdf5_read(files / f"{name}.h5", "x") for name in ("shifted", "reference"))
    bins = int(2 * np.cbrt(EVENTS))
    chi_square = castalia.evaluate("chi_square", x, y, bins=bins)["details"]
    wasserstein = castalia.evaluate("wasserstein", x, y, scaling="none")["details"]
    for i, column in enumerate(report["observables"]):
        found = column["distance"]
        assert found["chi2_per_ndf"] == chi_square["chi_square_per_degree_of_freedom"][i]
        assert found["ndf"] == chi_square["degrees_of_freedom"][i]
        assert found["wasserstein"] == wasserstein["distance"][i]
        assert found["wasserstein_expected"] == wasserstein["null_value"][i]


def test_weights_count_on_the_page(run, files, tmp_path):
    """Weights that undo the shift of the second column: histograms, means and verdicts follow them."""
    x = castalia.hdf5_read(files / "shifted.h5", "x")
    weights = np.exp(0.125 - 0.5 * x[:, 1])
    castalia.hdf5_write(tmp_path / "weighted.h5", "x", x)
    castalia.hdf5_write(tmp_path / "weighted.h5", "w", weights)
    sides = ("--generated", "weighted.h5:x", "--reference", f"{files / 'reference.h5'}:x")
    # Of the columns alone: what counts neighbours sees where events lie, whatever they weigh.
    sides += ("--metrics", "none")
    plain = json.loads(run("evaluate", *sides, "--json"))
    report = json.loads(run("evaluate", *sides, "--weights", "w", "--report", "out.html", "--json"))
    assert plain["verdict"] == "differs" and report["verdict"] == "indistinguishable"
    column = report["observables"][1]
    assert column["generated"]["mean"] == pytest.approx(np.average(x[:, 1], weights=weights))
    assert column["generated"]["effective"] == pytest.approx(
        weights.sum() ** 2 / (weights**2).sum()
    )
    bins = column["bins"]
    counts = np.histogram(x[:, 1], bins["edges"], weights=weights)[0]
    assert bins["generated"]["counts"] == pytest.approx(counts)
    assert (
        "--weights w" in report["command"] and "have weights" in (tmp_path / "out.html").read_text()
    )
    cut = json.loads(run("evaluate", *sides, "--weights", "w", "-n", 500, "--json"))
    mean = np.average(x[:500, 1], weights=weights[:500])
    assert cut["observables"][1]["generated"]["mean"] == pytest.approx(mean)
    assert "'v'" in run("evaluate", *sides, "--weights", "v", status=1)


def test_the_latent_space_of_a_model(run, files, tmp_path):
    reference = castalia.hdf5_read(files / "reference.h5", "x")
    flow = castalia.CouplingFlow(features=3, layers=2, hidden=16, bins=4)
    flow.fit(reference, steps=20, batch=256, progress=False).save(tmp_path / "flow.safetensors")
    how = ("--features", "flow.safetensors", "--metrics", "frechet_distance", "--json")
    report = json.loads(evaluate(run, files, "shifted", *how))
    assert [each["name"] for each in report["observables"]] == ["latent_0", "latent_1", "latent_2"]
    z = [
        flow.transform(castalia.hdf5_read(files / f"{n}.h5", "x"))[0]
        for n in ("shifted", "reference")
    ]
    assert report["figures"][0]["value"] == castalia.evaluate("frechet_distance", *z)["value"]
    assert "observables" in evaluate(run, files, "equal", *how, "--observables", "jets", status=2)


def test_scores_of_jets_are_of_the_particles(run, tmp_path):
    rng = np.random.default_rng(2)
    for name, width in (("narrow", 0.1), ("same", 0.1), ("wide", 0.15)):
        jets = rng.normal(0, width, (400, 5, 3))
        jets[:, :, 2] = rng.uniform(0.05, 0.3, (400, 5))
        castalia.hdf5_write(tmp_path / f"{name}.h5", "particle_features", jets)
    scores = {}
    for name in ("same", "wide"):
        how = ("--metric-set", "jet_scores.events=20", "--metrics", "jet_scores", "--json")
        out = run("evaluate", "--generated", f"{name}.h5", "--reference", "narrow.h5", *how)
        scores[name] = {each["figure"]: each for each in json.loads(out)["figures"]}
    assert list(scores["wide"]) == ["w1_m", "w1_p", "w1_efp", "coverage", "mmd"]
    assert scores["wide"]["w1_m"]["verdict"] == "differs"
    assert scores["same"]["w1_m"]["verdict"] == "indistinguishable"


def test_what_is_wrong_is_said(run, files, tmp_path):
    castalia.hdf5_write(tmp_path / "narrow.h5", "x", np.zeros((10, 2)))
    reference = f"{files / 'reference.h5'}:x"
    words = run("evaluate", "--generated", "narrow.h5:x", "--reference", reference, status=1)
    assert "2 columns" in words and "3" in words
    words = run("evaluate", "--generated", "narrow.h5", "--reference", "narrow.h5", status=1)
    assert "showers" in words and "narrow.h5:DATASET" in words
    words = run("evaluate", "--generated", "narrow.h5:y", "--reference", reference, status=1)
    assert "'y'" in words and "x" in words
    assert "known" in evaluate(run, files, "equal", "--metrics", "nonsense", status=1)
    assert "known" in evaluate(run, files, "equal", "--observables", "nonsense", status=1)
    assert "--generated" in run("evaluate", "--reference", reference, status=2)


@pytest.fixture(scope="module")
def browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("there is no Chromium to look at the page with")


def look(browser, page, folder, width, *more):
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={folder / 'profile'}", f"--window-size={width},2000"]
    done = subprocess.run(
        [*command, *more, page.as_uri()], capture_output=True, text=True, timeout=240, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_browser_shows_the_page(run, files, tmp_path, browser):
    image = pytest.importorskip("PIL.Image", reason="there is no Pillow to read pictures with")
    evaluate(run, files, "shifted", "--report", "out.html", "--metrics", "none")
    page = tmp_path / "out.html"
    look(browser, page, tmp_path, 1280, "--screenshot=page.png")
    pixels = np.asarray(image.open(tmp_path / "page.png").convert("RGB")).astype(int)
    assert pixels.shape == (2000, 1280, 3)
    ground = pixels[-1, 0]
    drawn = (np.abs(pixels - ground).sum(axis=2) > 30).mean()
    assert 0.02 < drawn < 0.9
    # The verdict's red band, across half of the page, and the points' orange.
    red, green, blue = np.moveaxis(pixels, 2, 0)
    assert ((red > 230) & (green < 235) & (blue < 235) & (red - green > 15)).sum() > 20000
    assert ((red > 150) & (green < 110) & (blue < 60)).sum() > 500


@pytest.mark.parametrize("width", [500, 1280])
def test_nothing_is_wider_than_the_page(run, files, tmp_path, browser, width):
    evaluate(run, files, "shifted", "--report", "out.html", "--metrics", "none")
    measure = (
        "<script>const e = document.documentElement;"
        "e.setAttribute('data-widths', e.scrollWidth + ' ' + e.clientWidth);</script></body>"
    )
    page = tmp_path / "measured.html"
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    page.write_text(text.replace("</body>", measure), encoding="utf-8")
    shown = look(browser, page, tmp_path, width, "--dump-dom")
    content, window = map(int, re.search(r'data-widths="(\d+) (\d+)"', shown).groups())
    assert 0 < content <= window

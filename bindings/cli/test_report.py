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
    assert column["floor"]["chi2"] < column["distance"]["chi2"] / 5


def test_events_are_limited(run, files):
    report = json.loads(evaluate(run, files, "equal", "-n", 500, "--metrics", "none", "--json"))
    assert report["generated"]["events"] == report["reference"]["events"] == 500
    x = castalia.hdf5_read(files / "reference.h5", "x")[:500]
    assert report["observables"][0]["reference"]["mean"] == pytest.approx(x[:, 0].mean())


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

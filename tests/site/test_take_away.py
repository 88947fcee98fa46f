"""The e-book and the zip of the site: well-formed, whole, and the same on every run."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, expect

from bookkit.mathematics.mathml import CHILDREN
from bookkit.pages.foot import LICENCES
from bookkit.reading.contents import EVERYWHERE
from bookkit.take_away import epub, packing, pdf, site_zip
from bookkit.take_away import offers as take_away

ROOT = Path(__file__).resolve().parents[2]
NO_CHECKER = (
    "The e-book is not checked: there is no epubcheck here. Install Debian's packages "
    "epubcheck and default-jre-headless, then run the tests again."
)
XHTML = "{http://www.w3.org/1999/xhtml}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"
# Debian's package is a jar that only some kernels run by its name.
JAR = Path("/usr/bin/epubcheck")


@pytest.fixture(scope="module")
def book(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("epub") / "book.epub"
    packing.pack(path, epub.files(), stored=epub.MIMETYPE)
    return path


@pytest.fixture(scope="module")
def trees(book: Path) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(book) as packed:
        return {
            name: ElementTree.fromstring(packed.read(name))
            for name in packed.namelist()
            if name.endswith(".xhtml")
        }


def test_epubcheck_finds_nothing(book):
    if shutil.which("java") is None or not JAR.is_file():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_CHECKER)
    command = ["java", "-jar", str(JAR), "--failonwarnings", str(book)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]


def test_every_formula_of_the_e_book_has_fitting_children(trees):
    counted = [
        (element, len(element), CHILDREN[element.tag.removeprefix(MATHML)])
        for tree in trees.values()
        for element in tree.iter()
        if element.tag.removeprefix(MATHML) in CHILDREN
    ]
    assert counted
    assert [
        ElementTree.tostring(e, "unicode") for e, n, most in counted if n != most
    ] == []


def test_the_first_file_says_what_it_is_uncompressed(book):
    with zipfile.ZipFile(book) as packed:
        first = packed.infolist()[0]
        assert first.filename == "mimetype"
        assert first.compress_type == zipfile.ZIP_STORED
        assert packed.read(first) == b"application/epub+zip"


def test_every_link_inside_the_e_book_has_its_target(trees):
    ids = {
        name: {node.get("id") for node in tree.iter()} for name, tree in trees.items()
    }
    lost = []
    for name, tree in trees.items():
        for node in tree.iter(f"{XHTML}a"):
            file, _, anchor = node.get("href", "").partition("#")
            if ":" in file:
                continue
            target = f"EPUB/{file}" if file else name
            if target not in ids or (anchor and anchor not in ids[target]):
                lost.append((name, node.get("href")))
    assert not lost


def test_formulas_stand_once_and_figures_keep_their_words(trees):
    chapter = trees["EPUB/notebooks-04_worked_example.xhtml"]
    classes = {node.get("class") for node in chapter.iter()}
    assert "katex-mathml" in classes
    assert "katex-html" not in classes
    pictures = list(chapter.iter(f"{XHTML}img"))
    assert pictures
    assert all(picture.get("alt") for picture in pictures)


def test_the_same_site_gives_the_same_e_book(book, tmp_path):
    again = tmp_path / "again.epub"
    packing.pack(again, epub.files(), stored=epub.MIMETYPE)
    assert again.read_bytes() == book.read_bytes()


def test_solutions_and_answers_stand_open_in_the_e_book(trees):
    assert not [
        name for name, tree in trees.items() if list(tree.iter(f"{XHTML}details"))
    ]
    quiz = trees["EPUB/book-exercises-03_formula.xhtml"]
    words = [
        "".join(node.itertext())
        for node in quiz.iter()
        if node.get("class") == "unfolded-title"
    ]
    assert {"Hint", "Solution", "Answer"} == set(words)


def test_a_box_of_the_e_book_is_its_code_and_its_solution(trees):
    page = trees["EPUB/book-exercises-04_worked_example.xhtml"]
    (box,) = [node for node in page.iter() if node.get("id") == "box-mean-loss"]
    words = "".join(box.itertext())
    assert words.index("print(forecast, truth)") < words.index("Solution")
    assert "total / len(truths)" in words and "gives 0.690491" in words
    assert "did not divide" in words and "Escape" not in words


def test_the_contents_of_the_e_book_number_the_chapters_and_skip_what_all_of_them_have(
    trees,
):
    contents = "".join(trees["EPUB/nav.xhtml"].itertext())
    assert "3\u2002The formula" in contents or "3 The formula" in contents
    assert not [words for words in EVERYWHERE if words in contents]


def test_figures_keep_their_colours_in_readers_that_know_no_variables(book):
    with zipfile.ZipFile(book) as packed:
        drawings = [
            packed.read(name).decode()
            for name in packed.namelist()
            if name.endswith(".svg")
        ]
    assert len(drawings) > 40
    for drawing in drawings:
        for name, colour in re.findall(r"([a-z-]+): var\(--[a-z]+, (#\w+)\)", drawing):
            assert f"{name}: {colour}; {name}: var(" in drawing


def test_a_still_says_that_the_figure_moves_elsewhere(trees):
    page = trees["EPUB/book-interactive.xhtml"]
    captions = [
        "".join(figure.itertext())
        for figure in page.iter(f"{XHTML}figure")
        if any(node.get("class") == "explore" for node in figure.iter())
    ]
    assert len(captions) == 7
    assert all("on the book’s site this figure moves" in words for words in captions)


# An e-reader brings its own type: wider letters, larger ones, all of one width, a formula's.
TYPES = {
    "this machine's": "",
    "spaced": "* { letter-spacing: 0.12em !important; word-spacing: 0.16em !important }",
    "larger": "html { font-size: 130% }",
    "of one width": "body { font-family: monospace }",
    "of one width in formulas": "math { font-family: monospace }",
}
WIDTHS_IN = """
(types) => {
  const style = document.head.appendChild(document.createElement("style"));
  const width = (rules) => {
    style.textContent = rules;
    return document.documentElement.scrollWidth;
  };
  return Object.fromEntries(
    Object.entries(types).map(([name, rules]) => [name, width(rules)]));
}
"""


def test_no_page_of_the_e_book_is_wider_than_a_phone_in_any_type(
    book: Path, browser: Browser, tmp_path: Path
):
    with zipfile.ZipFile(book) as packed:
        packed.extractall(tmp_path)
    page = browser.new_page(viewport={"width": 390, "height": 844})
    wide = {}
    for path in sorted((tmp_path / "EPUB").glob("*.xhtml")):
        page.goto(path.as_uri())
        for name, width in page.evaluate(WIDTHS_IN, TYPES).items():
            if width > 390:
                wide[path.name, name] = width
    page.close()
    assert wide == {}


def test_the_same_site_gives_the_same_zip(site, tmp_path):
    digests = set()
    for name in ("one.zip", "two.zip"):
        packing.pack(tmp_path / name, site_zip.files())
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_the_unpacked_site_reads_and_searches_from_a_folder(
    site: Path, settings: dict[str, Any], browser: Browser, tmp_path: Path
):
    packing.pack(tmp_path / "site.zip", site_zip.files())
    folder = tmp_path / "a folder with spaces"
    with zipfile.ZipFile(tmp_path / "site.zip") as packed:
        assert {name.split("/")[0] for name in packed.namelist()} == {site_zip.NAME}
        packed.extractall(folder)
        names = set(packed.namelist())
    root = folder / site_zip.NAME
    assert not any(name.endswith((".pdf", ".epub", "-site.zip")) for name in names)
    suffix = "ipynb" if settings["repository"]["url"] else "zip"
    assert f"{site_zip.NAME}/notebooks/03_formula.{suffix}" in names
    assert b"take-it-with-you" not in (root / "book" / "index.html").read_bytes()
    assert all((root / f"{name}.txt").is_file() for name in LICENCES)
    page = browser.new_page()
    page.goto((root / "index.html").as_uri())
    page.locator("main a[href*='notebooks/04_worked_example.html']").first.click()
    expect(page.locator("h1")).to_contain_text("The worked example")
    assert page.evaluate("getComputedStyle(document.body).fontFamily.length") > 0
    picture = page.locator("main img.plot").first
    picture.scroll_into_view_if_needed()
    page.wait_for_function(
        "picture => picture.complete && picture.naturalWidth > 0",
        arg=picture.element_handle(),
    )
    page.goto((root / "search.html").as_uri() + "?q=entropy")
    expect(page.locator("main a[href*='.html']").first).to_be_visible()
    page.close()


# A page of its own whose text says nothing of what can be taken.
FIRST_PAGE = """# Small book

One chapter.

## A way in

Read.

:::{div} take-away
:::

## After it

Text.
"""


# The page that has one file to offer, between what it says otherwise.
SHEET_PAGE = """---
orphan: true
---

# Sheet

Before.

:::{div} take-away cheat-sheet
:::

After.
"""


SETTINGS = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "book")!r})
extensions = ["myst_parser", "sphinx_design"]
myst_enable_extensions = ["colon_fence"]
root_doc = "book/index"
html_theme = "basic"
exclude_patterns = ["_build"]


def setup(app):
    from bookkit.pages.page import changed
    from bookkit.take_away import offers

    app.connect(
        "env-updated",
        lambda app, env: ["book/index", offers.SHEET_PAGE]
        * changed(env, "offers", offers.offers(offers.made(app))),
    )
    app.connect("doctree-resolved", offers.fill)
    app.connect("build-finished", lambda app, _: offers.write(app, Path(app.outdir)))
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A book of one page, with nothing made of it yet."""
    folder = tmp_path / "small book"
    (folder / "book").mkdir(parents=True)
    (folder / "conf.py").write_text(SETTINGS, encoding="utf-8")
    (folder / "book" / "index.md").write_text(FIRST_PAGE, encoding="utf-8")
    (folder / "book" / "cheat_sheet.md").write_text(SHEET_PAGE, encoding="utf-8")
    return folder


def sheet_page(folder: Path) -> BeautifulSoup:
    """Read the small book's other page, as it was last built."""
    text = (folder / "_build/html/book/cheat_sheet.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def first_page(folder: Path) -> BeautifulSoup:
    """Build the small book and read its first page."""
    command = [sys.executable, "-m", "sphinx", "-W", ".", "_build/html"]
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    text = (folder / "_build/html/book/index.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def test_the_first_page_offers_what_was_made_of_the_book_as_it_is(small: Path) -> None:
    page = first_page(small)
    assert "Take it with you" not in page.get_text()
    assert not page.select(".take-away")
    made = small / "_build" / packing.TAKE.name
    made.mkdir()
    for name, size in (("b.epub", 10), ("b.pdf", 1_260_000), ("old.zip", 10)):
        (made / name).write_bytes(b"x" * size)
        packing.record(made / name)
    editions = packing.made_from(made) | {"old.zip": "another edition"}
    (made / packing.MADE_FROM).write_text(json.dumps(editions), encoding="utf-8")

    page = first_page(small)
    headings = [tag.find(string=True) for tag in page.select("h2")]
    assert headings == ["A way in", "Take it with you", "After it"]
    offered = {a["href"]: a.find_parent("li") for a in page.select(".take-away a")}
    assert list(offered) == ["../take/b.pdf", "../take/b.epub"]
    assert "PDF 1.3\u202fMB The whole book" in offered["../take/b.pdf"].get_text()
    site = small / "_build" / "html"
    assert all((site / "book" / link).resolve().is_file() for link in offered)
    assert not (site / "take" / "old.zip").exists()
    packed_page = site_zip.without_offers((site / "book/index.html").read_bytes())
    assert b"take/" not in packed_page and b"After it" in packed_page

    (made / "b.pdf").unlink()
    (made / packing.MADE_FROM).unlink()
    page = first_page(small)
    assert "Take it with you" not in page.get_text()
    assert not (site / "take").exists()


def test_the_page_of_the_cheat_sheet_offers_it_and_no_other_file(small: Path) -> None:
    page = first_page(small)
    assert sheet_page(small).select("p.take-away, div.take-away") == []
    made = small / "_build" / packing.TAKE.name
    made.mkdir()
    for name in ("b.pdf", "b-cheat-sheet.pdf"):
        (made / name).write_bytes(b"x" * 10)
        packing.record(made / name)

    page = first_page(small)
    offered = {a["href"]: a.get_text() for a in page.select(".take-away a")}
    assert offered == {
        "../take/b.pdf": "PDF",
        "../take/b-cheat-sheet.pdf": "Cheat sheet",
    }
    page = sheet_page(small)
    words = [p.get_text() for p in page.select("h1 ~ p")]
    assert words[0] == "Before." and words[2:] == ["After."]
    (link,) = page.select("p.take-away a")
    assert link["href"] == "../take/b-cheat-sheet.pdf"
    assert (small / "_build/html/take/b-cheat-sheet.pdf").is_file()
    packed = site_zip.without_offers(str(page).encode())
    assert b"take/" not in packed and b"Before." in packed and b"After." in packed

    (made / "b-cheat-sheet.pdf").unlink()
    page = first_page(small)
    assert [a.get_text() for a in page.select(".take-away a")] == ["PDF"]
    assert sheet_page(small).select("p.take-away") == []


def test_every_form_of_the_book_is_left_in_one_place() -> None:
    results = [pdf.RESULT, pdf.SHEET_RESULT, epub.RESULT, site_zip.RESULT]
    assert {path.parent for path in results} == {packing.TAKE}
    ends = [end for end, _, _ in take_away._FORMS]
    assert len(ends) == len(results)
    assert all(path.name.endswith(end) for path, end in zip(results, ends, strict=True))


def test_the_workflow_makes_every_form_before_it_publishes() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text())
    steps = workflow["jobs"]["site"]["steps"]
    runs = [step.get("run", step.get("uses", "")) for step in steps]
    published = next(i for i, run in enumerate(runs) if "upload-pages" in run)
    assert "make pdf epub zip" in runs[:published]

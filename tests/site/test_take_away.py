"""The e-book and the zip of the site: well-formed, whole, and the same on every run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, expect

from _tools import epub, packing, site_zip

NO_CHECKER = (
    "The e-book is not checked: there is no epubcheck here. Install Debian's packages "
    "epubcheck and default-jre-headless, then run the tests again."
)
XHTML = "{http://www.w3.org/1999/xhtml}"
# Debian's package is a jar that only some kernels run by its name.
JAR = Path("/usr/bin/epubcheck")


@pytest.fixture(scope="module")
def book(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("epub") / "book.epub"
    packing.pack(path, epub.files(epub.chapters()), stored=epub.MIMETYPE)
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


def test_the_same_site_gives_the_same_zip(site, tmp_path):
    digests = set()
    for name in ("one.zip", "two.zip"):
        packing.pack(tmp_path / name, site_zip.files())
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_the_unpacked_site_reads_and_searches_from_a_folder(
    site: Path, browser: Browser, tmp_path: Path
):
    packing.pack(tmp_path / "site.zip", site_zip.files())
    folder = tmp_path / "a folder with spaces"
    with zipfile.ZipFile(tmp_path / "site.zip") as packed:
        assert {name.split("/")[0] for name in packed.namelist()} == {site_zip.NAME}
        packed.extractall(folder)
    root = folder / site_zip.NAME
    assert all((root / name).is_file() for name in site_zip.LICENCES)
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

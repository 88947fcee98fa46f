"""The book on paper: everything is in it, its links lead inside it, its contents tell the truth."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from pypdf import PageObject, PdfReader

from bookkit.machine import browser as browser_of_tools
from bookkit.take_away import packing, pdf

TODAY = datetime.date(2026, 11, 21)


@pytest.fixture(scope="module")
def sections(site: Path) -> list[pdf.Section]:
    return list(pdf.sections(pdf.FOLDER))


@pytest.fixture(scope="module")
def whole(sections: list[pdf.Section]) -> BeautifulSoup:
    return BeautifulSoup(pdf.document(sections, {}, pdf.FOLDER, TODAY), "html.parser")


def test_every_page_of_the_table_of_contents_is_in_it(
    sections: list[pdf.Section], toc_pages: list[str]
) -> None:
    landing, *others = toc_pages
    assert [section.page.docname for section in sections] == others
    assert landing == "book/index"


def test_every_link_inside_has_a_target_and_no_two_targets_share_a_name(
    whole: BeautifulSoup,
) -> None:
    names = Counter(tag["id"] for tag in whole.find_all(id=True))
    assert [name for name, times in names.items() if times > 1] == []
    inside = [a["href"] for a in whole.select("a[href]") if "://" not in a["href"]]
    assert len(inside) > 500
    assert [link for link in inside if link.removeprefix("#") not in names] == []


def test_every_picture_is_there(whole: BeautifulSoup) -> None:
    sources = {tag["src"] for tag in whole.select("img")}
    assert len(sources) > 40
    assert [
        name for name in sources if not (pdf.FOLDER / name).resolve().is_file()
    ] == []


def test_solutions_stand_open_and_buttons_are_gone(whole: BeautifulSoup) -> None:
    assert len(whole.select(".unfolded > .unfolded-title")) > 50
    assert whole.select("details, summary") == []
    assert whole.select("main button, main script, main .headerlink") == []


def _flat(outline: list[Any]) -> Iterator[Any]:
    for entry in outline:
        if isinstance(entry, list):
            yield from _flat(entry)
        else:
            yield entry


def _letters(text: str) -> str:
    """The letters and digits of a line, however its spaces were set."""
    return "".join(filter(str.isalnum, text))


def _stay_on(page: PageObject) -> Callable[..., None]:
    """Hold every piece of text to the width of its page."""
    width = float(page.mediabox.width)

    def look(text: str, ctm: list[float], matrix: list[float], *_: Any) -> None:
        if text.strip():
            left = ctm[0] * matrix[4] + ctm[4]
            assert 0 <= left < width, text

    return look


def test_the_contents_name_the_pages_on_which_the_sections_begin(
    browser, sections: list[pdf.Section], tmp_path: Path
) -> None:
    some = sections[:2]
    reader = PdfReader(pdf.set_pages(browser, some, tmp_path, TODAY))
    texts = [page.extract_text() for page in reader.pages]
    contents = next(text for text in texts if "Contents" in text)
    for section in some:
        title = section.name
        number = int(re.search(rf"{re.escape(title)}\s+(\d+)", contents)[1])
        assert title in texts[number - 1]
        assert title not in texts[number - 2] or number - 2 == 1
    assert "Version" in texts[0]
    assert reader.metadata is not None
    assert reader.metadata.author and reader.metadata.subject
    assert "softmax" in reader.metadata["/Keywords"]
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    entries = list(_flat(reader.outline))
    assert len(entries) > 20
    strange = [
        (entry.title, number)
        for entry in entries
        if _letters(entry.title)
        not in _letters(texts[(number := reader.get_destination_page_number(entry))])
    ]
    assert strange == []
    for page in reader.pages:
        page.extract_text(visitor_text=_stay_on(page))
    assert {round(float(page.mediabox.width) / 72 * 25.4) for page in reader.pages} == {
        210
    }


def test_without_a_built_book_a_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(packing, "COMPLETE", tmp_path / "never built")
    assert pdf.main() == 1
    assert "Run `make book` first" in capsys.readouterr().err


def test_without_a_browser_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> str:
        raise browser_of_tools.NoBrowserError(browser_of_tools.MISSING)

    monkeypatch.setattr(browser_of_tools, "browser_path", none)
    assert pdf.main() == 1
    assert "Install Debian's package chromium" in capsys.readouterr().err

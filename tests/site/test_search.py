"""The search index holds the book, and the search page reads it from a folder too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup


@pytest.fixture(scope="module")
def index(site: Path) -> dict[str, object]:
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("Search.setIndex(").rstrip().removesuffix(")"))


def test_every_page_is_in_the_index(
    index: dict[str, list[str]], toc_pages: list[str]
) -> None:
    assert set(toc_pages) <= set(index["docnames"])


@pytest.mark.parametrize("word", ["surpris", "entropi", "softmax", "logit", "one"])
def test_the_books_own_words_are_found(
    index: dict[str, dict[str, object]], word: str
) -> None:
    stems = {**index["terms"], **index["titleterms"]}
    assert any(stem.startswith(word) for stem in stems)


def test_no_script_or_markup_pollutes_the_index(
    index: dict[str, dict[str, object]],
) -> None:
    for junk in ("addeventlistener", "katex", "popovertarget"):
        assert junk not in index["terms"]


def test_the_search_page_loads_its_index_as_a_script(
    pages: dict[str, BeautifulSoup],
) -> None:
    sources = [
        script["src"] for script in pages["search.html"].find_all("script", src=True)
    ]
    assert any(source.endswith("searchindex.js") for source in sources)
    settings = sources.index("_static/search_settings.js")
    assert settings < sources.index("_static/searchtools.js")


def test_excerpts_are_off_for_a_page_opened_from_a_folder(site: Path) -> None:
    text = (site / "_static" / "search_settings.js").read_text(encoding="utf-8")
    assert 'SHOW_SEARCH_SUMMARY = location.protocol !== "file:"' in text

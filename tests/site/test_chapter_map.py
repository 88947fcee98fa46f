"""The map of chapters says what the chapters' openings say."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup

Pages = dict[str, BeautifulSoup]


def _asked_for(page: BeautifulSoup) -> list[str]:
    links = page.select("p.chapter-meta a")
    numbers = {str(int(re.match(r"(\d\d)_", a["href"])[1])) for a in links}
    return sorted(numbers, key=int)


def test_the_map_agrees_with_every_chapters_opening(book_pages: Pages) -> None:
    drawn = {
        "notebooks/" + row.a["href"].rpartition("/")[2]: re.findall(
            r"\d+", row.span.get_text()
        )
        for row in book_pages["book/index.html"].select(".chapter-map li")
    }
    asked = {
        name: _asked_for(page)
        for name, page in book_pages.items()
        if name.startswith("notebooks/")
    }
    assert drawn == asked
    assert any(asked.values())


def test_a_line_is_drawn_for_each_chapter_needed(book_pages: Pages) -> None:
    place = book_pages["book/index.html"].select_one(".chapter-map")
    words = [re.findall(r"\d+", span.get_text()) for span in place.select("li span")]
    assert len(place.select("path")) == sum(map(len, words))
    assert len(place.select("circle")) == len(words)

"""Fonts are cut to what the pages show, and no further."""

from __future__ import annotations

import re
from pathlib import Path

from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

from bookkit.machine.node_packages import NODE_MODULES
from bookkit.pages.fonts import ALWAYS, letters_by_class, wanted


def test_every_character_of_the_prose_that_the_typeface_has_is_kept(
    site: Path, book_pages: dict[str, BeautifulSoup]
) -> None:
    name = "source-serif-4-latin-400-normal.woff2"
    folder = NODE_MODULES / "@fontsource" / "source-serif-4" / "files"
    had = set(TTFont(folder / name).getBestCmap())
    has = set(TTFont(site / "_static" / "fonts" / name).getBestCmap())
    shown = {
        ord(character) for page in book_pages.values() for character in page.get_text()
    }
    assert shown & had <= has
    assert {ord(character) for character in ALWAYS} <= has
    assert len(has) < len(had)


def test_an_alphabet_keeps_its_own_letters(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<span class="mord mathcal">L</span>')
    letters = letters_by_class(tmp_path)
    assert wanted("KaTeX_Caligraphic-Regular.woff2", {"x"}, letters) == {"L"}
    assert wanted("KaTeX_Size1-Regular.woff2", {"x"}, letters) == {"x"}


def test_an_alphabet_with_text_deeper_down_is_not_cut_to_its_letters(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.html").write_text('<span class="mathcal"><span>L</span></span>')
    letters = letters_by_class(tmp_path)
    assert wanted("KaTeX_Caligraphic-Regular.woff2", {"x"}, letters) == {"x"}


def test_each_page_asks_at_once_for_fonts_that_are_there(
    site: Path, book_pages: dict[str, BeautifulSoup]
) -> None:
    for name, page in book_pages.items():
        early = page.select_one("script[data-fonts]")["data-fonts"].split()
        assert len(early) >= 2, name
        for href in early:
            assert ((site / name).parent / href).is_file(), (name, href)
            assert re.search(r"\.woff2$", href)

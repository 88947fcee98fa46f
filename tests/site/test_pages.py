"""What every page must have, and what none may show."""

from __future__ import annotations

import re
from pathlib import Path

from bs4 import BeautifulSoup, Comment, Tag

Pages = dict[str, BeautifulSoup]
RAW_TEX = re.compile(
    r"\$[^$\n]{1,200}\$|\\(?:frac|sum|log|mathbf|operatorname|begin|tag)\b"
)


def test_every_page_of_the_table_of_contents_is_built(
    site: Path, toc_pages: list[str]
) -> None:
    missing = [name for name in toc_pages if not (site / f"{name}.html").is_file()]
    assert not missing
    assert len(toc_pages) > 10


def test_the_root_leads_to_the_landing_page(site: Path) -> None:
    assert "book/index.html" in (site / "index.html").read_text(encoding="utf-8")


def test_every_page_has_a_title_a_language_and_one_main_part(book_pages: Pages) -> None:
    for name, page in book_pages.items():
        assert page.html is not None and page.html.get("lang"), name
        assert page.title is not None and page.title.get_text(strip=True), name
        assert len(page.find_all("main")) == 1, name


def test_the_skip_link_leads_to_the_main_part(book_pages: Pages) -> None:
    for name, page in book_pages.items():
        first = page.find("a")
        assert isinstance(first, Tag) and first["href"] == "#main", name
        assert page.find(id="main") is not None, name


def test_one_h1_a_page_and_no_level_skipped(book_pages: Pages) -> None:
    for name, page in book_pages.items():
        levels = [int(tag.name[1]) for tag in page.find_all(re.compile(r"^h[1-6]$"))]
        assert levels.count(1) == 1 and levels[0] == 1, (name, levels)
        for above, below in zip(levels, levels[1:], strict=False):
            assert below <= above + 1, (name, levels)


def test_ids_are_unique_on_a_page(book_pages: Pages) -> None:
    for name, page in book_pages.items():
        ids = [tag["id"] for tag in page.find_all(id=True)]
        assert len(ids) == len(set(ids)), (
            name,
            sorted({i for i in ids if ids.count(i) > 1}),
        )


def test_every_image_says_what_it_shows(book_pages: Pages) -> None:
    for name, page in book_pages.items():
        for image in page.find_all("img"):
            assert len(image.get("alt", "").split()) > 3, (name, image)
        # What KaTeX draws, a root sign say, is hidden from a screen reader as a whole.
        for drawing in page.select("svg:not([aria-hidden=true] svg)"):
            described = drawing.get("aria-hidden") == "true" or drawing.get(
                "aria-labelledby"
            )
            nested = drawing.find_parent("svg") is not None
            assert described or nested, (name, str(drawing)[:100])


def test_every_plot_stands_in_a_figure_with_a_caption_numbered_in_chapters(
    book_pages: Pages,
) -> None:
    for name, page in book_pages.items():
        for image in page.select("img.plot"):
            figure = image.find_parent("figure")
            in_chapter = name.startswith("notebooks/")
            anchor = r"fig-\d+-\d+" if in_chapter else r"fig-[a-z-]+"
            assert figure is not None and re.fullmatch(anchor, figure["id"]), (
                name,
                image,
            )
            caption = figure.find("figcaption").get_text(strip=True)
            assert caption.startswith("Figure" if in_chapter else ""), name
            assert len(caption.split()) > 5, name
            assert image["src"].endswith(".svg"), (name, image["src"])


def test_no_page_shows_a_traceback_unless_its_cell_is_meant_to_fail(
    book_pages: Pages,
) -> None:
    for name, page in book_pages.items():
        for cell in page.select(".cell:not(.tag_raises-exception)"):
            assert not cell.select(".traceback"), (name, cell.get_text()[:300])
        assert "Traceback (most recent call last)" not in page.get_text(), name


def test_no_formula_is_left_as_source(book_pages: Pages) -> None:
    for name, page in book_pages.items():
        copy = BeautifulSoup(str(page.find("main")), "html.parser")
        for tag in copy.select("pre, code, annotation"):
            tag.decompose()
        left = RAW_TEX.search(copy.get_text())
        assert left is None, (name, left and left.group())


def test_formulas_are_rendered_with_mathml_for_screen_readers(
    book_pages: Pages,
) -> None:
    formulas = 0
    for name, page in book_pages.items():
        for formula in page.select(".katex"):
            formulas += 1
            assert formula.find("math") is not None, name
        assert not page.select(".katex-error"), name
    assert formulas > 50


def test_no_comment_of_the_sources_reaches_a_page(book_pages: Pages) -> None:
    for name, page in book_pages.items():
        assert not page.find_all(string=lambda text: isinstance(text, Comment)), name


def test_a_chapter_opens_with_its_question_and_closes_with_its_summary(
    book_pages: Pages,
) -> None:
    chapters = {
        name: page for name, page in book_pages.items() if name.startswith("notebooks/")
    }
    assert chapters
    for name, page in chapters.items():
        assert len(page.select("h1 + p.chapter-question + p.chapter-meta")) == 1, name
        assert len(page.select("section.objectives > ul > li")) >= 3, name
        assert page.select("section.predict"), name
        assert page.select("section.mistake"), name
        assert len(page.select("section.summary")) == 1, name


def test_the_landing_page_lists_the_chapters_of_the_table_of_contents(
    book_pages: Pages, toc_pages: list[str]
) -> None:
    listed = [
        link["href"].removeprefix("../").removesuffix(".html")
        for link in book_pages["book/index.html"].select("main ol a")
    ]
    assert listed == [name for name in toc_pages if name.startswith("notebooks/")]


def test_previous_and_next_follow_the_table_of_contents(
    book_pages: Pages, toc_pages: list[str]
) -> None:
    for here, after in zip(toc_pages, toc_pages[1:], strict=False):
        link = book_pages[f"{here}.html"].select_one(".prev-next a[rel=next]")
        assert link is not None and link["href"].endswith(
            f"{after.rsplit('/', 1)[-1]}.html"
        ), here

"""A book of one chapter, built here: what the extensions make of portable Markdown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 432 244.8"><path d="M0 0h9"/></svg>'
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
ALT = "A line falls from the left to the right."
OPENING = """# A chapter

How wrong was a forecast of 70 %, in one number, 0.3567<!-- = surprisal(0.7) -->?
**Before you start:** nothing. **Time:** 5 minutes.

## You will be able to

- read a price;
- say what it means;
- pay it.

## Predict the price

Write it down.

## A part

$$L = -\\log q \\tag{1.2}$$

$$-\\log 0.7 = 0.3567$$<!-- = surprisal(0.7) -->

$$
\\frac{1}{2}
= 0.5
$$<!-- = 1 / 2 -->

Inline $q_k$, [the formula](#eq-1-2), [the figure](#fig-1-1),
[a term](../book/words.md#surprisal), [a heading](../book/words.md#other-words).
"""
CAPTION = "**Figure 1.1.** The price falls by 0.6931<!-- = np.log(2) --> each time.\n\nAnd on."
CLOSING = """### Mistake 1: paying twice

Do not.

## Summary

Five lines.

## Where to go next

On.
"""
WORDS = (
    "# Words\n\n```{glossary}\nSurprisal\n  A price.\n```\n\n## Other words\n\nNone.\n"
)


def picture(data: dict[str, Any] | None = None) -> nbformat.NotebookNode:
    """A code cell whose output is a figure."""
    cell = nbformat.v4.new_code_cell("show_figure(...)", execution_count=1)
    bundle = {"image/svg+xml": SVG, "image/png": PIXEL, "text/plain": f"Figure: {ALT}"}
    output = nbformat.v4.new_output("execute_result", data={**bundle, **(data or {})})
    output["execution_count"] = 1
    cell.outputs = [output]
    return cell


def chapter(*cells: str | nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A notebook of Markdown cells (strings) and code cells."""
    made = [
        nbformat.v4.new_markdown_cell(c) if isinstance(c, str) else c for c in cells
    ]
    for index, cell in enumerate(made):
        cell["id"] = f"cell-{index}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


@dataclass
class Built:
    """What came of building a small book."""

    folder: Path
    code: int
    said: str

    def page(self, name: str = "notebooks/01_chapter") -> BeautifulSoup:
        text = (self.folder / "_build" / "html" / f"{name}.html").read_text(
            encoding="utf-8"
        )
        return BeautifulSoup(text, "html.parser")


Builder = Callable[..., Built]


TOC = """\
format: jb-book
root: book/index
parts:
  - caption: Part
    chapters:
      - file: notebooks/01_chapter
      - file: book/words
"""
# A console script's first line cannot hold a path with spaces, so the entry is called.
JUPYTER_BOOK = [
    sys.executable,
    "-c",
    "from jupyter_book.cli.main import main; main()",
]


def _settings(address: str) -> dict[str, Any]:
    """The real _config.yml, less what a book without references and library lacks."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    settings["repository"]["url"] = address
    extensions = str(ROOT / "book")
    settings["sphinx"]["local_extensions"] = {"bookkit": extensions}
    config = settings["sphinx"]["config"]
    config["html_static_path"] = [str(ROOT / "book" / "_static")]
    del settings["html"]["favicon"], settings["bibtex_bibfiles"]
    config["extensions"].remove("sphinxcontrib.bibtex")
    for name in [name for name in config if name.startswith("bibtex_")]:
        del config[name]
    return settings


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Build a book around one notebook with the real settings and extensions."""

    def run(notebook: nbformat.NotebookNode, *, address: str = "") -> Built:
        folder = tmp_path_factory.mktemp("book")
        files = {
            "_config.yml": yaml.safe_dump(_settings(address)),
            "_toc.yml": TOC,
            "book/index.md": "# Small book\n\nOne chapter.\n",
            "book/words.md": WORDS,
            "notebooks/01_chapter.ipynb": nbformat.writes(notebook),
        }
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        result = subprocess.run(
            [*JUPYTER_BOOK, "build", str(folder), "-W", "-n", "--keep-going"],
            capture_output=True,
            text=True,
            check=False,
        )
        return Built(folder, result.returncode, result.stdout + result.stderr)

    return run


@pytest.fixture(scope="module")
def whole(build: Builder) -> Built:
    built = build(
        chapter(OPENING, picture(), CAPTION, CLOSING),
        address="https://github.com/owner/book",
    )
    assert built.code == 0, built.said
    return built


def test_the_first_paragraph_is_the_question(whole: Built) -> None:
    question = whole.page().select_one("h1 + p.chapter-question")
    assert question is not None and question.get_text().startswith("How wrong")


def test_a_percent_sign_stays_with_its_number(whole: Built) -> None:
    assert "70\u202f%" in whole.page().select_one("p.chapter-question").get_text()


def test_what_to_know_before_becomes_a_line_of_its_own(whole: Built) -> None:
    line = whole.page().select_one("p.chapter-question + p.chapter-meta")
    assert line.get_text() == "Before you start: nothing. Time: 5 minutes."
    assert "Before" not in whole.page().select_one("p.chapter-question").get_text()


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("objectives", "You will be able to"),
        ("predict", "Predict the price"),
        ("mistake", "Mistake 1: paying twice"),
        ("summary", "Summary"),
        ("next-steps", "Where to go next"),
    ],
)
def test_a_section_is_dressed_by_its_heading(
    whole: Built, name: str, heading: str
) -> None:
    sections = whole.page().select(f"section.{name}")
    assert [s.find(["h2", "h3"]).get_text().removesuffix("#") for s in sections] == [
        heading
    ]


def test_picture_and_caption_become_one_figure(whole: Built) -> None:
    figure = whole.page().select_one("figure#fig-1-1")
    assert figure is not None
    image, caption = figure.find("img"), figure.find("figcaption")
    assert image["alt"] == ALT and image["src"].endswith(".svg")
    assert caption.get_text(" ", strip=True).startswith("Figure 1.1.")
    assert whole.page().get_text().count("Figure 1.1.") == 1


def test_the_text_after_a_caption_stays_in_the_text(whole: Built) -> None:
    after = whole.page().find("p", string="And on.")
    assert after is not None and after.find_parent("figure") is None


def test_checked_numbers_lose_their_comments_and_keep_their_digits(
    whole: Built,
) -> None:
    text = str(whole.page())
    assert "surprisal(0.7)" not in text and "np.log(2)" not in text
    assert "0.3567" in text and "0.6931" in text


def test_a_tagged_formula_has_its_number_and_anchor(whole: Built) -> None:
    formula = whole.page().find(id="eq-1-2")
    assert formula is not None and formula.select_one(".number").get_text() == "(1.2)"
    assert formula.find("math") is not None


def test_a_checked_display_formula_is_a_display_formula(whole: Built) -> None:
    formulas = whole.page().select("div.formula")
    assert len(formulas) == 3
    assert all(formula.find_parent("p") is None for formula in formulas)


def test_links_to_formula_figure_term_and_heading_resolve(whole: Built) -> None:
    links = {a.get_text(): a["href"] for a in whole.page().select("main p a")}
    assert links["the formula"] == "#eq-1-2"
    assert links["the figure"] == "#fig-1-1"
    assert links["a term"] == "../book/words.html#term-Surprisal"
    assert links["a heading"] == "../book/words.html#other-words"


def test_with_an_address_every_link_to_the_repository_is_there(whole: Built) -> None:
    page = whole.page()
    tools = [link.get_text() for link in page.select(".page-tools a")]
    assert tools == ["Download notebook", "Binder", "Colab", "Edit", "Report a problem"]


def test_with_an_address_the_download_is_a_notebook_that_installs_from_it(
    whole: Built,
) -> None:
    [link] = [a for a in whole.page().select(".page-tools a") if a.has_attr("download")]
    folder = whole.folder / "_build" / "html" / "notebooks"
    assert link["title"] == "Its first cell installs the library"
    assert not list(folder.glob("*.zip"))
    first, opening, *_ = nbformat.read(folder / link["href"], as_version=4).cells
    assert first.source.endswith(
        "    %pip install --quiet git+https://github.com/owner/book@main"
    )
    site = "https://owner.github.io/book/book/words.html"
    assert f"[a term]({site}#term-Surprisal)" in opening.source
    assert f"[a heading]({site}#other-words)" in opening.source
    here = "https://owner.github.io/book/notebooks/01_chapter.html"
    assert f"[the formula]({here}#eq-1-2)" in opening.source
    assert "<!-- = surprisal(0.7) -->" in opening.source


def test_a_formula_that_katex_refuses_fails_the_build_by_name(build: Builder) -> None:
    built = build(chapter("# A chapter\n\nA question?\n\n$\\frac{1}{$\n"))
    assert built.code != 0
    assert "KaTeX refuses the formula" in built.said and "\\frac{1}{" in built.said


def test_a_link_to_a_figure_that_is_not_there_fails_the_build(build: Builder) -> None:
    built = build(
        chapter("# A chapter\n\nA question? [See](../book/words.md#fig-9-9).\n")
    )
    assert built.code != 0
    assert "fig-9-9" in built.said


def test_a_picture_without_words_or_caption_fails_the_build(build: Builder) -> None:
    mute = picture({"text/plain": "<Figure size 600x400>"})
    built = build(chapter("# A chapter\n\nA question?", mute, "No caption."))
    assert built.code != 0
    assert "a picture without alternative text" in built.said
    assert "a picture without a caption" in built.said

"""Store the quizzes of the built site for notebooks: ``python -m bookkit.commands.quizzes``.

A notebook may stand on a machine that has the library and not the book. It gets the questions
as the site shows them, with formulas as plain MathML, in xent_lib/data/quizzes.json.
"""

from __future__ import annotations

import json
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from bookkit import ROOT
from bookkit.reading.contents import chapters
from bookkit.reading.edition import OUTPUT

STORED = ROOT / "xent_lib" / "data" / "quizzes.json"
SITE = OUTPUT / "html"
_BEGINS = '<section id="quiz">'
# A formula stands twice in a page: once for the eye of a browser that knows no MathML.
_LEFT_OUT = ".katex-html, annotation, svg, .sd-summary-state-marker, [popover]"
_WRAPPERS = "a, semantics, .katex, .katex-mathml, .kept"
_CLASSES = {
    *("quiz-question", "question", "choices", "letter"),
    *("quiz-number", "quiz-reasons"),
}
_ATTRIBUTES = {"class", "data-quiz", "xmlns", "display", "mathvariant", "stretchy"}


def plain(question: Tag) -> str:
    """Return a question of a page as a notebook gets it."""
    for tag in question.select(_LEFT_OUT):
        tag.decompose()
    for tag in question.select(_WRAPPERS):
        tag.unwrap()
    for tag in [question, *question.find_all(True)]:
        kept = [name for name in tag.get_attribute_list("class") if name in _CLASSES]
        tag.attrs = {
            name: value for name, value in tag.attrs.items() if name in _ATTRIBUTES
        }
        tag.attrs.pop("class", None)
        if kept:
            tag["class"] = " ".join(kept)
        if tag.name == "span" and not tag.attrs:
            tag.unwrap()
    return str(question)


def read(site: Path = SITE) -> dict[str, list[str]]:
    """Return the questions of each chapter, by the chapter's two digits."""
    found = {}
    for chapter in chapters():
        page = site / "book" / "exercises" / f"{chapter.stem}.html"
        text = page.read_text(encoding="utf-8").partition(_BEGINS)[2]
        soup = BeautifulSoup(text, "html.parser")
        found[chapter.stem[:2]] = [plain(one) for one in soup.select(".quiz-question")]
    return found


def main() -> None:
    """Write them."""
    quizzes = read()
    STORED.write_text(
        json.dumps(quizzes, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    print(f"{sum(map(len, quizzes.values()))} questions are stored in {STORED}.")


if __name__ == "__main__":
    main()

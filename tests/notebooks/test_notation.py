"""Every letter that a formula of a chapter uses stands on the page of notation."""

import re

import nbformat
import pytest

from bookkit.reading.contents import ROOT, chapters

_MATH = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
_WORDS = re.compile(r"\\(?:text|tag|begin|end|operatorname|mathrm)\*?\{[^}]*\}")
_SIGNS = re.compile(
    r"\\(?:alpha|beta|delta|ell|epsilon|eta|gamma|infty|kappa|lambda|mu|nabla|partial|sigma"
    r"|theta|varepsilon|blacksquare|leftarrow|approx|Vert|lVert|mathbb|mathcal|top)(?![a-z])"
)
NAMES_OF_CLASSES = set("ABC")


def letters(text):
    """Letters and named signs of a text's formulas."""
    found = set()
    for match in _MATH.finditer(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)):
        formula = _WORDS.sub(" ", match[1] or match[2])
        found |= set(_SIGNS.findall(formula))
        found |= set(re.findall("[A-Za-z]", re.sub(r"\\[A-Za-z]+", " ", formula)))
    return found


EXPLAINED = letters((ROOT / "book" / "notation.md").read_text("utf-8"))


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_every_letter_of_a_chapter_is_explained(path):
    cells = nbformat.read(path, as_version=4).cells
    prose = "\n\n".join(
        re.sub(r"^```.*?^```", "", cell.source, flags=re.DOTALL | re.MULTILINE)
        for cell in cells
        if cell.cell_type == "markdown"
    )
    assert letters(prose) - EXPLAINED - NAMES_OF_CLASSES == set()


def test_words_inside_a_formula_are_no_letters():
    assert letters(r"$\operatorname{softmax}(z) \text{ where } \eta < 1$") == {
        "z",
        r"\eta",
    }

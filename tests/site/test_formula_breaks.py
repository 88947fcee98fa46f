"""A formula in a line breaks where a typesetter would break it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup

from bookkit.mathematics.katex import Formulas


@pytest.fixture(scope="module")
def formulas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Formulas]:
    opened = Formulas(tmp_path_factory.mktemp("formulas") / "formulas.json")
    opened.open()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("tex", "lines"),
    [
        (r"1 \cdot a + 0 \cdot b = c", ["1⋅a+", "0⋅b=", "c"]),
        (r"1.5 \times 10^8 + 1", ["1.5×108+", "1"]),
        ("p = (a + b) / 2 + c", ["p=", "(a+b)/2+", "c"]),
        ("s(g(a)) = a", ["s(g(a))=", "a"]),
        (r"f(((a + b) + c) + d) + e", ["f(((a+b)+c)+d)+", "e"]),
    ],
)
def test_products_and_brackets_stay_together(
    formulas: Formulas, tex: str, lines: list[str]
) -> None:
    assert drawn(formulas.html(tex, display=False)) == lines


def test_a_bracket_too_long_for_a_phone_breaks_between_its_terms(
    formulas: Formulas,
) -> None:
    html = formulas.html(
        r"-(0 \cdot \log 0.1 + 1 \cdot \log 0.6 + 0 \cdot \log 0.3)", display=False
    )
    assert drawn(html) == ["−(0⋅log0.1+", "1⋅log0.6+", "0⋅log0.3)"]


def drawn(html: str) -> list[str]:
    """The signs of each part after which the line may end."""
    parts = BeautifulSoup(html, "html.parser").select(".katex-html > .katex-base")
    return [part.get_text().replace("\u200b", "") for part in parts]

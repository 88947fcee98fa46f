"""What a screen reader is given for a formula has the children that its elements ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup

from bookkit.mathematics.katex import Formulas
from bookkit.mathematics.mathml import CHILDREN


def misfits(page: BeautifulSoup) -> list[str]:
    return [
        str(element)
        for element in page.find_all(list(CHILDREN))
        if len(element.find_all(recursive=False)) != CHILDREN[element.name]
    ]


@pytest.fixture(scope="module")
def formulas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Formulas]:
    opened = Formulas(tmp_path_factory.mktemp("formulas") / "formulas.json")
    opened.open()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("tex", "spoken"),
    [
        (r"c_{\max}", "<msub><mi>c</mi><mi>max</mi></msub>"),
        (r"c_{\max}^2", "<msubsup><mi>c</mi><mi>max</mi><mn>2</mn></msubsup>"),
        (r"e^{\operatorname{lse}}", '<mi mathvariant="normal">lse</mi></msup>'),
        (
            r"\log_2 x",
            "<msub><mrow><mi>log</mi><mo>\u2061</mo></mrow><mn>2</mn></msub>",
        ),
        (r"\log x", "<mi>log</mi><mo>\u2061</mo><mi>x</mi>"),
    ],
)
def test_an_operator_in_a_script_is_one_child(
    formulas: Formulas, tex: str, spoken: str
) -> None:
    html = formulas.html(tex, display=False)
    assert spoken in html
    assert misfits(BeautifulSoup(html, "html.parser")) == []


def test_every_formula_of_the_site_has_fitting_children(
    pages: dict[str, BeautifulSoup],
) -> None:
    assert any(page.find(list(CHILDREN)) for page in pages.values())
    assert {
        name: found for name, page in pages.items() if (found := misfits(page))
    } == {}

"""What belongs on one line stays on one line."""

from __future__ import annotations

import pytest
from docutils import nodes

from bookkit.mathematics.typography import bind_punctuation


def bound(before: str, tex: str, after: str) -> nodes.paragraph:
    paragraph = nodes.paragraph()
    paragraph += [nodes.Text(before), nodes.math(tex, tex), nodes.Text(after)]
    bind_punctuation(paragraph)
    return paragraph


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("it rains: ", ", and the loss", "q,"),
        ("the rate (", ") of it", "(q)"),
        ("the ", "-th class.", "q-th"),
        ("", "’s sum (or less).", "q’s"),
        ("“", "”; so", "“q”;"),
    ],
)
def test_a_formula_keeps_the_marks_that_touch_it(
    before: str, after: str, kept: str
) -> None:
    paragraph = bound(before, "q", after)
    (box,) = paragraph.findall(nodes.inline)
    assert box.astext() == kept
    assert box["classes"] == ["kept"]
    assert paragraph.astext() == before + "q" + after


def test_a_formula_between_words_stays_alone() -> None:
    paragraph = bound("with ", "q", " and (more)")
    assert not list(paragraph.findall(nodes.inline))
    assert paragraph.astext() == "with q and (more)"


def test_a_long_formula_may_break_on_a_phone() -> None:
    paragraph = bound("", "-(1 \\log 0.7 + 0 \\log 0.2 + 0 \\log 0.1 + 0)", ".")
    (box,) = paragraph.findall(nodes.inline)
    assert box["classes"] == ["kept", "long"]


def test_each_of_two_formulas_takes_its_own_marks() -> None:
    paragraph = nodes.paragraph()
    paragraph += [nodes.math("a", "a"), nodes.Text(", "), nodes.math("b", "b")]
    paragraph += nodes.Text(".")
    bind_punctuation(paragraph)
    assert [box.astext() for box in paragraph.findall(nodes.inline)] == ["a,", "b."]
    assert paragraph.astext() == "a, b."

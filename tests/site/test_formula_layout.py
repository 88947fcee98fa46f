"""Derivations and formulas side by side become parts that the page can lay out."""

from __future__ import annotations

from bookkit.mathematics.formula_layout import Step, laid_out, parts_of, steps_of

DERIVATION = r"""
\begin{aligned}
\frac{1}{N} L &= -\log \Big( \frac{a}{b} \Big) && \text{the penalty's } a < b \\[4pt]
&= \begin{cases} 1 & k = t \\ 0 & k \ne t \end{cases}. && N \text{ cancels}
\end{aligned}
"""


def shown(tex: str) -> str:
    return f"[{tex}]"


def test_each_line_of_a_derivation_is_a_step_with_its_reason() -> None:
    assert steps_of(DERIVATION.strip()) == [
        Step(
            r"\frac{1}{N} L",
            r"= -\log \Big( \frac{a}{b} \Big)",
            r"\text{the penalty's } a < b",
        ),
        Step(
            "",
            r"= \begin{cases} 1 & k = t \\ 0 & k \ne t \end{cases}.",
            r"N \text{ cancels}",
        ),
    ]


def test_a_step_without_a_reason_stays_in_its_derivation() -> None:
    steps = steps_of(r"\begin{aligned} a &= b \\ &= c && \text{why} \end{aligned}")
    assert steps == [Step("a", "= b", ""), Step("", "= c", r"\text{why}")]


def test_lines_without_reasons_are_left_to_katex() -> None:
    two_columns = r"\begin{aligned} a &= b & c &= d \end{aligned}"
    assert steps_of(r"\begin{aligned} a &= b \\ &= c \end{aligned}") == []
    assert steps_of(two_columns) == []
    assert laid_out(two_columns, shown) is None
    assert laid_out("a = b", shown) is None


def test_words_of_a_reason_are_text_and_its_formulas_are_set() -> None:
    html = laid_out(DERIVATION, shown)
    assert html is not None
    assert '<span class="reason">the penalty’s [{} a < b]</span>' in html
    assert '<span class="reason">[{}N ] cancels</span>' in html


def test_markup_in_words_is_escaped() -> None:
    html = laid_out(r"\begin{aligned} a &= b && \text{<b>} \end{aligned}", shown)
    assert html is not None and "&lt;b&gt;" in html


def test_the_number_of_an_equation_stands_once_beside_all_of_it() -> None:
    single = laid_out(r"a = b \tag{1.1}", shown)
    assert single is not None and single.count("(1.1)") == 1
    assert r"[\displaystyle a = b]" in single
    derived = laid_out(DERIVATION + r" \tag{3.10}", shown)
    listed = laid_out(r"a = b, \qquad c = d \tag{6.7}", shown)
    assert derived is not None and derived.count("(3.10)") == 1
    assert listed is not None and listed.count("(6.7)") == 1
    assert "tag" not in derived + listed


def test_only_a_long_left_side_gets_a_line_of_its_own_on_a_phone() -> None:
    line = r"\begin{aligned} %s &= b && \text{why} \end{aligned}"
    short = laid_out(line % r"-\frac{1}{N} \log \mathcal{L}", shown)
    long = laid_out(line % r"\operatorname{softmax}(z + c)_k", shown)
    assert short is not None and "wide-left" not in short
    assert long is not None and "wide-left" in long


def test_formulas_side_by_side_are_parts_and_spaces_inside_braces_are_not() -> None:
    assert parts_of(r"a = b, \quad c = d, \qquad \text{so} \quad e") == [
        "a = b,",
        "c = d,",
        r"\text{so}",
        "e",
    ]
    assert parts_of(r"\begin{cases} 1 \quad 2 \end{cases} {3 \quad 4}") == [
        r"\begin{cases} 1 \quad 2 \end{cases} {3 \quad 4}"
    ]
    assert parts_of(r"a \quadratic b") == [r"a \quadratic b"]

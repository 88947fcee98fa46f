"""Formulas become readable lines of text where no mathematics can be set."""

from __future__ import annotations

import pytest

from bookkit.mathematics.plain_math import plain_math


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"-\log p", "−log p"),
        (r"H(p, q) = -\sum_k p_k \log q_k", "H(p, q) = −Σ p_k log q_k"),
        (r"e^{H(p, q)}", "e^(H(p, q))"),
        (r"\frac{a}{b} \cdot 2", "a/b · 2"),
        (r"D(p \Vert q)", "D(p ‖ q)"),
        (r"w_j^2 \tag{3.1}", "w_j^2"),
        (r"e^{z_k} / \sum_j e^{z_j}", "e^z_k / Σ e^z_j"),
        (r"\operatorname{Im} f(x + \mathrm{i}h)", "Im f(x + ih)"),
    ],
)
def test_a_formula_becomes_a_line(tex: str, plain: str) -> None:
    assert plain_math(tex) == plain

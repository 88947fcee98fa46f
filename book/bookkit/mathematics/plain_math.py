r"""Formulas as a line of plain text, for places that hold no mathematics.

Search excerpts and the definitions that a term shows on hover are such places:
``-\sum_k p_k \log q_k`` becomes ``-Σ p_k log q_k``.
"""

from __future__ import annotations

import re

from docutils import nodes

_SIGNS = {
    "sum": "Σ",
    "prod": "Π",
    "cdot": "·",
    "times": "×",
    "le": "≤",
    "leq": "≤",
    "ge": "≥",
    "geq": "≥",
    "ne": "≠",
    "approx": "≈",
    "in": "∈",
    "infty": "∞",
    "to": "→",
    "mapsto": "↦",
    "mid": "|",
    "Vert": "‖",
    "partial": "∂",
    "nabla": "∇",
    "sqrt": "√",
    "top": "ᵀ",
    "dots": "…",
    "ldots": "…",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "varepsilon": "ε",
    "eta": "η",
    "theta": "θ",
    "lambda": "λ",
    "mu": "μ",
    "pi": "π",
    "sigma": "σ",
    "tau": "τ",
}
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}")
_WRAPPER = re.compile(r"\\(?:mathbf|mathrm|mathbb|operatorname\*?|text|hat|bar)\{")
_LIMIT = re.compile(r"(?<=[ΣΠ])_(?:\{[^{}]*\}|\S)")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_EXPONENT = re.compile(r"\^\{([^{}]{2,})\}")
_LEADING_MINUS = re.compile(r"(^|[(=,]\s*)-\s+")
_TAG = re.compile(r"\\tag\*?\{[^{}]*\}")


def plain_math(tex: str) -> str:
    """One formula without its commands and braces."""
    text = _TAG.sub("", tex)
    text = _WRAPPER.sub("{", _FRACTION.sub(r"\1/\2", text))
    text = re.sub(r"\\(?:big|Big|left|right)[lr]?\b", "", text)
    text = _COMMAND.sub(lambda match: _SIGNS.get(match[1], f" {match[1]} "), text)
    text = re.sub(r"\\[,;:! ]", " ", text)
    text = _EXPONENT.sub(lambda match: f"^{_grouped(match[1])}", _LIMIT.sub("", text))
    text = re.sub(r"[\\{}]|(?<=\()\s+|\s+(?=[),])", "", text)
    text = _LEADING_MINUS.sub(r"\1-", " ".join(text.split()))
    return text.replace("-", "−")


def _grouped(exponent: str) -> str:
    """An exponent of more than one symbol in brackets."""
    one_symbol = re.fullmatch(r"-?\w+(?:_\w+)?", exponent)
    return exponent if one_symbol else f"({exponent})"


def plain_text(node: nodes.Node) -> str:
    """A node's words, its formulas among them as plain text, without comments."""
    if isinstance(node, nodes.comment | nodes.raw):
        return ""
    if isinstance(node, nodes.math | nodes.math_block):
        return plain_math(node.astext())
    if isinstance(node, nodes.Text):
        return str(node.astext())
    return "".join(plain_text(child) for child in node.children)

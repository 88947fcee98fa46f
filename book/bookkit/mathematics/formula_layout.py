r"""Display formulas with parts or a number, laid out by the page so that a phone can show them.

A derivation is ``aligned`` lines of which the last column gives the reason of each step.
KaTeX would set the reasons as one more column of the formula, which a phone shows only
after scrolling. Here each line becomes a row of its own, with the reason as text of the
page: beside the step where there is room, below it where there is none. Formulas set
side by side with ``\quad`` between them go below each other where there is no room. The
number of an equation stands beside all of it, however many lines a phone needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import NamedTuple

_DERIVATION = re.compile(r"\\begin\{aligned\}(?P<rows>.*)\\end\{aligned\}", re.DOTALL)
_TAG = re.compile(r"\s*\\tag\{([^{}]+)\}\s*$")
_TOKEN = re.compile(
    r"\\(?:begin|end)\{[^{}]*\}|\\\\(?:\[[^\]]*\])?|\\[A-Za-z]+|\\.|[{}&]|[^\\{}&]+"
)
_WIDEST_LEFT = 9  # signs; a longer left side has a line of its own on a phone
_COMMAND = re.compile(
    r"\\(?:mathbf|mathrm|mathcal|mathbb|operatorname|frac|text|[,;! ])"
)

Render = Callable[[str], str]


class Step(NamedTuple):
    """One line: ``left`` relation ``right``, and the reason."""

    left: str
    right: str
    reason: str


def laid_out(tex: str, render: Render) -> str | None:
    """Return the HTML of a formula that has parts or a number; None for another.

    ``render`` sets one formula as KaTeX does inside a line.
    """
    tag = _TAG.search(tex)
    number = f'<span class="number">({escape(tag[1])})</span>' if tag else ""
    body = _TAG.sub("", tex).strip()
    if steps := steps_of(body):
        rows = "".join(_row(step, render) for step in steps)
        wide = any(signs(step.left) > _WIDEST_LEFT for step in steps)
        name = "derivation wide-left" if wide else "derivation"
        return f'<div class="{name}">{rows}{number}</div>'
    parts = parts_of(body)
    if number or len(parts) > 1:
        set_parts = "".join(f"<span>{_display(part, render)}</span>" for part in parts)
        return f'<div class="formula-parts">{set_parts}{number}</div>'
    return None


def steps_of(tex: str) -> list[Step]:
    r"""Return the steps of ``left &= right && reason`` lines; none for another formula."""
    match = _DERIVATION.fullmatch(tex)
    if match is None:
        return []
    rows = [_cells(row) for row in _split(match["rows"], r"\\\\") if row.strip()]
    if max(len(row) for row in rows) != 4 or any(any(row[2:3]) for row in rows):
        return []
    full = [row + [""] * (4 - len(row)) for row in rows]
    return [Step(left, right, reason) for left, right, _, reason in full]


def parts_of(tex: str) -> list[str]:
    r"""Return what stands between the ``\quad`` and ``\qquad`` outside all braces."""
    return [part.strip() for part in _split(tex, r"\\q?quad$") if part.strip()]


def _display(tex: str, render: Render) -> str:
    return render(rf"\displaystyle {tex}")


def _row(step: Step, render: Render) -> str:
    left = _display(step.left, render) if step.left else ""
    right = _display(f"{{}}{step.right}", render)
    reason = f'<span class="reason">{_reason(step.reason, render)}</span>'
    return (
        f'<div class="step"><span class="left">{left}</span> '
        f'<span class="right"><span>{right}</span>{reason if step.reason else ""}</span></div>'
    )


def _reason(tex: str, render: Render) -> str:
    r"""Words from ``\text{...}`` as the page's own text, the rest as formulas."""
    parts, formula, position = [], "", 0
    while position < len(tex):
        if tex.startswith(r"\text{", position):
            end = _closing_brace(tex, position + len(r"\text"))
            words = tex[position + len(r"\text{") : end]
            parts += [formula, escape(words.replace("'", "’"))]
            formula, position = "", end + 1
        else:
            formula += tex[position]
            position += 1
    parts.append(formula)
    # Words and formulas alternate, a formula first; {} gives a leading relation its space.
    return "".join(
        render(f"{{}}{part}") if index % 2 == 0 and part.strip() else part
        for index, part in enumerate(parts)
    )


def _closing_brace(tex: str, opening: int) -> int:
    depth = 0
    for position in range(opening, len(tex)):
        depth += {"{": 1, "}": -1}.get(tex[position], 0)
        if depth == 0:
            return position
    raise ValueError(f"a brace is never closed in {tex!r}")


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in _split(row, "&")]


def _split(tex: str, separator: str) -> list[str]:
    """Split at tokens that match ``separator`` outside braces and environments."""
    parts, depth = [""], 0
    for token in _TOKEN.findall(tex):
        depth += token == "{" or token.startswith(r"\begin")
        depth -= token == "}" or token.startswith(r"\end")
        if depth == 0 and re.match(separator, token):
            parts.append("")
        else:
            parts[-1] += token
    return parts


def signs(tex: str) -> int:
    """Return about how many signs of a formula the reader sees."""
    plain = re.sub(r"\\[A-Za-z]+", "x", _COMMAND.sub("", tex))
    return len(re.sub(r"[{}\s_^\\]", "", plain))

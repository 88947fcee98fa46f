"""Where a formula of a line may break on a phone.

KaTeX lets a line end after every relation and every operator. A typesetter breaks after a
plus before breaking after a dot, and keeps what stands in brackets together.
"""

from __future__ import annotations

import re

_BREAK = '</span><span class="katex-base">'
_PRODUCT = re.compile(
    r'<span class="mbin">[⋅×]</span><span class="mspace"[^>]*></span>$'
)
_BRACKETS = re.compile(r'<span class="m(open|close)[^"]*">([^<]*)')
_MARKUP = re.compile(r"<[^>]*>|\u200b")
_FITS_A_PHONE = 24  # signs that may stay together on the narrowest line


def with_fewer_breaks(html: str) -> str:
    """Return KaTeX's HTML without breaks after a product sign or inside short brackets."""
    factors = html.split(_BREAK)
    terms = [factors[0]]
    for factor in factors[1:]:
        if _PRODUCT.search(terms[-1]) and _fit_a_phone([terms[-1], factor]):
            terms[-1] += factor
        else:
            terms.append(factor)
    lines: list[str] = []
    while terms:
        count = _bracketed(terms)
        lines.append("".join(terms[:count]))
        terms = terms[count:]
    return _BREAK.join(lines)


def _bracketed(terms: list[str]) -> int:
    """Return how many terms the first one's brackets hold together."""
    for count in range(1, len(terms) + 1):
        if not _fit_a_phone(terms[:count]):
            break
        if not _open_brackets("".join(terms[:count])):
            return count
    return 1


def _open_brackets(html: str) -> bool:
    depth = 0
    for side, signs in _BRACKETS.findall(html):
        depth += max(len(signs), 1) * (1 if side == "open" else -1)
    return depth > 0


def _fit_a_phone(parts: list[str]) -> bool:
    # The first part also carries the MathML, which the eye does not see.
    drawn = "".join(parts).rpartition('aria-hidden="true">')[2]
    return len(_MARKUP.sub("", drawn)) <= _FITS_A_PHONE

"""Puts tables of stored results into a page, between the markers that keep their places."""

from __future__ import annotations

import re


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Write a Markdown table: the first column to the left, the others to the right."""
    rule = ["---"] + ["---:"] * (len(heads) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [heads, rule, *rows])


def between_markers(text: str, parts: dict[str, str]) -> str:
    """Return a page's text with each part between ``<!-- name -->`` and its end.

    Raises
    ------
    ValueError
        When the page does not hold a part's two markers once.
    """
    for name, part in parts.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        places = re.findall(f"{re.escape(begin)}.*?{re.escape(end)}", text, re.DOTALL)
        if len(places) != 1:
            raise ValueError(f"the page must hold {begin} and {end} once")
        text = text.replace(places[0], f"{begin}\n{part}\n\n{end}")
    return text

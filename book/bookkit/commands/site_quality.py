"""Write the tables of book/site_quality.md from what is stored. Nothing here measures."""

from __future__ import annotations

import json
import re
from typing import Any

from bookkit import ROOT
from bookkit.commands.lighthouse import BAR, read_stored

PAGE = ROOT / "book" / "site_quality.md"
MEASURED = ROOT / "tests" / "site" / "measured.json"
# What the checks in a browser store, where they have run: its name there and on the page.
CHECKED = {
    "weight_first_kib": "first visit (KiB)",
    "axe": "axe findings",
    "outside_requests": "outside requests",
}


def _checked() -> dict[str, Any]:
    if not MEASURED.is_file():
        return {}
    stored: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return stored.get("pages", stored)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        value = sum(value.values())
    return "" if value is None else f"{value:.0f}"


def page_table() -> str:
    """One row a page: its scores, and what the browser checks found where they ran."""
    scores, checked = read_stored()["pages"], _checked()
    columns = {name: head for name, head in CHECKED.items() if checked}
    heads = ["page", *(name.replace("-", " ") for name in BAR), *columns.values()]
    rows = [heads, ["---"] + ["---:"] * (len(heads) - 1)]
    for page, result in sorted(scores.items()):
        found = checked.get(page) or checked.get(f"{page}.html") or {}
        rows.append(
            [
                f"`{page}`",
                *(str(result["scores"][name]) for name in BAR),
                *(_cell(found.get(name)) for name in columns),
            ]
        )
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def measured_with() -> str:
    """What the scores were taken with."""
    stored = read_stored()
    machine = stored["machine"]
    return (
        f"Stored on {stored['date']}: Lighthouse {stored['lighthouse']}, mobile preset, "
        f"{stored['browser']}, Node {machine['node']}; {machine['processor']}, "
        f"{machine['cores']} cores, {machine['system']}; served on the same machine "
        "with gzip."
    )


def filled(text: str) -> str:
    """Return the page with the stored results between its markers."""
    for name, part in {"measured with": measured_with(), "pages": page_table()}.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        between = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        if len(between.findall(text)) != 1:
            raise ValueError(f"site_quality.md must hold {begin} and {end} once")
        whole = f"{begin}\n{part}\n\n{end}"
        text = between.sub(lambda _, whole=whole: whole, text)
    return text


def write() -> None:
    """Bring the page up to date."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()

"""Write the tables of book/site_quality.md from what is stored. Nothing here measures."""

from __future__ import annotations

import json
from typing import Any

from bookkit import ROOT
from bookkit.commands.lighthouse import BAR, read_stored
from bookkit.commands.stored_results import between_markers, table

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
    pages: dict[str, Any] = stored.get("pages", stored)
    return pages


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        value = sum(value.values())
    return "" if value is None else f"{value:.0f}"


def page_table() -> str:
    """One row a page: its scores, and what the browser checks found where they ran."""
    scores, checked = read_stored()["pages"], _checked()
    columns = {name: head for name, head in CHECKED.items() if checked}
    heads = ["page", *(name.replace("-", " ") for name in BAR), *columns.values()]
    rows = []
    for page, result in sorted(scores.items()):
        found = checked.get(page) or checked.get(f"{page}.html") or {}
        rows.append(
            [
                f"`{page}`",
                *(str(result["scores"][name]) for name in BAR),
                *(_cell(found.get(name)) for name in columns),
            ]
        )
    return table(heads, rows)


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
    return between_markers(
        text, {"measured with": measured_with(), "pages": page_table()}
    )


def write() -> None:
    """Bring the page up to date."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()

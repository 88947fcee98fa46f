"""What changed on which page and when: the entries of CHANGELOG.md that name pages.

An entry names a page by a link to its source. Under "Unreleased" it begins with its day, as
in ``- 2026-11-30: [Chapter 5](notebooks/05_logits_softmax.ipynb) is shorter.``; under a
version the day of the version will do. Entries without such a link are about the library and
the tools, and a reader of pages does not meet them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bookkit import ROOT

CHANGELOG = ROOT / "CHANGELOG.md"
_LINE = re.compile(
    r"^## \[(?P<version>[^\]]+)\](?: - (?P<released>\d{4}-\d\d-\d\d))?$"
    r"|^### (?P<kind>\w+)$"
    r"|^- (?:(?P<day>\d{4}-\d\d-\d\d): )?(?P<text>.+)$",
    re.MULTILINE,
)
LINK = re.compile(
    r"\[(?P<words>[^\]]+)\]\((?P<page>(?:book|notebooks)/[\w/]+)\.(?P<kind>md|ipynb)"
    r"(?P<anchor>#[^)]*)?\)"
)


class UndatedChangeError(ValueError):
    """An entry names a page, and neither it nor its version says when."""


@dataclass(frozen=True)
class Change:
    """One entry: its version, whether something was added or changed, its day and pages."""

    version: str
    kind: str
    day: date
    text: str

    @property
    def pages(self) -> list[str]:
        """The documents that it names, each once."""
        return list(dict.fromkeys(match["page"] for match in LINK.finditer(self.text)))


def read_changes(text: str) -> Iterator[Change]:
    """Yield the entries that name pages, in the order of the file.

    Parameters
    ----------
    text : str
        What CHANGELOG.md holds.

    Raises
    ------
    UndatedChangeError
        When neither the entry nor its version has a day.
    """
    version = kind = ""
    released: str | None = None
    for line in _LINE.finditer(text):
        if line["version"]:
            version, released = line["version"], line["released"]
        elif line["kind"]:
            kind = line["kind"]
        elif LINK.search(line["text"]):
            day = line["day"] or released
            if day is None:
                raise UndatedChangeError(
                    f"CHANGELOG.md, {version}: begin with its day: {line['text'][:60]}"
                )
            yield Change(version, kind, date.fromisoformat(day), line["text"])


def changes() -> list[Change]:
    """The entries of this book's CHANGELOG.md that name pages."""
    return list(read_changes(CHANGELOG.read_text(encoding="utf-8")))


def in_words(day: date) -> str:
    """A day as the pages write it."""
    return f"{day.day} {day:%B %Y}"

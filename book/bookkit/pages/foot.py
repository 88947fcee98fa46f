"""The foot of a page: how to cite it, what its outputs were made with, where errors go.

The citation comes from CITATION.cff, the versions and the day from book/reproduced.json,
which ``make refresh`` writes when it has run a chapter to its end. The licences lie in the
site as text, so a copy on a memory stick has them too.
"""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from sphinx.application import Sphinx

from bookkit import ROOT
from bookkit.pages.page import Page

_CITATION = ROOT / "CITATION.cff"
_REPRODUCED = ROOT / "book" / "reproduced.json"
_ERRATA = "book/errata"
LICENCES = ("LICENSE", "LICENSE-prose")
_FOR_TEX = re.compile(r"([&%$#_{}])")


def _name(author: dict[str, str]) -> str:
    if "name" in author:
        return author["name"]
    return f"{author.get('given-names', '')} {author['family-names']}".strip()


def _for_tex(text: str) -> str:
    return _FOR_TEX.sub(r"\\\1", text)


def citation(
    cff: dict[str, Any], title: str, docname: str, address: str
) -> dict[str, str]:
    """Return the entry of one page as a sentence and as BibTeX; of the book without a title.

    Parameters
    ----------
    cff : dict
        What CITATION.cff holds.
    title, docname : str
        The page's title, empty for the whole book, and its name in the table of contents.
    address : str
        Where the page is published, empty where that is not known.
    """
    work = cff.get("preferred-citation", {})
    names = [_name(author) for author in work.get("authors") or cff["authors"]]
    book, version = cff["title"], str(cff["version"])
    year = str(work.get("year") or str(cff["date-released"])[:4])
    part = f"“{title}”. In " if title else ""
    plain = f"{', '.join(names)}. {part}{book}, version {version}, {year}."
    # A corporate author's inner braces keep BibTeX from reading it as a person's name.
    authors = " and ".join(
        f"{{{_for_tex(name)}}}" if "name" in author else _for_tex(name)
        for name, author in zip(
            names, work.get("authors") or cff["authors"], strict=True
        )
    )
    fields = {"author": authors}
    if title:
        fields |= {"title": f"{{{_for_tex(title)}}}", "booktitle": _for_tex(book)}
    else:
        fields["title"] = f"{{{_for_tex(book)}}}"
    fields |= {"year": year, "note": f"Version {version}"}
    if address:
        plain += f" {address}"
        fields["url"] = address
    kind = "incollection" if title else "book"
    # A chapter and its exercises have the same last name.
    place = docname.partition("/")[2].replace("/", "-")
    key = f"xent{year}" + (f":{place}" if title else "")
    lines = ",\n".join(f"  {field} = {{{value}}}" for field, value in fields.items())
    return {"plain": plain, "bibtex": f"@{kind}{{{key},\n{lines}\n}}"}


def reproduced(record: dict[str, Any], docname: str) -> str:
    """Say when and with what a chapter's outputs came out; empty for any other page."""
    entry = record.get(docname.rsplit("/", 1)[-1])
    if entry is None or not docname.startswith("notebooks/"):
        return ""
    day = date.fromisoformat(entry["date"])
    versions = [f"{name} {version}" for name, version in entry["versions"].items()]
    listed = f"{', '.join(versions[:-1])} and {versions[-1]}"
    return f"Outputs last reproduced on {day.day} {day:%B %Y} with {listed}."


def fill(page: Page) -> None:
    """Give a page what stands at its foot."""
    app, context = page.app, page.context
    cff = yaml.safe_load(_CITATION.read_text(encoding="utf-8"))
    context.update(page_citation=None, page_reproduced="", errata="")
    context["book_version"] = cff["version"]
    if _ERRATA in app.env.all_docs:
        context["errata"] = context["pathto"](_ERRATA)
    for link in context["repository_links"]:
        if link["text"] == "Report a problem":
            context["errata"] = link["href"]
    if page.name not in app.env.all_docs:
        return
    at_root = page.name == app.config.root_doc
    title = "" if at_root else app.env.titles[page.name].astext()
    address = context["page_address"] or app.config.html_theme_options.get(
        "repository_url", ""
    )
    context["page_citation"] = citation(cff, title, page.name, address)
    if _REPRODUCED.is_file():
        record = json.loads(_REPRODUCED.read_text(encoding="utf-8"))
        context["page_reproduced"] = reproduced(record, page.name)


def version() -> str:
    """The book's version, as CITATION.cff names it."""
    return str(yaml.safe_load(_CITATION.read_text(encoding="utf-8"))["version"])


def write(app: Sphinx, out: Path) -> None:
    """Lay the licences into the site."""
    for name in LICENCES:
        # With a suffix a browser shows the text; without one it offers a download.
        text = (ROOT / name).read_text(encoding="utf-8")
        (out / f"{name}.txt").write_text(text, encoding="utf-8")

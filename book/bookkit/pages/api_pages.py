"""Fills the API page from xent_lib's source: every public module, every public name.

Nothing lists the modules. A module's docstring says which chapter teaches it and that
gives its place on the page. What numpydoc finds in a docstring is set as its sections.
"""

from __future__ import annotations

import textwrap
from typing import Any

from numpydoc.docscrape_sphinx import SphinxDocString
from numpydoc.numpydoc import DEDUPLICATION_TAG, rename_references
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookkit.pages.library_source import ROOT, Entry, Module, read_library

PAGE = "book/api"
PLACE = "<!-- the library's reference goes here -->"


def page_text(app: Sphinx, modules: list[Module]) -> str:
    """The Markdown of the reference: a section a module, an entry a name."""
    return "\n".join(
        f"## {module.name}\n\n````{{eval-rst}}\n.. py:module:: {module.name}\n\n"
        f"{module.docstring}\n\n"
        + "\n".join(_entry_text(app, entry, module.name) for entry in module.entries)
        + "\n````\n"
        for module in modules
    )


def _entry_text(app: Sphinx, entry: Entry, owner: str) -> str:
    name = f"{owner}.{entry.name}"
    parsed = SphinxDocString(entry.docstring, config={"show_class_members": False})
    lines = str(parsed).split("\n")
    rename_references(app, entry.kind, name, None, None, lines)
    lines += ["..", DEDUPLICATION_TAG, ""]
    lines += [_entry_text(app, member, name) for member in entry.members]
    body = textwrap.indent("\n".join(lines), "   ")
    return f".. py:{entry.kind}:: {entry.name}{entry.signature}\n\n{body}\n"


def _fill(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == PAGE:
        source[0] = source[0].replace(PLACE, page_text(app, read_library()))
        for path in sorted(ROOT.rglob("*.py")):
            app.env.note_dependency(str(path))


def _outdated(
    app: Sphinx,
    env: BuildEnvironment,
    added: set[str],
    changed: set[str],
    removed: set[str],
) -> list[str]:
    """Read the page again when a module came; Sphinx itself notices changed ones."""
    paths = sorted(str(path) for path in ROOT.rglob("*.py"))
    fresh = getattr(env, "xent_library_files", None) == paths
    env.xent_library_files = paths  # type: ignore[attr-defined]
    return [] if fresh or PAGE not in env.found_docs else [PAGE]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", _fill)
    app.connect("env-get-outdated", _outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Fills the API page by autodoc and numpydoc: every public module, every public name.

Nothing lists the modules. A module's docstring says which chapter teaches it and that gives
its place on the page. Public is what ``__all__`` names; where a module has none, every
function and class that it defines without a leading underscore. A package with ``__all__``
speaks for the modules inside it. What the site is built without (PyTorch, Matplotlib and the
rest) autodoc puts stand-ins for.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from importlib import import_module
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.autodoc.mock import mock

from bookkit import ROOT
from bookkit.pages.page import changed

PACKAGE = "xent_lib"
PAGE = "book/api"
PLACE = "<!-- the library's reference goes here -->"
_CHAPTER = re.compile(r"[Cc]hapters? (\d+)")
_NO_CHAPTER = 1000


@dataclass(frozen=True)
class Module:
    """A public module, or a package that speaks for its modules, and its public names."""

    name: str
    docstring: str
    entries: dict[str, Any]

    @property
    def draws(self) -> bool:
        """Whether it serves the page and not the arithmetic; such modules come last."""
        return self.name.startswith((f"{PACKAGE}.plots", f"{PACKAGE}.show"))


def first_chapter(docstring: str | None) -> int:
    """The first chapter that a docstring names; what names none comes last."""
    match = _CHAPTER.search(docstring or "")
    return int(match[1]) if match else _NO_CHAPTER


def read_library(package: str = PACKAGE) -> list[Module]:
    """Import the library; return its public modules with their public names, by chapter."""
    return sorted(
        _modules(package),
        key=lambda one: (one.draws, first_chapter(one.docstring), one.name),
    )


def _modules(package: str) -> Iterator[Module]:
    for found in pkgutil.iter_modules(import_module(package).__path__, f"{package}."):
        if found.name.rpartition(".")[2].startswith("_"):
            continue
        module = import_module(found.name)
        listed = getattr(module, "__all__", None)
        if found.ispkg and listed is None:
            yield from _modules(found.name)
            continue
        public = {
            name: thing
            for name, thing in vars(module).items()
            if callable(thing)
            and (
                name in listed
                if listed is not None
                else thing.__module__ == found.name and not name.startswith("_")
            )
        }
        if public:
            names = sorted(public, key=lambda name: _place(public[name]))
            entries = {name: public[name] for name in names}
            yield Module(found.name, inspect.getdoc(module) or "", entries)


def _place(thing: Any) -> tuple[int, str, int]:
    home = import_module(thing.__module__)
    line = inspect.getsourcelines(inspect.unwrap(thing))[1]
    return first_chapter(home.__doc__), home.__name__, line


def page_text(modules: list[Module]) -> str:
    """The Markdown of the reference: a section a module, an entry a name."""
    return "\n".join(
        f"## {module.name}\n\n````{{eval-rst}}\n.. py:module:: {module.name}\n\n"
        f"{module.docstring}\n\n"
        + "".join(
            f".. auto{'class' if inspect.isclass(thing) else 'function'}:: {name}\n"
            for name, thing in module.entries.items()
        )
        + "````\n"
        for module in modules
    )


def fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the reference into its page's Markdown."""
    if docname == PAGE:
        with mock(app.config.autodoc_mock_imports):
            source[0] = source[0].replace(PLACE, page_text(read_library()))
        for path in sorted((ROOT / PACKAGE).rglob("*.py")):
            app.env.note_dependency(str(path))


def signature(app: Sphinx, what: str, name: str, thing: Any, *more: Any) -> Any:
    """What makes a class: its own ``__init__`` or its fields, where autodoc sees neither."""
    found = more[1] or ""
    if what not in ("class", "exception"):
        return None
    if is_dataclass(thing):
        for one in fields(thing):
            if one.default_factory is not MISSING:
                made = f"{one.name}={getattr(one.default_factory, '__name__', '')}()"
                found = found.replace(f"{one.name}=<factory>", made)
        return found, None
    # A stand-in for a base class takes anything.
    if found == "(*args, **kwargs)":
        if thing.__init__.__qualname__ != f"{thing.__qualname__}.__init__":
            return "", None
        own = inspect.signature(thing.__init__)
        kept = [
            parameter.replace(annotation=parameter.empty)
            for parameter in list(own.parameters.values())[1:]
        ]
        return str(inspect.Signature(kept)), None
    return None


def outdated(app: Sphinx, env: BuildEnvironment, *_: Any) -> list[str]:
    """Read the page again when a module came; Sphinx itself notices changed ones."""
    paths = sorted(str(path) for path in (ROOT / PACKAGE).rglob("*.py"))
    outdated = changed(env, "library", paths)
    return [PAGE] if outdated and PAGE in env.found_docs else []

"""Fills the API page from xent_lib itself: every public module, every public name.

Nothing lists the modules. A module's docstring says which chapter teaches it and that
gives its place on the page. Public is what ``__all__`` names; where a module has none,
every function and class that it defines without a leading underscore.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.autodoc.mock import mock

PACKAGE = "xent_lib"
PAGE = "book/api"
PLACE = "<!-- the library's reference goes here -->"
_CHAPTER = re.compile(r"[Cc]hapters? (\d+)")
_NO_CHAPTER = 1000


@dataclass(frozen=True)
class ModulePage:
    """What the API page says of one module."""

    name: str
    docstring: str
    functions: tuple[str, ...]
    classes: tuple[str, ...]

    @property
    def chapter(self) -> int:
        """The first chapter that its docstring names; modules without one come last."""
        match = _CHAPTER.search(self.docstring)
        return int(match.group(1)) if match else _NO_CHAPTER

    @property
    def draws(self) -> bool:
        """Whether it serves the page and not the arithmetic; such modules come last."""
        return self.name.startswith((f"{PACKAGE}.plots", f"{PACKAGE}.show"))


def module_names() -> list[str]:
    """Every public module of the library, sub-packages' modules included."""
    package = importlib.import_module(PACKAGE)
    found = pkgutil.walk_packages(
        package.__path__, prefix=f"{PACKAGE}.", onerror=_refuse_to_skip
    )
    return [
        info.name
        for info in found
        if not any(part.startswith("_") for part in info.name.split("."))
    ]


def _refuse_to_skip(name: str) -> None:
    """Stop at a package that does not import, which pkgutil would leave out in silence."""
    raise ImportError(f"{name} does not import: {sys.exc_info()[1]}")


def public_names(module: ModuleType) -> list[str]:
    """The names a reader may use, in the order in which the module defines them."""
    listed = getattr(module, "__all__", None)
    names = [
        name
        for name, value in vars(module).items()
        if (name in listed if listed is not None else not name.startswith("_"))
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module.__name__
    ]
    return sorted(names, key=lambda name: inspect.getsourcelines(vars(module)[name])[1])


def read_modules(mocked: list[str]) -> list[ModulePage]:
    """The library's modules by chapter; ``mocked`` packages need not be installed."""
    pages = []
    with mock(mocked):
        for name in module_names():
            module = importlib.import_module(name)
            names = public_names(module)
            is_class = {one: inspect.isclass(vars(module)[one]) for one in names}
            pages.append(
                ModulePage(
                    name=name,
                    docstring=inspect.getdoc(module) or "",
                    functions=tuple(one for one in names if not is_class[one]),
                    classes=tuple(one for one in names if is_class[one]),
                )
            )
    with_content = [page for page in pages if page.functions or page.classes]
    return sorted(with_content, key=lambda page: (page.draws, page.chapter, page.name))


def page_text(modules: list[ModulePage]) -> str:
    """The Markdown of the reference: a section a module, an entry a name."""
    sections = []
    for module in modules:
        entries = "\n".join(
            [f"   .. autofunction:: {module.name}.{name}" for name in module.functions]
            + [
                f"   .. autoclass:: {module.name}.{name}\n      :members:"
                for name in module.classes
            ]
        )
        sections.append(
            f"## {module.name}\n\n"
            f"````{{eval-rst}}\n.. py:module:: {module.name}\n\n"
            f"{module.docstring}\n\n"
            + re.sub(r"^   ", "", entries, flags=re.MULTILINE)
            + "\n````\n"
        )
    return "\n".join(sections)


def _fill(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == PAGE:
        modules = read_modules(app.config.autodoc_mock_imports)
        source[0] = source[0].replace(PLACE, page_text(modules))


def _outdated(
    app: Sphinx,
    env: BuildEnvironment,
    added: set[str],
    changed: set[str],
    removed: set[str],
) -> list[str]:
    """Read the page again when a module or a public name came or went."""
    listing = page_text(read_modules(app.config.autodoc_mock_imports))
    fresh = getattr(env, "xent_api_listing", None) == listing
    env.xent_api_listing = listing  # type: ignore[attr-defined]
    return [] if fresh or PAGE not in env.found_docs else [PAGE]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", _fill)
    app.connect("env-get-outdated", _outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Every public name of the library stands on the API page, documented in full."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import pytest
from api_pages import module_names, public_names, read_modules
from bs4 import BeautifulSoup
from numpydoc.docscrape import NumpyDocString

import xent_lib

MODULES = {name: importlib.import_module(name) for name in module_names()}
NAMES = [(module, name) for module in MODULES for name in public_names(MODULES[module])]
FUNCTIONS = [
    (module, name)
    for module, name in NAMES
    if inspect.isfunction(vars(MODULES[module])[name])
]
FORMULA_MODULES = {
    "xent_lib.special",
    "xent_lib.information",
    "xent_lib.losses",
    "xent_lib.gradients",
}


def _function(module: str, name: str) -> Any:
    return vars(MODULES[module])[name]


def test_every_public_name_is_on_the_api_page(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["book/api.html"]
    missing = [f"{m}.{n}" for m, n in NAMES if page.find(id=f"{m}.{n}") is None]
    assert not missing
    assert len(NAMES) >= 15


def test_what_the_package_exports_is_public_in_its_module() -> None:
    exported = {getattr(xent_lib, name) for name in xent_lib.__all__}
    public = {_function(module, name) for module, name in NAMES}
    assert exported <= public


def test_formulas_of_docstrings_are_rendered(pages: dict[str, BeautifulSoup]) -> None:
    entry = pages["book/api.html"].find(id="xent_lib.special.logsumexp")
    assert entry is not None and entry.find_parent("dl").find("math") is not None


def test_a_new_module_is_found_without_being_listed() -> None:
    assert "xent_lib.special" in module_names()
    assert not [name for name in module_names() if "._" in name]


def test_core_modules_come_before_those_that_draw() -> None:
    names = [page.name for page in read_modules([])]
    drawing = [name.startswith(("xent_lib.plots", "xent_lib.show")) for name in names]
    assert drawing == sorted(drawing)


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_every_public_name_has_a_summary(module: str, name: str) -> None:
    doc = NumpyDocString(inspect.getdoc(_function(module, name)) or "")
    assert " ".join(doc["Summary"]).rstrip().endswith((".", ":", "`")), doc["Summary"]


@pytest.mark.parametrize(("module", "name"), FUNCTIONS)
def test_every_function_documents_all_its_parameters(module: str, name: str) -> None:
    function = _function(module, name)
    doc = NumpyDocString(inspect.getdoc(function) or "")
    written = {
        part.strip().lstrip("*")
        for entry in [*doc["Parameters"], *doc["Other Parameters"]]
        for part in entry.name.split(",")
    }
    assert written == set(inspect.signature(function).parameters)


@pytest.mark.parametrize(("module", "name"), FUNCTIONS)
def test_every_function_documents_what_it_returns_and_gives_an_example(
    module: str, name: str
) -> None:
    function = _function(module, name)
    doc = NumpyDocString(inspect.getdoc(function) or "")
    assert doc["Returns"] or doc["Yields"] or "-> None" in inspect.getsource(function)
    assert ">>>" in "\n".join(doc["Examples"])


@pytest.mark.parametrize(("module", "name"), FUNCTIONS)
def test_a_function_that_validates_says_what_it_raises(module: str, name: str) -> None:
    function = _function(module, name)
    body = inspect.getsource(function).replace(inspect.getdoc(function) or "", "")
    if re.search(r"^\s+raise |\bcheck_\w+\(", body, re.MULTILINE):
        assert NumpyDocString(inspect.getdoc(function) or "")["Raises"]


@pytest.mark.parametrize(
    ("module", "name"), [pair for pair in FUNCTIONS if pair[0] in FORMULA_MODULES]
)
def test_a_function_of_the_core_states_its_formula(module: str, name: str) -> None:
    assert re.search(
        r":math:`|\.\. math::", inspect.getdoc(_function(module, name)) or ""
    )


@pytest.mark.parametrize(("module", "name"), FUNCTIONS)
def test_a_reader_learns_which_chapter_a_function_belongs_to(
    module: str, name: str
) -> None:
    said = f"{MODULES[module].__doc__} {inspect.getdoc(_function(module, name))}"
    assert re.search(r"[Cc]hapters? \d|[Ee]very (chapter|figure)", said)

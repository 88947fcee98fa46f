"""Every public name of the library stands on the API page, documented in full."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from numpydoc.docscrape import NumpyDocString

import xent_lib
from bookkit import ROOT
from bookkit.pages.library_source import Entry, read_library
from xent_lib.optim import Rule

LIBRARY = read_library()
NAMES = [(module.name, entry.name) for module in LIBRARY for entry in module.entries]
FUNCTIONS = [
    (module.name, entry.name)
    for module in LIBRARY
    for entry in module.entries
    if entry.kind == "function"
]
FORMULA_MODULES = {
    "xent_lib.gradients",
    "xent_lib.information",
    "xent_lib.labels",
    "xent_lib.losses",
    "xent_lib.special",
    "xent_lib.torch_losses",
}
# What computes: everything but the figures, whose time goes into drawing.
COMPUTING = [
    (module.name, entry)
    for module in LIBRARY
    if not module.draws
    for entry in module.entries
]
METHODS = [
    (module, entry.name, member.name)
    for module, entry in COMPUTING
    for member in entry.members
    if member.kind == "method" and member.name != "step"  # which every rule has alike
]


def _function(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


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


@pytest.mark.parametrize(("module", "name"), FUNCTIONS)
def test_the_signature_on_the_page_is_the_one_of_the_code(
    module: str, name: str
) -> None:
    read = next(
        entry
        for part in LIBRARY
        if part.name == module
        for entry in part.entries
        if entry.name == name
    )
    named = re.findall(
        r"(?:^|[(,]\s*)\*{0,2}([A-Za-z_]\w*)(?=\s*[,=)])", read.signature
    )
    parameters = inspect.signature(_function(module, name)).parameters
    assert [one for one in named if one in parameters] == list(parameters)


def test_reading_the_library_imports_nothing_of_it() -> None:
    asked = (
        "from bookkit.pages import library_source as s; import sys; "
        "assert s.read_library(); "
        "print(sorted({'xent_lib', 'numpy', 'torch', 'matplotlib'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "PYTHONPATH": str(ROOT / "book")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "[]"


def test_core_modules_come_before_those_that_draw() -> None:
    drawing = [module.draws for module in LIBRARY]
    assert True in drawing and drawing == sorted(drawing)


def test_a_module_is_read_by_the_rules_of_what_is_public(tmp_path: Path) -> None:
    sources = {
        "__init__.py": "",
        "open.py": '"""Chapter 9."""\ndef seen(x: int = 1) -> int: ...\ndef _hidden(): ...\n',
        "listed.py": "__all__ = ['one']\ndef one(): ...\ndef two(): ...\n",
        "_private.py": "def never(): ...\n",
        "group/__init__.py": "__all__ = ['inner']\n",
        "group/part.py": "def inner(*, a): ...\ndef helper(): ...\n",
    }
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = {
        f"{module.name}.{entry.name}{entry.signature}"
        for module in read_library(tmp_path)
        for entry in module.entries
    }
    assert found == {
        "xent_lib.open.seen(x=1)",
        "xent_lib.listed.one()",
        "xent_lib.group.inner(*, a)",
    }


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
    if re.search(r"^\s+raise |\b(?:check|with)_\w+\(", body, re.MULTILINE):
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
    said = f"{importlib.import_module(module).__doc__} {inspect.getdoc(_function(module, name))}"
    assert re.search(r"[Cc]hapters? \d|[Ee]very (chapter|figure)", said)


@pytest.mark.parametrize(
    ("module", "entry"), COMPUTING, ids=lambda one: getattr(one, "name", one)
)
def test_a_reader_learns_how_time_and_memory_grow(module: str, entry: Entry) -> None:
    doc = NumpyDocString(inspect.cleandoc(entry.docstring))
    if entry.kind == "class" and not doc["Examples"]:
        return  # it holds data or is raised; its fields are documented below
    notes = " ".join(doc["Notes"])
    assert re.search(r"\b[Tt]ime\b", notes) and re.search(r"\b[Mm]emory\b", notes)


@pytest.mark.parametrize(
    ("module", "entry"), COMPUTING, ids=lambda one: getattr(one, "name", one)
)
def test_a_class_shows_its_use_or_names_what_it_holds(
    module: str, entry: Entry
) -> None:
    thing = _function(module, entry.name)
    if entry.kind == "class" and not issubclass(thing, Exception) and thing is not Rule:
        doc = NumpyDocString(inspect.cleandoc(entry.docstring))
        assert ">>>" in "\n".join(doc["Examples"]) or doc["Attributes"]


@pytest.mark.parametrize(("module", "owner", "name"), METHODS)
def test_a_method_documents_arguments_result_and_errors(
    module: str, owner: str, name: str
) -> None:
    method = getattr(_function(module, owner), name)
    doc = NumpyDocString(inspect.getdoc(method) or "")
    written = {
        part.strip() for entry in doc["Parameters"] for part in entry.name.split(",")
    }
    assert written == set(inspect.signature(method).parameters) - {"self"}
    assert doc["Returns"] and doc["Raises"]

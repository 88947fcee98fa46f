"""Every public name of the library stands on the API page, documented in full."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from numpydoc.docscrape import NumpyDocString

import xent_lib
from bookkit.pages.library import read_library
from xent_lib.optim import Rule

LIBRARY = read_library()
NAMES = [(module.name, name) for module in LIBRARY for name in module.entries]
FUNCTIONS = [
    (module.name, name)
    for module in LIBRARY
    for name, thing in module.entries.items()
    if not inspect.isclass(thing)
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
    (module.name, thing)
    for module in LIBRARY
    if not module.draws
    for thing in module.entries.values()
]
METHODS = [
    (module, thing.__name__, name)
    for module, thing in COMPUTING
    if inspect.isclass(thing)
    for name, method in vars(thing).items()
    # Every rule has the same step.
    if inspect.isfunction(method)
    and method.__doc__
    and name != "step"
    and name[0] != "_"
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
    module: str, name: str, pages: dict[str, BeautifulSoup]
) -> None:
    entry = pages["book/api.html"].find(id=f"{module}.{name}")
    named = [one.get_text() for one in entry.select(".sig-param .n")]
    parameters = inspect.signature(_function(module, name)).parameters
    assert [one for one in named if one in parameters] == list(parameters)


def test_a_class_is_shown_with_what_makes_it(pages: dict[str, BeautifulSoup]) -> None:
    def shown(name: str) -> str:
        entry = pages["book/api.html"].find(id=f"xent_lib.{name}")
        return "".join(entry.get_text().split()).removesuffix("#")

    assert shown("explore.LossCurve").endswith(".LossCurve(q,truth=0,*,names=None)")
    assert "(parameters,rule,loss=list(),watched_steps=list()," in shown(
        "optim.History"
    )
    assert shown("optim.Rule") == "classxent_lib.optim.Rule"


def test_core_modules_come_before_those_that_draw() -> None:
    drawing = [module.draws for module in LIBRARY]
    assert True in drawing and drawing == sorted(drawing)


def test_a_module_is_read_by_the_rules_of_what_is_public(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = {
        "__init__.py": "",
        "open.py": '"""Chapter 9."""\ndef seen(): ...\ndef _hidden(): ...\n',
        "listed.py": "__all__ = ['one']\ndef one(): ...\ndef two(): ...\n",
        "_private.py": "def never(): ...\n",
        "group/__init__.py": (
            "from shelf.group.part import inner\n__all__ = ['inner']\n"
        ),
        "group/part.py": "def inner(): ...\ndef helper(): ...\n",
    }
    for name, text in sources.items():
        (tmp_path / "shelf" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "shelf" / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = [f"{m.name}.{name}" for m in read_library("shelf") for name in m.entries]
    assert found == ["shelf.open.seen", "shelf.group.inner", "shelf.listed.one"]


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
    ("module", "thing"), COMPUTING, ids=lambda one: getattr(one, "__name__", one)
)
def test_a_reader_learns_how_time_and_memory_grow(module: str, thing: Any) -> None:
    doc = NumpyDocString(inspect.getdoc(thing) or "")
    if inspect.isclass(thing) and not doc["Examples"]:
        return  # it holds data or is raised; its fields are documented below
    notes = " ".join(doc["Notes"])
    assert re.search(r"\b[Tt]ime\b", notes) and re.search(r"\b[Mm]emory\b", notes)


@pytest.mark.parametrize(
    ("module", "thing"), COMPUTING, ids=lambda one: getattr(one, "__name__", one)
)
def test_a_class_shows_its_use_or_names_what_it_holds(module: str, thing: Any) -> None:
    if (
        inspect.isclass(thing)
        and not issubclass(thing, Exception)
        and thing is not Rule
    ):
        doc = NumpyDocString(inspect.getdoc(thing) or "")
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

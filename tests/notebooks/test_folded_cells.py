"""Code that only draws a figure is folded on the page, and a chapter opens with few imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from bookkit.reading.contents import FOLDED, chapters
from bookkit.reading.prose import checks

MOST_IMPORT_LINES = 8
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

each_chapter = pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)


class Names(ast.NodeVisitor):
    """What code reads of what was there before it, what it binds, what its functions read."""

    def __init__(self, code: str) -> None:
        self.read: set[str] = set()
        self.bound: set[str] = set()
        self.read_in_functions: set[str] = set()
        self.visit(ast.parse(code))

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        elif node.id not in self.bound:
            self.read.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._in_order(node.value, *node.targets)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.visit_Name(ast.Name(node.target.id, ast.Load()))
        self._in_order(node.value, node.target)

    def visit_For(self, node: ast.For) -> None:
        self._in_order(node.iter, node.target, *node.body, *node.orelse)

    def visit_alias(self, node: ast.alias) -> None:
        self.bound.add(node.asname or node.name.partition(".")[0])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._in_order(*node.decorator_list, node.args)
        self._run_later(node)
        self.bound.add(node.name)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._run_later(node)
        self.bound.add(node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)
        self._run_later(node)

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, COMPREHENSIONS):
            self.read |= self._outer(node) - self.bound
        else:
            super().generic_visit(node)

    def _in_order(self, *nodes: ast.AST) -> None:
        for node in nodes:
            self.visit(node)

    def _run_later(self, node: ast.AST) -> None:
        outer = self._outer(node)
        self.read_in_functions |= outer
        self.read |= outer - self.bound

    @staticmethod
    def _outer(node: ast.AST) -> set[str]:
        """The names that are read in there and belong to what lies around it."""
        own, read = set(), set()
        for inner in ast.walk(node):
            match inner:
                case ast.Name(id=name, ctx=ast.Load()):
                    read.add(name)
                case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                    own.add(name)
        return read - own


def source_of(cell: dict[str, Any]) -> list[str]:
    """The code of a cell, or the expressions that check the numbers of its text."""
    if cell["cell_type"] == "code":
        return [cell["source"]]
    return [check.expression for check in checks(cell["source"])]


def is_needed(bound: set[str], later: list[str]) -> bool:
    """Whether code that runs later reads one of the names before it is bound anew."""
    for code in later:
        names = Names(code)
        if bound & names.read:
            return True
        bound = bound - names.bound
    return False


def shows_a_figure(code: str) -> bool:
    match ast.parse(code).body[-1]:
        case ast.Expr(value=ast.Call(func=ast.Name(id="show_figure"))):
            return True
    return False


def only_draws(cells: list[dict[str, Any]], number: int) -> bool:
    """Whether a code cell ends in a figure, prints nothing and leaves nothing that is used."""
    code = cells[number]["source"]
    names = Names(code)
    before = [Names(code) for cell in cells[:number] for code in source_of(cell)]
    later = [code for cell in cells[number + 1 :] for code in source_of(cell)]
    return (
        shows_a_figure(code)
        and "print" not in names.read
        and not any(names.bound & earlier.read_in_functions for earlier in before)
        and not is_needed(names.bound, later)
    )


def misfolded(cells: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """The code cells whose tag says something else than their code."""
    for number, cell in enumerate(cells):
        if cell["cell_type"] != "code":
            continue
        is_folded = FOLDED in cell["metadata"].get("tags", [])
        if is_folded != (drawn := only_draws(cells, number)):
            yield ("fold" if drawn else "open"), cell["source"]


def imports(code: str) -> list[ast.Import | ast.ImportFrom]:
    body = ast.parse(code).body
    return [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]


def needed_once(cells: list[dict[str, Any]]) -> list[str]:
    """The imports of the first code cell that one cell needs, a later one."""
    number, first = next(
        (n, cell) for n, cell in enumerate(cells) if cell["cell_type"] == "code"
    )
    brought = {
        alias.asname or alias.name.partition(".")[0]
        for node in imports(first["source"])
        for alias in node.names
    }
    needing = [
        set().union(*(Names(code).read for code in source_of(cell)))
        for cell in cells[number + 1 :]
    ]
    used_at_once = {
        node.id
        for node in ast.walk(ast.parse(first["source"]))
        if isinstance(node, ast.Name)
    }
    return sorted(
        name
        for name in brought - used_at_once
        if sum(name in read for read in needing) < 2
    )


def cells_of(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = nbformat.read(path, as_version=4).cells
    return cells


def code_cells(*sources: str) -> list[dict[str, Any]]:
    return [{"cell_type": "code", "metadata": {}, "source": code} for code in sources]


@each_chapter
def test_a_cell_is_folded_exactly_if_it_only_draws(path: Path) -> None:
    assert list(misfolded(cells_of(path))) == []


@each_chapter
def test_a_chapter_opens_with_few_lines_of_imports(path: Path) -> None:
    first = next(cell for cell in cells_of(path) if cell["cell_type"] == "code")
    lines = [node.end_lineno - node.lineno + 1 for node in imports(first["source"])]
    assert sum(lines) <= MOST_IMPORT_LINES, first["source"]


@each_chapter
def test_an_import_that_one_cell_needs_stands_in_that_cell(path: Path) -> None:
    assert needed_once(cells_of(path)) == []


DRAWS = "from plots import plot\n\nfor ax in [1]:\n    plot(ax, x)\nshow_figure(ax)"


@pytest.mark.parametrize(
    "later",
    [
        "",
        "from plots import plot\n\nplot(2)",
        "for ax in range(3):\n    print(ax)",
        "[ax for ax in range(3)]",
        "def f(ax):\n    return ax",
    ],
)
def test_a_cell_whose_names_nobody_reads_only_draws(later: str) -> None:
    assert only_draws(code_cells("x = 1", DRAWS, later), 1)


@pytest.mark.parametrize(
    "later",
    [
        "plot(2)",
        "ax += 1",
        "print(ax for _ in range(3))",
        "def f(y):\n    return ax + y",
        "{y: ax for y in range(3)}",
    ],
)
def test_a_cell_whose_names_are_read_later_does_more(later: str) -> None:
    assert not only_draws(code_cells("x = 1", DRAWS, later), 1)


def test_a_cell_whose_names_a_checked_number_reads_does_more() -> None:
    text = {"cell_type": "markdown", "source": "It is 1<!-- = ax -->.", "metadata": {}}
    assert not only_draws([*code_cells(DRAWS), text], 0)


@pytest.mark.parametrize(
    "cells",
    [
        ["x = 1", DRAWS + "\nprint(ax)"],
        ["x = 1", DRAWS.replace("show", "print(ax)\nshow")],
        ["def f():\n    return ax", DRAWS],
    ],
)
def test_a_cell_that_prints_or_feeds_a_function_does_more(cells: list[str]) -> None:
    assert not only_draws(code_cells(*cells), 1)


def test_a_tag_that_is_missing_or_too_much_is_found() -> None:
    cells = code_cells("x = 1", DRAWS)
    assert [should for should, _ in misfolded(cells)] == ["fold"]
    for cell in cells:
        cell["metadata"]["tags"] = [FOLDED]
    assert [should for should, _ in misfolded(cells)] == ["open"]


def test_an_import_for_one_later_cell_is_found() -> None:
    first = "import a\nimport b\nimport c as d\n\nb.e"
    assert needed_once(code_cells(first, "a", "d", "d")) == ["a"]

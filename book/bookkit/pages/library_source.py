"""Reads xent_lib's public names, signatures and docstrings from its source.

Nothing is imported, so the page can be made where PyTorch, Matplotlib and the rest are
not installed. Public is what ``__all__`` names; where a module has none, every function
and class that it defines without a leading underscore. A package with ``__all__`` speaks
for the modules inside it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "xent_lib"
ROOT = Path(__file__).resolve().parents[3] / PACKAGE
_CHAPTER = re.compile(r"[Cc]hapters? (\d+)")
_NO_CHAPTER = 1000

Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Entry:
    """A public function, class, method or property."""

    kind: str
    name: str
    signature: str
    docstring: str
    members: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Module:
    """A public module, or a package that speaks for its modules."""

    name: str
    docstring: str
    entries: tuple[Entry, ...]

    @property
    def chapter(self) -> int:
        """The first chapter that its docstring names; modules without one come last."""
        return _first_chapter(self.docstring)

    @property
    def draws(self) -> bool:
        """Whether it serves the page and not the arithmetic; such modules come last."""
        return self.name.startswith((f"{PACKAGE}.plots", f"{PACKAGE}.show"))


def _first_chapter(docstring: str) -> int:
    match = _CHAPTER.search(docstring)
    return int(match.group(1)) if match else _NO_CHAPTER


def read_library(root: Path = ROOT) -> list[Module]:
    """The library's public modules with their public names, by chapter."""
    modules = []
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root).with_suffix("")
        if any(part.startswith("_") and part != "__init__" for part in relative.parts):
            continue
        module = _read_module(path, root)
        if module is not None and module.entries:
            modules.append(module)
    return sorted(
        modules, key=lambda module: (module.draws, module.chapter, module.name)
    )


def _read_module(path: Path, root: Path) -> Module | None:
    package = path.parent
    if path.name == "__init__.py" and package == root:
        return None  # it gathers what its modules define and document
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = ".".join([PACKAGE, *path.relative_to(root).with_suffix("").parts])
    listed = _listed(tree)
    if path.name == "__init__.py":
        definitions = _definitions_in_package(package) if listed else []
    else:
        speaks = package / "__init__.py"
        if package != root and _listed(ast.parse(speaks.read_text(encoding="utf-8"))):
            return None
        definitions = _definitions(tree)
    public = [
        one
        for one in definitions
        if (one.name in listed if listed is not None else not one.name.startswith("_"))
    ]
    return Module(
        name=name.removesuffix(".__init__"),
        docstring=ast.get_docstring(tree) or "",
        entries=tuple(_entry(one) for one in public),
    )


def _listed(tree: ast.Module) -> list[str] | None:
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__"
            for target in statement.targets
        ):
            return [str(name) for name in ast.literal_eval(statement.value)]
    return None


def _definitions(tree: ast.Module) -> list[Definition]:
    return [one for one in tree.body if isinstance(one, ast.FunctionDef | ast.ClassDef)]


def _definitions_in_package(package: Path) -> list[Definition]:
    trees = [
        ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(package.glob("*.py"))
    ]
    trees.sort(key=lambda tree: _first_chapter(ast.get_docstring(tree) or ""))
    return [one for tree in trees for one in _definitions(tree)]


def _entry(definition: Definition, *, in_class: bool = False) -> Entry:
    docstring = ast.get_docstring(definition) or ""
    if isinstance(definition, ast.FunctionDef):
        decorators = {ast.unparse(one) for one in definition.decorator_list}
        if in_class and decorators & {
            "property",
            "cached_property",
            "functools.cached_property",
        }:
            return Entry("property", definition.name, "", docstring)
        signature = _signature(
            definition, skip_first=in_class and "staticmethod" not in decorators
        )
        return Entry(
            "method" if in_class else "function", definition.name, signature, docstring
        )
    methods = [one for one in definition.body if isinstance(one, ast.FunctionDef)]
    return Entry(
        "class",
        definition.name,
        _class_signature(definition, methods),
        docstring,
        tuple(
            _entry(one, in_class=True)
            for one in methods
            if not one.name.startswith("_") and ast.get_docstring(one)
        ),
    )


def _class_signature(definition: ast.ClassDef, methods: list[ast.FunctionDef]) -> str:
    for method in methods:
        if method.name == "__init__":
            return _signature(method, skip_first=True)
    if any("dataclass" in ast.unparse(one) for one in definition.decorator_list):
        fields = [
            parameter
            for field in definition.body
            if isinstance(field, ast.AnnAssign)
            and (parameter := _field_parameter(field))
        ]
        return f"({', '.join(fields)})"
    return ""


def _field_parameter(field: ast.AnnAssign) -> str:
    """A dataclass field as the parameter it makes; empty where it makes none."""
    name, value = ast.unparse(field.target), field.value
    if value is None:
        return name
    if not (isinstance(value, ast.Call) and ast.unparse(value.func).endswith("field")):
        return f"{name}={ast.unparse(value)}"
    options = {one.arg: ast.unparse(one.value) for one in value.keywords}
    if options.get("init") == "False":
        return ""
    if "default_factory" in options:
        return f"{name}={options['default_factory']}()"
    return f"{name}={options['default']}" if "default" in options else name


def _signature(function: ast.FunctionDef, *, skip_first: bool) -> str:
    """The parameters with their defaults; their types stand in the docstring."""
    arguments = ast.parse(ast.unparse(function)).body[0].args  # type: ignore[attr-defined]
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for argument in [*every, arguments.vararg, arguments.kwarg]:
        if argument is not None:
            argument.annotation = None
    if skip_first:
        (arguments.posonlyargs or arguments.args).pop(0)
    return f"({ast.unparse(arguments)})"

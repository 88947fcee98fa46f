"""Joins the figures' JavaScript modules into one text, without any tool from outside.

A browser refuses ES modules from ``file://`` and anywidget takes a single module, so both get
a joined text. Each module becomes a function that is called once, in the order in which the
modules need each other; nothing but the standard library is used, because the book is built
where the rest of the library may not be installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.mjs";\n', re.MULTILINE)
_EXPORT = re.compile(
    r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE
)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_COMMENT = re.compile(r"^\s*(?://[^\n]*|/\*\*(?:[^*]|\*(?!/))*\*/)\n", re.MULTILINE)


def for_anywidget(module: str) -> str:
    """One ES module that exports what ``module`` does."""
    return f"{_joined([module])}export default $.{module}.default;\n"


def for_a_page(modules: Iterable[str]) -> str:
    """One classic script: the host and the modules that a page shows."""
    shown = sorted(modules)
    table = ", ".join(f"{name}: $.{name}.default" for name in shown)
    return (
        f"(() => {{\n{_joined([*shown, 'host'])}$.host.start({{ {table} }});\n}})();\n"
    )


def for_a_quiz() -> str:
    """One classic script that makes a form of each question of a page."""
    return f"(() => {{\n{_joined(['quiz'])}$.quiz.start();\n}})();\n"


def _joined(modules: Iterable[str]) -> str:
    order: dict[str, str] = {}
    for module in modules:
        for name, text in _needed(module, set(order)):
            order[name] = text
    return '"use strict";\nconst $ = {};\n' + "".join(order.values())


def _needed(module: str, known: set[str]) -> Iterator[tuple[str, str]]:
    """Yield ``module`` after what it imports, less what is known already."""
    if module in known:
        return
    known.add(module)
    source = (FOLDER / f"{module}.mjs").read_text(encoding="utf-8")
    for _, other in _IMPORT.findall(source):
        yield from _needed(other, known)
    yield module, _as_function(module, source)


def _as_function(module: str, source: str) -> str:
    names = ["default: $default"] if _DEFAULT.search(source) else []
    names += _EXPORT.findall(source)
    body = _IMPORT.sub(r"const {\1} = $.\2;\n", source)
    body = _DEFAULT.sub("const $default = ", _EXPORT.sub("", body))
    body = _COMMENT.sub("", body)
    return f"$.{module} = (() => {{\n{body}return {{ {', '.join(names)} }};\n}})();\n"

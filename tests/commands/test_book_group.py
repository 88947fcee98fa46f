"""Building the book needs pyproject's book group and nothing else."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def imported_by_the_library() -> set[str]:
    names = set()
    for path in (ROOT / "xent_lib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module or "")
    return {name.split(".")[0] for name in names}


def test_the_api_page_needs_no_package_that_building_does_not_install():
    # The machine that runs this test has every package, so it would not notice otherwise.
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    mocked = set(settings["sphinx"]["config"]["autodoc_mock_imports"])
    own = {"xent_lib", "numpy"} | sys.stdlib_module_names
    assert imported_by_the_library() - own <= mocked

"""A chapter as a notebook that runs away from the book's folder.

A first cell installs the library where it is missing, and links to neighbouring files,
which are not there, lead to the published book or become plain text. Outputs stay.
"""

from __future__ import annotations

import ast
import copy
import re
import sys
from collections.abc import Callable
from typing import Any

INSTALL_ID = "install-library"
LIBRARY = "xent_lib"
TORCH = "torch"
# What pip calls a module that has another name.
_DISTRIBUTION = {
    "font_source_sans_pro": "font-source-sans-pro",
    "sklearn": "scikit-learn",
}
_PLOTS = {"font_source_sans_pro", "matplotlib"}
# What parts of the library need beyond NumPy.
_PARTS_NEED = {
    "xent_lib.datasets": {"sklearn"},
    "xent_lib.explore": {"anywidget", *_PLOTS},
    "xent_lib.plots": _PLOTS,
    "xent_lib.show": _PLOTS,
    "xent_lib.torch_losses": {TORCH},
}
_RELATIVE_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s:]+)\)")

Notebook = dict[str, Any]


def _imported(code: str) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


def needed_modules(notebook: Notebook) -> list[str]:
    """Return the modules outside Python that the cells ask for, the library first.

    NumPy is not among them: it comes with the library.
    """
    modules: set[str] = set()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            modules |= _imported("".join(cell["source"]))
    for part, needs in _PARTS_NEED.items():
        if any(name == part or name.startswith(f"{part}.") for name in modules):
            modules |= needs
    outside = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names
    return [LIBRARY, *sorted(outside - {LIBRARY, "numpy"})]


def requirements(modules: list[str], library: str) -> str:
    """Return what pip is asked for: ``library`` and the packages of the other modules."""
    others = [_DISTRIBUTION.get(name, name) for name in modules if name != LIBRARY]
    return " ".join([library, *sorted(others)])


def install_cell(modules: list[str], library: str) -> dict[str, Any]:
    """Return the cell that installs ``library`` and the rest where something is missing."""
    listed = ", ".join(f'"{name}"' for name in modules)
    source = (
        "# Installs the book's library and what this chapter needs, where it is missing.\n"
        "from importlib.util import find_spec\n\n"
        f"if not all(map(find_spec, [{listed}])):\n"
        f"    %pip install --quiet {requirements(modules, library)}"
    )
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": INSTALL_ID,
        "metadata": {},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }


def turn_links(text: str, address_of: Callable[[str], str | None]) -> str:
    """Return Markdown whose links to files of the book lead to where they are published.

    Parameters
    ----------
    text : str
        The source of a Markdown cell.
    address_of : callable
        Gives a relative link's address, the empty string where the book has none, and
        None for what is no link to a file of the book.
    """

    def turned(link: re.Match[str]) -> str:
        address = address_of(link[2])
        if address is None:
            return link[0]
        return f"{link[0][: link[0].rindex('(')]}({address})" if address else link[1]

    return _RELATIVE_LINK.sub(turned, text)


def portable(
    notebook: Notebook, library: str, address_of: Callable[[str], str | None]
) -> Notebook:
    """Return a copy of ``notebook`` that runs and reads well on its own."""
    moved = copy.deepcopy(notebook)
    for cell in moved["cells"]:
        if cell["cell_type"] == "markdown":
            text = turn_links("".join(cell["source"]), address_of)
            cell["source"] = text.splitlines(keepends=True)
    moved["cells"].insert(0, install_cell(needed_modules(notebook), library))
    return moved

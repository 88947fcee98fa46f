"""Mounts interactive figures in the pages.

A cell's output carries the module's name and state beside the still picture (see
xent_lib/explore). The page gets the still inside ``<div class="explore">``, which is all that
a reader without JavaScript sees, and one classic script with the host and the modules that it
shows: a browser refuses ES modules from ``file://``. A page without such a figure loads none.

A page that is no notebook places a figure by the Python that makes it::

    ```{interactive} loss-curve
    :caption: Drag the point.
    from xent_lib.explore import LossCurve
    LossCurve([0.7, 0.2, 0.1])
    ```

The code stands under the figure. What it makes is stored in book/figures by `make refresh`,
because the book is built where the library may not be installed.

A page links to a figure in a setting by the address that *Link to this setting* copies, with
the page's source in the place of the site's address: ``../interactive.md#explore=fig-memory&
precision=bfloat16``. MyST looks for headings behind a ``#`` and would miss it.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qs, quote

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from bookkit import ROOT
from bookkit.pages.page import Page

MIME = "application/vnd.xent.explore+json"
MODULES = ROOT / "xent_lib" / "explore"
STORED = ROOT / "book" / "figures"
# What begins an address that carries a setting, and then names the figure; see host.mjs.
SHARED = "explore"
_VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


def bundler() -> ModuleType:
    """The library's joiner, loaded by its path: the library itself needs not be installed."""
    spec = importlib.util.spec_from_file_location(
        "explore_bundle", MODULES / "_bundle.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class explore(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """A still picture that a script may bring to life."""


class shared(nodes.Inline, nodes.TextElement):  # noqa: N801 (docutils names nodes so)
    """A link whose address carries a figure's setting."""


def figure_of(fragment: str) -> str:
    """The anchor that an address leads to: of one with a setting, the figure's."""
    return parse_qs(fragment).get(SHARED, [fragment])[0]


def set_settings_aside(app: Sphinx, doctree: nodes.document) -> None:
    """Let a link with a setting be resolved as one to its page."""
    for link in list(doctree.findall(addnodes.pending_xref)):
        setting = link.get("reftargetid") or ""
        if setting.startswith(f"{SHARED}="):
            link["reftargetid"] = None
            wrapper = shared(setting=setting)
            link.replace_self(wrapper)
            wrapper += link


def put_settings_back(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give the resolved link its setting again."""
    for wrapper in list(doctree.findall(shared)):
        for link in wrapper.findall(nodes.reference):
            link["refuri"] += "#" + quote(wrapper["setting"], safe="=&+,.-%")
        wrapper.replace_self(wrapper.children)


def mount(env: BuildEnvironment, cell: int, bundle: nodes.Element) -> None:
    """Wrap the picture of a cell that has a state."""
    spec = env.temp_data.get(MIME, {}).get(cell)
    if spec is not None:
        wrapper = explore(module=spec["module"], state=spec["state"])
        bundle.replace_self(wrapper)
        wrapper += bundle
        _show(env, env.docname, spec["module"])


class InteractiveDirective(SphinxDirective):
    """A figure made by the code in its body, from what is stored under its name."""

    has_content = True
    required_arguments = 1
    option_spec = {"caption": directives.unchanged_required}  # noqa: RUF012 (docutils)

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        stored = STORED / f"{name}.json"
        if not stored.is_file():
            raise self.error(
                f"no figure {name} is stored: run `make refresh`, which makes it"
            )
        for path in (stored, stored.with_suffix(".svg")):
            self.env.note_dependency(str(path))
        spec = json.loads(stored.read_text(encoding="utf-8"))
        image = nodes.image(uri=f"/book/figures/{name}.svg", alt=spec["alt"])
        image["classes"].append("plot")
        image["drawn_size"] = size_of(stored.with_suffix(".svg"))
        figure = nodes.figure(ids=[f"fig-{name}"], classes=["numbered"])
        figure += explore("", image, module=spec["module"], state=spec["state"])
        words, _ = self.state.inline_text(self.options["caption"], self.lineno)
        figure += nodes.caption("", "", *words)
        self.set_source_info(figure)
        _show(self.env, self.env.docname, spec["module"])
        code = "\n".join(self.content)
        return [figure, nodes.literal_block(code, code, language="python")]


def _show(env: BuildEnvironment, docname: str, module: str) -> None:
    shown = env.metadata[docname].setdefault(MIME, [])
    shown += [] if module in shown else [module]


def size_of(path: Path) -> tuple[float, float] | None:
    """How large a picture was drawn, where its file says so."""
    if path.suffix != ".svg" or not path.is_file():
        return None
    match = _VIEW_BOX.search(path.read_text(encoding="utf-8")[:2000])
    return (float(match[1]), float(match[2])) if match else None


def take_states(app: Sphinx, docname: str, content: list[str]) -> None:
    """Set a notebook's states aside, because MyST-NB warns of types that it does not know."""
    app.env.temp_data[MIME] = {}
    if MIME not in content[0]:
        return
    notebook = json.loads(content[0])
    for index, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", []):
            spec = output.get("data", {}).pop(MIME, None)
            if spec is not None:
                app.env.temp_data[MIME][index] = spec
    content[0] = json.dumps(notebook)


def open_figure(self: HTML5Translator, node: nodes.Element) -> None:
    """Begin the part of the page that the script takes over."""
    state = json.dumps(node["state"], ensure_ascii=False, separators=(",", ":"))
    attributes = {"data-module": node["module"], "data-state": state}
    self.body.append(self.starttag(node, "div", CLASS="explore", **attributes))


def close_figure(self: HTML5Translator, node: nodes.Element) -> None:
    """End it."""
    self.body.append("</div>\n")


def _script(modules: list[str]) -> str:
    return f"explore-{'-'.join(sorted(modules))}.js"


def fill(page: Page) -> None:
    """Name the script and the style of a page that shows such figures."""
    modules = page.app.env.metadata.get(page.name, {}).get(MIME)
    if modules:
        page.also("page_styles", "explore.css")
        page.also("page_scripts", _script(modules))


def write(app: Sphinx, out: Path) -> None:
    """Write every page's script, also where only a module has changed and no page."""
    shown = [found[MIME] for found in app.env.metadata.values() if MIME in found]
    if shown:
        shutil.copyfile(MODULES / "explore.css", out / "_static" / "explore.css")
    for modules in shown:
        text = bundler().for_a_page(modules)
        (out / "_static" / _script(modules)).write_text(text, encoding="utf-8")

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
"""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from bookkit import ROOT
from bookkit.pages.figures import size_of

MIME = "application/vnd.xent.explore+json"
MODULES = ROOT / "xent_lib" / "explore"
STORED = ROOT / "book" / "figures"


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


class MountFigures(SphinxTransform):
    """Wrap the pictures whose cell has a state; after BuildFigures."""

    default_priority = 710

    def apply(self, **kwargs: Any) -> None:
        found = self.env.temp_data.get(MIME, {})
        for cell in list(self.document.findall(_is_code_cell)):
            spec = found.get(cell["cell_index"])
            if spec is None:
                continue
            for bundle in list(cell.findall(_is_bundle)):
                wrapper = explore(module=spec["module"], state=spec["state"])
                bundle.replace_self(wrapper)
                wrapper += bundle
                _shown(self.env).setdefault(self.env.docname, set()).add(spec["module"])


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
        _shown(self.env).setdefault(self.env.docname, set()).add(spec["module"])
        code = "\n".join(self.content)
        return [figure, nodes.literal_block(code, code, language="python")]


def _shown(env: BuildEnvironment) -> dict[str, set[str]]:
    """The modules that each page shows."""
    if not hasattr(env, "interactive_figures"):
        env.interactive_figures = {}  # type: ignore[attr-defined]
    shown: dict[str, set[str]] = env.interactive_figures  # type: ignore[attr-defined]
    return shown


def _forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _shown(env).pop(docname, None)


def _merge(
    app: Sphinx, env: BuildEnvironment, docnames: list[str], other: BuildEnvironment
) -> None:
    _shown(env).update(
        {name: _shown(other)[name] for name in docnames if name in _shown(other)}
    )


def _is_code_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Element) and node.get("nb_element") == "cell_code"


def _is_bundle(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Element) and node.get("nb_element") == "mime_bundle"


def _take_states(app: Sphinx, docname: str, content: list[str]) -> None:
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


def _open(self: HTML5Translator, node: nodes.Element) -> None:
    state = json.dumps(node["state"], ensure_ascii=False, separators=(",", ":"))
    attributes = {"data-module": node["module"], "data-state": state}
    self.body.append(self.starttag(node, "div", CLASS="explore", **attributes))


def _close(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append("</div>\n")


def _pass(self: nodes.NodeVisitor, node: nodes.Element) -> None:
    """Other formats show the still."""


def script_name(modules: set[str]) -> str:
    return f"explore-{'-'.join(sorted(modules))}.js"


def _add_script(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    modules = _shown(app.env).get(pagename)
    if modules:
        context["page_styles"] = [*context.get("page_styles", []), "explore.css"]
        context["page_scripts"] = [
            *context.get("page_scripts", []),
            script_name(modules),
        ]


def _write_scripts(app: Sphinx, exception: Exception | None) -> None:
    """Write every page's script, also where only a module has changed and no page."""
    if exception is not None or app.builder.format != "html" or not _shown(app.env):
        return
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(MODULES / "explore.css", static / "explore.css")
    join = bundler()
    for modules in _shown(app.env).values():
        text = join.for_a_page(modules)
        (static / script_name(modules)).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    passed = (_pass, _pass)
    app.add_node(explore, html=(_open, _close), latex=passed, text=passed)
    app.add_directive("interactive", InteractiveDirective)
    app.add_transform(MountFigures)
    app.connect("source-read", _take_states)
    # After site_theme, which names the page's other styles and scripts.
    app.connect("html-page-context", _add_script, priority=900)
    app.connect("build-finished", _write_scripts)
    app.connect("env-purge-doc", _forget)
    app.connect("env-merge-info", _merge)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

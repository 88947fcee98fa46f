r"""Mathematics rendered while the book is built: KaTeX in one Node process.

The page carries HTML for the eye and MathML for a screen reader, and no script. A
formula that KaTeX refuses fails the build, named by page and source. A display
formula with ``\tag{3.2}`` gets the anchor ``eq-3-2`` and a permalink. Formulas of
several parts are laid out by ``formula_layout``.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from functools import partial
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from bookkit.machine.node_packages import NODE_MODULES, ensure_installed, node_command
from bookkit.mathematics import mathml
from bookkit.mathematics.formula_breaks import with_fewer_breaks
from bookkit.mathematics.formula_layout import laid_out

LOGGER = logging.getLogger(__name__)
RENDERER = "katex_at_build_time"
_SCRIPT = Path(__file__).with_name("katex_lines.mjs")
_TAG = re.compile(r"\\tag\*?\{([^{}]+)\}")


class Formulas:
    """Renders formulas and remembers them from one build to the next."""

    def __init__(self, cache_file: Path) -> None:
        self._cache_file = cache_file
        self._process: subprocess.Popen[str] | None = None
        self._edition = ""
        self._known: dict[str, str] = {}
        self._changed = False

    def visit_inline(self, writer: HTML5Translator, node: nodes.Element) -> None:
        """Set a formula of the running text."""
        writer.body.append(self._set(node, display=False))
        raise nodes.SkipNode

    def visit_block(self, writer: HTML5Translator, node: nodes.Element) -> None:
        """Set a formula that stands alone, with its anchor and its permalink."""
        html = self._set(node, display=True)
        tag = equation_tag(node.astext())
        anchor = equation_id(tag) if tag else (node.get("ids") or [""])[0]
        attribute = f' id="{anchor}"' if anchor else ""
        link = (
            f'<a class="headerlink" href="#{anchor}" '
            f'aria-label="Link to equation {escape(tag)}">#</a>'
            if tag
            else ""
        )
        writer.body.append(
            f'<div class="formula"{attribute}><div class="formula-scroll">{html}</div>'
            f"{link}</div>\n"
        )
        raise nodes.SkipNode

    def _set(self, node: nodes.Element, *, display: bool) -> str:
        tex = node.astext().strip()
        if display and r"\\" in tex and r"\begin{" not in tex:
            # Docstrings write several lines as reStructuredText's math directive does.
            tex = r"\begin{gathered}" + tex + r"\end{gathered}"
        try:
            inline = partial(self.html, display=False)
            if display and (html := laid_out(tex, inline)):
                return html
            return self.html(tex, display=display)
        except ValueError as error:
            words = "KaTeX refuses the formula %r: %s"
            LOGGER.warning(words, tex, error, location=node, type="katex")
            return f"<code>{escape(tex)}</code>"

    def open(self, *_: object) -> None:
        """Find the packages, and what an earlier build has rendered with them."""
        packages = ensure_installed()
        manifest = packages / "katex" / "package.json"
        mending = Path(mathml.__file__)
        sources = b"".join(p.read_bytes() for p in (manifest, _SCRIPT, mending))
        self._edition = hashlib.sha256(sources).hexdigest()
        try:
            stored = json.loads(self._cache_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            stored = {}
        if stored.get("edition") == self._edition:
            self._known = stored["formulas"]

    def html(self, tex: str, *, display: bool) -> str:
        """The HTML and MathML of one formula; ValueError when KaTeX refuses it."""
        key = f"{'D' if display else 'I'}{tex}"
        if key not in self._known:
            self._known[key] = mathml.with_fitting_children(self._ask(tex, display))
            self._changed = True
        return with_fewer_breaks(self._known[key])

    def close(self, *_: object) -> None:
        """Let Node go, and store what it rendered."""
        if self._process is not None:
            assert self._process.stdin and self._process.stdout
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()
            self._process = None
        if self._changed:
            text = json.dumps({"edition": self._edition, "formulas": self._known})
            partial = self._cache_file.with_suffix(".partial")
            partial.write_text(text, encoding="utf-8")
            partial.replace(self._cache_file)
            self._changed = False

    def _ask(self, tex: str, display: bool) -> str:
        if self._process is None:
            self._process = subprocess.Popen(
                [*node_command(), str(_SCRIPT), str(NODE_MODULES)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ExtensionError("Node ended early while rendering formulas.")
        answer = json.loads(line)
        if "error" in answer:
            raise ValueError(answer["error"])
        return str(answer["html"])


def equation_tag(tex: str) -> str | None:
    """The text of a formula's ``\\tag``, or None."""
    match = _TAG.search(tex)
    return match.group(1) if match else None


def equation_id(tag: str) -> str:
    """The anchor of a tagged formula: ``3.2`` gives ``eq-3-2``."""
    return "eq-" + re.sub(r"[^0-9A-Za-z]+", "-", tag).strip("-").lower()

"""Sets Markdown, formulas and code as HTML, in the form that the site gives them."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from bookkit.mathematics.formula_layout import laid_out, signs
from bookkit.mathematics.katex import Formulas
from bookkit.mathematics.typography import CLOSING, FITS_A_PHONE, OPENING
from bookkit.reading.checked_numbers import without_checks

# Where a link may lead: to the site's pages, seen from the folder of the decks.
_KEPT_LINKS = ("../book/", "../notebooks/")
_LONG_FORMULA = 45  # signs
_LONG_CODE, _WIDE_CODE = 11, 76  # lines, characters a line
_HIGHLIGHTED: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


class Words:
    """Sets what a deck says; its formulas are remembered in ``cache`` between builds."""

    def __init__(self, cache: Path) -> None:
        self._formulas = Formulas(cache)
        self._formulas.open()
        self._markdown = MarkdownIt("commonmark", {"typographer": True, "html": True})
        self._markdown.enable(["table", "smartquotes"])
        self._markdown.use(dollarmath_plugin, allow_digits=True)
        rules: dict[str, Any] = {
            "math_inline": self._inline,
            "math_block": self._block,
            "text": _text,
            "link_open": _link,
            "link_close": _link,
            "fence": _fence,
            "table_open": _table,
            "table_close": _table,
        }
        renderer = self._markdown.renderer
        assert isinstance(renderer, RendererHTML)
        renderer.rules.update(rules)

    def close(self) -> None:
        """Store the formulas."""
        self._formulas.close()

    @functools.cache  # noqa: B019 (one for a build)
    def page(self, markdown: str) -> str:
        """Set paragraphs, lists and tables."""
        rendered: str = self._markdown.render(without_checks(markdown))
        return rendered

    def line(self, markdown: str) -> str:
        """Set a line that stands in something else, a heading say."""
        rendered: str = self._markdown.renderInline(without_checks(markdown))
        return rendered

    def formula(self, tex: str) -> str:
        """Set a formula that stands alone."""
        inline = partial(self._formulas.html, display=False)
        body = laid_out(tex, inline) or self._formulas.html(tex, display=True)
        size = "formula long" if signs(tex) > _LONG_FORMULA else "formula"
        return f'<div class="{size}"><div class="formula-scroll">{body}</div></div>\n'

    def _inline(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        tex = tokens[at].content.strip()
        formula = self._formulas.html(tex, display=False)
        before = _marks(OPENING, tokens, at - 1)
        after = _marks(CLOSING, tokens, at + 1)
        if not before and not after:
            return formula
        size = "kept long" if signs(tex) > FITS_A_PHONE else "kept"
        return f'<span class="{size}">{before}{formula}{after}</span>'

    def _block(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        return self.formula(tokens[at].content.strip())


def _marks(marks: re.Pattern[str], tokens: Sequence[Token], at: int) -> str:
    """The marks of a text that touch the formula beside it."""
    there = 0 <= at < len(tokens) and tokens[at].type == "text"
    found = marks.search(tokens[at].content) if there else None
    return html.escape(found[0]) if found else ""


def _is_formula(tokens: Sequence[Token], at: int) -> bool:
    return 0 <= at < len(tokens) and tokens[at].type == "math_inline"


def _text(tokens: Sequence[Token], at: int, *_: Any) -> str:
    words = tokens[at].content
    # What touches a formula stands in one box with it, so that no line begins with a comma.
    if _is_formula(tokens, at - 1):
        words = CLOSING.sub("", words)
    if _is_formula(tokens, at + 1):
        words = OPENING.sub("", words)
    return html.escape(words).replace(" %", "\u202f%")


def _link(tokens: Sequence[Token], at: int, *_: Any) -> str:
    """Keep a link into the site; of another its words are left."""
    opening = at
    while tokens[opening].level != tokens[at].level or (
        tokens[opening].type != "link_open"
    ):
        opening -= 1
    target = str(tokens[opening].attrGet("href"))
    if not target.startswith(_KEPT_LINKS):
        return ""
    return f'<a href="{html.escape(target)}">' if opening == at else "</a>"


def _fence(tokens: Sequence[Token], at: int, *_: Any) -> str:
    source, language = tokens[at].content, tokens[at].info
    return code(source) if language == "python" else output(source)


def _table(tokens: Sequence[Token], at: int, *_: Any) -> str:
    opens = tokens[at].nesting == 1
    return '<div class="table-scroll"><table>\n' if opens else "</table></div>\n"


def code(source: str) -> str:
    """Set Python."""
    coloured = highlight(source.strip("\n"), PythonLexer(), _HIGHLIGHTED).rstrip("\n")
    return _pre(coloured, source)


def output(text: str) -> str:
    """Set what a cell has printed."""
    return _pre(html.escape(text.rstrip()), text, " printed")


def _pre(content: str, source: str, more: str = "") -> str:
    lines = source.strip("\n").splitlines() or [""]
    if len(lines) > _LONG_CODE or max(map(len, lines)) > _WIDE_CODE:
        more += " small"
    return f'<div class="highlight{more}"><pre>{content}</pre></div>\n'

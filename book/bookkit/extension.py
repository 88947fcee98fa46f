"""When Sphinx lets each room act: every event, and who acts at it in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookkit.mathematics import katex, typography
from bookkit.pages import (
    address,
    anatomy,
    changes,
    chapter_map,
    content_policy,
    definitions,
    fonts,
    foot,
    interactive,
    library,
    permalinks,
    questions,
    quizzes,
    theme,
)
from bookkit.pages.code_box import boxes
from bookkit.pages.page import Page, changed
from bookkit.reading import checked_numbers
from bookkit.search import genindex, index
from bookkit.slides import decks
from bookkit.take_away import downloads, offers

# Each may use what those before it have put into the page's context.
FILL: tuple[Callable[[Page], None], ...] = (
    address.fill,
    downloads.fill,
    foot.fill,
    changes.fill,
    permalinks.fill,
    genindex.fill,
    theme.fill,
    interactive.fill,
    boxes.fill,
    quizzes.fill,
    definitions.fill,
)
# The fonts come last: they hold the signs of everything that was written.
WRITE: tuple[Callable[[Sphinx, Path], None], ...] = (
    interactive.write,
    boxes.write,
    quizzes.write,
    downloads.write,
    index.write,
    address.write,
    offers.write,
    foot.write,
    changes.write,
    content_policy.write,
    decks.write,
    fonts.write,
)


def _outdated(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write again the pages that show what other pages say."""
    if app.builder.format != "html":
        return []
    everywhere = [
        changed(env, "navigation", repr(theme.parts_of_book(app))),
        changed(env, "definitions", definitions.definitions(env)),
        changed(env, "changes", changes.state()),
    ]
    new_map = changed(env, "chapter map", chapter_map.read_map(env))
    new_offers = changed(env, "offers", offers.offers(offers.made(app)))
    if any(everywhere):
        return sorted(env.found_docs)
    written = {app.config.root_doc} if new_map or new_offers else set()
    if new_offers and offers.SHEET_PAGE in env.found_docs:
        written.add(offers.SHEET_PAGE)
    return sorted(written)


def _made_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    yield "search", {"title": "Search"}, "search.html"
    yield from address.not_found(app)


def _fill(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    for fill in FILL:
        fill(Page(app, pagename, context, doctree))


def _write(app: Sphinx, exception: Exception | None) -> None:
    made = exception is None and app.builder.format == "html"
    for write in WRITE if made else ():
        write(app, Path(app.outdir))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything."""
    formulas = katex.Formulas(Path(app.doctreedir).parent / ".formulas.json")
    app.add_html_theme("xent", str(theme.TEMPLATES))
    app.add_html_math_renderer(
        katex.RENDERER, (formulas.visit_inline, None), (formulas.visit_block, None)
    )
    app.add_node(
        interactive.explore, html=(interactive.open_figure, interactive.close_figure)
    )
    app.add_node(boxes.code_box, html=(boxes.open_box, boxes.close_box))
    app.add_node(
        quizzes.quiz_question,
        html=(quizzes.open_question, quizzes.close_question),
    )
    app.add_node(
        HideCodeCellNode,
        override=True,
        html=(anatomy.open_fold, anatomy.close_fold),
    )
    app.add_directive("interactive", interactive.InteractiveDirective)
    app.add_directive("questions", questions.QuestionsDirective)
    app.add_directive("code-box", boxes.CodeBoxDirective)
    app.add_transform(anatomy.Anatomy)
    app.add_post_transform(typography.BindPunctuation)
    # Jupyter Book sets this one for an extension that this book leaves out.
    app.add_config_value("comments_config", {}, "")
    acts: tuple[tuple[str, Callable[..., Any]], ...] = (
        ("config-inited", address.check),
        ("builder-inited", formulas.open),
        ("builder-inited", index.switch_off_sphinx_search),
        ("env-get-outdated", library.outdated),
        ("source-read", changes.fill_list),
        ("source-read", checked_numbers.clean_source),
        ("source-read", interactive.take_states),
        ("source-read", library.fill),
        ("source-read", decks.link),
        ("autodoc-process-signature", library.signature),
        ("doctree-read", questions.keep_anchors),
        ("doctree-read", interactive.set_settings_aside),
        ("env-updated", _outdated),
        ("doctree-resolved", chapter_map.draw),
        ("doctree-resolved", definitions.link),
        ("doctree-resolved", interactive.put_settings_back),
        ("doctree-resolved", offers.fill),
        ("doctree-resolved", theme.finish),
        ("html-collect-pages", _made_pages),
        ("html-page-context", _fill),
        ("build-finished", formulas.close),
        ("build-finished", _write),
    )
    for event, act in acts:
        app.connect(event, act)
    return {"parallel_read_safe": True, "parallel_write_safe": False}

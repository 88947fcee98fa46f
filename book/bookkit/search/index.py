"""The book's search: what is found, written for the page that finds it.

Each section is an entry of its own: a chapter's part, a glossary term, a question, a
function of the library, with what readers ask for it in other words (``asked.py``). The
entries carry their text, so that excerpts are shown from a folder too, where a page may not
read its neighbours. Sphinx's own index knows pages only
and ranks a mention above a definition, so it is switched off; its stemmer is kept.
Everything lies in scripts that only the search page loads, on first use.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.search.en import SearchEnglish

from bookkit.machine.node_packages import NODE_MODULES
from bookkit.mathematics.plain_math import plain_text
from bookkit.reading.contents import chapter_number
from bookkit.search import asked

GLOSSARY, QUESTIONS, CHANGES = "book/glossary", "book/faq/", "book/changes"
ALSO_CALLED = Path(__file__).with_name("also_called.toml")
_ENTRY_DEPTH = 3
_IDENTIFIER = re.compile(r"[A-Za-z_][\w.]*")
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def other_names() -> dict[str, list[str]]:
    """What else a term of the glossary is called, by its anchor."""
    return tomllib.loads(ALSO_CALLED.read_text(encoding="utf-8"))


def entries(app: Sphinx) -> Iterator[dict[str, str]]:
    """What can be found, page by page in reading order."""
    names = other_names()
    for docname in sorted(app.env.found_docs):
        doctree = app.env.get_doctree(docname)
        title = app.env.titles[docname].astext()
        number = chapter_number(docname)
        place = f"Chapter {int(number)}, {title}" if number else title
        for section in doctree.findall(nodes.section):
            if docname == CHANGES and _depth(section) > 1:
                continue  # says which page changed, in words of that page
            yield _section_entry(app, docname, section, place, names)
        for description in doctree.findall(addnodes.desc):
            entry = _function_entry(app, docname, description)
            if entry is not None:
                yield entry


def _section_entry(
    app: Sphinx,
    docname: str,
    section: nodes.section,
    place: str,
    names: dict[str, list[str]],
) -> dict[str, str]:
    depth = _depth(section)
    anchor = section["ids"][0]
    kind = "section"
    if depth == 1:
        kind = "chapter" if chapter_number(docname) else "page"
    elif depth == _ENTRY_DEPTH and docname == GLOSSARY:
        kind = "term"
    elif depth == _ENTRY_DEPTH and docname.startswith(QUESTIONS):
        kind = "question"
    text, code = _own_words(_answer(section) if kind == "question" else section)
    entry = {
        "kind": kind,
        "title": plain_text(section[section.first_child_matching_class(nodes.title)]),
        "place": "" if depth == 1 and kind == "page" else place,
        "href": app.builder.get_target_uri(docname)
        + ("" if depth == 1 else f"#{anchor}"),
        "text": text,
        "code": code,
    }
    if kind == "term" and anchor in names:
        entry["also"] = "; ".join(names[anchor])
    return entry


def _function_entry(
    app: Sphinx, docname: str, description: addnodes.desc
) -> dict[str, str] | None:
    signature = description.next_node(addnodes.desc_signature)
    if signature is None or not signature["ids"]:
        return None
    body = description.next_node(addnodes.desc_content)
    text, code = _own_words(body) if body is not None else ("", "")
    anchor = signature["ids"][0]
    return {
        "kind": "function",
        "title": anchor.rsplit(".", 1)[-1],
        "place": anchor.rsplit(".", 1)[0],
        "href": f"{app.builder.get_target_uri(docname)}#{anchor}",
        "text": text,
        "code": code,
    }


def _depth(section: nodes.Node | None) -> int:
    depth = 0
    while section is not None:
        depth += isinstance(section, nodes.section)
        section = section.parent
    return depth


def _answer(question: nodes.section) -> nodes.section:
    """The section that answers a question: the first from there on with more than a title."""
    siblings = question.parent.children
    following = siblings[siblings.index(question) :]
    return next(
        (one for one in following if any(_blocks(one))),
        question,
    )


def _own_words(node: nodes.Element) -> tuple[str, str]:
    """The text of a section without its subsections, and the names in its code."""
    text: list[str] = []
    names: dict[str, None] = {}
    for child in _blocks(node):
        if isinstance(child, nodes.literal_block):
            names.update(dict.fromkeys(_IDENTIFIER.findall(child.astext())))
        else:
            text.append(plain_text(child))
    return " ".join(" ".join(text).split()), " ".join(names)


def _blocks(node: nodes.Element) -> Iterator[nodes.Element]:
    for child in node.children:
        if isinstance(child, nodes.section | nodes.title | addnodes.desc | nodes.Text):
            continue
        if not isinstance(child, nodes.Element) or isinstance(child, nodes.comment):
            continue
        # What a cell printed repeats the text beside it or stands for a picture, and a list
        # of questions repeats their titles.
        if child.get("nb_element") in ("cell_code_output", "mime_bundle"):
            continue
        if "questions" in child["classes"]:
            continue
        if isinstance(child, nodes.TextElement) or not child.children:
            yield child
        else:
            yield from _blocks(child)


def _script(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write(app: Sphinx, out: Path) -> None:
    """Write the entries, and the engine that looks them up."""
    static = out / "_static"
    found = list(entries(app))
    phrasings = asked.read((entry["href"] for entry in found), Path(app.srcdir))
    packed = asked.pack([phrasings.get(entry["href"], []) for entry in found])
    (static / "search-entries.js").write_text(
        f"globalThis.bookEntries = {_script(found)};\n"
        f"globalThis.bookAsked = {_script(packed)};\n",
        encoding="utf-8",
    )
    library = NODE_MODULES / "minisearch" / "dist" / "umd" / "index.js"
    engine = _SOURCE_MAP.sub("", library.read_text(encoding="utf-8"))
    stemmer = SearchEnglish({}).js_stemmer_code
    (static / "search-engine.js").write_text(f"{stemmer};\n{engine}", encoding="utf-8")


def switch_off_sphinx_search(app: Sphinx) -> None:
    """Write no index of Sphinx's own."""
    if isinstance(app.builder, StandaloneHTMLBuilder):
        app.builder.search = False

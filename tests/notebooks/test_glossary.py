"""A term of the glossary is taught in the chapters that its entry names, under its own name."""

import json
import re
import tomllib

import pytest

from bookkit.reading.contents import ROOT, chapters

GLOSSARY = (ROOT / "book" / "glossary.md").read_text("utf-8")
ALSO_CALLED = tomllib.loads(
    (ROOT / "book/bookkit/search/also_called.toml").read_text("utf-8")
)
CHAPTERS = {path.name: path for path in chapters()}
LAST_PART = "## Where to go next"

_ENTRY = re.compile(r"^### ([^\n]+)\n(.*?)(?=^#{2,3} |\Z)", re.MULTILINE | re.DOTALL)
_TAUGHT = re.compile(r"^Taught in (.*?)\.(?: See also|$)", re.MULTILINE)
_TERM_LINK = re.compile(r"\[([^\]]+)\]\([^)]*glossary\.md#([\w-]+)\)")
_NOT_PROSE = re.compile(
    r"<!--.*?-->|```.*?```|`[^`]*`|\$[^$]*\$|\]\([^)]*\)", re.DOTALL
)


def anchor_of(title):
    return re.sub(r"[^\w-]", "", title.lower().replace(" ", "-"))


def text_of(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return "\n".join(
        "".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"
    )


def names(title, chapter):
    """What a chapter may call a term: its title, its other names, the word it links."""
    anchor = anchor_of(title)
    linked = [word for word, to in _TERM_LINK.findall(chapter) if to == anchor]
    return [title, *ALSO_CALLED.get(anchor, []), *linked]


def uses(chapter, called):
    """Whether a chapter's running text, before its list of links, has one of the names."""
    running = _NOT_PROSE.sub(" ", chapter.partition(LAST_PART)[0]).replace("*", "")
    return any(
        re.search(
            rf"(?<![\w-]){re.escape(name)}(?:s|es)?(?![\w-])", running, re.IGNORECASE
        )
        for name in called
    )


TAUGHT = [
    (title, chapter)
    for title, body in _ENTRY.findall(GLOSSARY)
    for taught in _TAUGHT.findall(body)
    for chapter in re.findall(r"notebooks/(\w+\.ipynb)", taught)
]


@pytest.mark.parametrize(("title", "chapter"), TAUGHT)
def test_a_chapter_that_teaches_a_term_uses_its_name(title, chapter):
    text = text_of(CHAPTERS[chapter])
    assert uses(text, names(title, text)), (
        f"{chapter} nowhere says {names(title, text)}"
    )


def test_most_terms_are_taught_in_a_chapter():
    assert len({title for title, _ in TAUGHT}) > len(_ENTRY.findall(GLOSSARY)) / 2


def test_a_name_in_the_list_of_links_alone_is_not_a_use():
    chapter = f"Of rain and sun.\n\n{LAST_PART}\n\n[odds](../book/glossary.md#odds)"
    assert not uses(chapter, names("Odds", chapter))
    assert uses(f"The *odds* are 3. {chapter}", names("Odds", chapter))
    assert not uses(f"`odds` and $odds$ {chapter}", names("Odds", chapter))

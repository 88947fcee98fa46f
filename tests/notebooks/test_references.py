"""Every source is cited where the references say what came from where, the library's too."""

import re

from _tools.chapters import ROOT

SOURCES = (ROOT / "book" / "references.bib").read_text("utf-8")
PAGE = (ROOT / "book" / "references.md").read_text("utf-8")


def test_every_source_is_said_to_be_used_somewhere():
    listed = set(re.findall(r"^@\w+\{(\w+),", SOURCES, re.MULTILINE))
    assert set(re.findall(r"\{cite:t\}`(\w+)`", PAGE)) == listed


def test_every_source_of_a_docstring_is_among_the_references():
    known = set(re.findall(r"doi = \{(\S+)\}", SOURCES))
    used = {
        doi
        for path in sorted((ROOT / "xent_lib").rglob("*.py"))
        for doi in re.findall(r"doi:(10\.\S+)", path.read_text("utf-8"))
    }
    assert used and used <= known

"""Every source is cited where the references say what came from where, the library's too."""

import json
import re
import unicodedata

import pytest

from bookkit.reading.contents import ROOT, chapters, pages

SOURCES = (ROOT / "book" / "references.bib").read_text("utf-8")
PAGE = (ROOT / "book" / "references.md").read_text("utf-8")

_ENTRY = re.compile(
    r"^@\w+\{(?P<key>\w+),\n(?P<fields>.*?)^\}", re.MULTILINE | re.DOTALL
)
_FIELD = re.compile(r"^  (\w+) = \{(.*)\},?$", re.MULTILINE)
_IN_DOCSTRING = re.compile(
    r"^ +\.\. \[\d+\] (?P<source>.+?)(?=\n\n)", re.MULTILINE | re.DOTALL
)
_NOT_PROSE = re.compile(
    r"<!--.*?-->|```.*?```|`[^`]*`|\$[^$]*\$|\]\([^)]*\)", re.DOTALL
)
_YEAR = re.compile(r"(?<![\d.,-])(?:18|19|20)\d\d(?![\d-]|[.,]\d)")
_END = re.compile(r"[.?!](?=\s|$)|\n")


def plain(name):
    """Letters without accents."""
    letters = unicodedata.normalize("NFD", name)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


ENTRIES = {
    match["key"]: dict(_FIELD.findall(match["fields"]))
    for match in _ENTRY.finditer(SOURCES)
}
SURNAMES = {
    key: [
        re.sub(r"[{}\\\"']", "", author.partition(",")[0])  # TeX's marks for accents
        for author in entry["author"].split(" and ")
    ]
    for key, entry in ENTRIES.items()
}


def entry_named(words, year):
    """The entries of a year one of whose authors is named."""
    return [
        key
        for key, names in SURNAMES.items()
        if ENTRIES[key]["year"] == year
        and any(re.search(rf"\b{name}\b", plain(words)) for name in names)
    ]


def docstring_sources():
    for path in sorted((ROOT / "xent_lib").rglob("*.py")):
        for match in _IN_DOCSTRING.finditer(path.read_text("utf-8")):
            yield path.name, " ".join(match["source"].split())


def dated_sentences(path):
    """Sentences with a year, but for those of the running text's code, formulas and links."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n".join(
            "".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"
        )
    for sentence in _END.split(_NOT_PROSE.sub("", text)):
        if _YEAR.search(sentence):
            yield sentence.strip()


def unknown(sentence):
    """The years of a sentence that no entry of an author named in it has."""
    return [y for y in _YEAR.findall(sentence) if not entry_named(sentence, y)]


def test_every_source_is_said_to_be_used_somewhere():
    assert set(re.findall(r"\{cite:t\}`(\w+)`", PAGE)) == set(ENTRIES)


def test_every_entry_is_read_with_its_author_title_and_year():
    assert len(ENTRIES) == SOURCES.count("\n@") + 1
    for key, entry in ENTRIES.items():
        assert {"author", "title", "year"} <= set(entry), key
        surname = SURNAMES[key][0].lower().replace("-", "")
        assert re.fullmatch(rf"{surname}{entry['year']}b?", key)


def test_no_source_is_listed_twice():
    for field in ("title", "doi", "eprint"):
        found = [entry[field].lower() for entry in ENTRIES.values() if field in entry]
        assert len(found) == len(set(found)), field


@pytest.mark.parametrize(("place", "source"), list(docstring_sources()))
def test_every_source_of_a_docstring_is_among_the_references(place, source):
    year = re.search(r"\((\d{4})\)\.", source)[1]
    (key,) = entry_named(source.partition(",")[0], year)[:1] or [None]
    assert key, f"{place}: {source}"
    entry = ENTRIES[key]
    for mark, field in (("doi:", "doi"), ("arXiv:", "eprint")):
        for number in re.findall(rf"{mark}(\S+)", source):
            assert entry.get(field) == number, f"{place}: {source}"


def test_the_docstrings_of_the_library_name_sources():
    assert len({place for place, _ in docstring_sources()}) > 10


@pytest.mark.parametrize(
    "path",
    [*chapters(), *(page for page in pages() if page.stem in ("glossary", "notation"))],
    ids=lambda path: path.stem,
)
def test_every_source_named_in_a_chapter_is_among_the_references(path):
    assert [s for s in dated_sentences(path) if unknown(s)] == []


@pytest.mark.parametrize(
    ("sentence", "years"),
    [
        ("Joseph Berkson coined the word in 1944", []),
        ("This is its inequality (Kraft 1949, in the references)", []),
        ("Joseph Berkson coined the word in 1945", ["1945"]),
        ("Nobody in particular said so in 1944", ["1944"]),
        ("of 1,944 examples 1944.5 are counted and 0.1944", []),
    ],
)
def test_a_year_belongs_to_an_author_who_is_listed(sentence, years):
    assert unknown(sentence) == years

"""Chapters as files: complete, portable, minimal."""

import ast
import json
import re

import nbformat
import pytest

import xent_lib.explore
from bookkit.commands.refresh import KERNEL
from bookkit.reading.contents import NOTEBOOKS, ROOT, chapters, entries, pages
from xent_lib.explore._base import MIME

CHAPTERS = chapters()
MYST_ONLY = re.compile(
    r"^(?:`{3,}|:{3,})\{|\{(?:term|ref|eq|numref|cite\w*|doc|abbr|math|index)\}`|^\([\w-]+\)=",
    re.MULTILINE,
)
HTML = re.compile(r"<(?!!--)/?[A-Za-z][^>]*>")
CODE_OR_MATH = re.compile(
    r"^(```+|~~~+).*?^\1|`[^`]+`|\$\$.*?\$\$|\$[^$]+\$", re.M | re.S
)
ANATOMY = [
    "You will be able to",
    "Predict first",
    "Common mistakes",
    "Summary",
    "Where to go next",
]

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def markdown(path):
    return [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def is_interactive(cell):
    last = ast.parse(cell.source).body[-1]
    match last:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name in xent_lib.explore.__all__
    return False


def test_the_folder_holds_the_chapters_of_the_table_of_contents_and_no_others():
    assert sorted(NOTEBOOKS.glob("*.ipynb")) == sorted(CHAPTERS)
    assert len(CHAPTERS) == len(set(CHAPTERS))


def test_every_page_of_the_table_of_contents_exists():
    assert [page for page in pages() if not page.is_file()] == []
    assert len(list(entries())) == len(CHAPTERS) + len(pages())


@each_chapter
def test_a_chapter_is_valid_and_carries_no_needless_metadata(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata == {"kernelspec": KERNEL}
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}


@each_chapter
def test_a_chapter_was_stored_from_a_fresh_kernel(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@each_chapter
def test_markdown_is_portable(path):
    for source in markdown(path):
        assert MYST_ONLY.findall(source) == []
        assert HTML.findall(CODE_OR_MATH.sub("", source)) == []


@each_chapter
def test_a_chapter_has_the_anatomy_of_every_chapter(path):
    sources = markdown(path)
    assert sources[0].startswith("# ")
    headings = re.findall(r"^## (.+)$", "\n".join(sources), re.MULTILINE)
    assert [heading for heading in headings if heading in ANATOMY] == ANATOMY


@each_chapter
def test_the_summary_has_five_lines(path):
    (summary,) = re.findall(
        r"^## Summary\n(.*?)(?=^## |\Z)", "\n".join(markdown(path)), re.M | re.S
    )
    assert len(re.findall(r"^(?:[-*]|\d+\.) ", summary, re.MULTILINE)) == 5


@each_chapter
def test_no_output_holds_an_unexpected_error_a_warning_or_a_path(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            if output.output_type == "error":
                assert "raises-exception" in cell.metadata.get("tags", []), cell.source
            assert output.get("name") != "stderr", cell.source
            text = json.dumps({**output, "traceback": []})
            assert str(ROOT) not in text
            assert "site-packages" not in text
            assert not re.search(r"\bat 0x[0-9a-f]{6,}", text), cell.source


@each_chapter
def test_every_figure_has_an_alternative_text_a_caption_and_both_formats(path):
    cells = read(path).cells
    slug_number = str(int(path.stem[:2]))
    figures = 0
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            data = output.get("data", {})
            if not any(mime.startswith("image/") for mime in data):
                continue
            figures += 1
            formats = {"image/svg+xml", "image/png", "text/plain"}
            if is_interactive(cell):
                formats |= {MIME}
            assert set(data) == formats, cell.source
            assert data["text/plain"].startswith("Figure: ")
            assert following is not None
            assert following.source.startswith(f"**Figure {slug_number}.{figures}.** ")
    assert figures >= 2


@each_chapter
def test_cells_are_short(path):
    for cell in code_cells(path):
        assert len(cell.source.splitlines()) <= 25, cell.source

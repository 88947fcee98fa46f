"""The site is built whole or not at all, and a second build does only what is needed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from .conftest import kill, wait_for


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def pages(checkout) -> dict[str, int]:
    return {
        str(path.relative_to(checkout.html)): path.stat().st_mtime_ns
        for path in checkout.html.rglob("*.html")
        if "_static" not in path.parts
    }


def test_a_book_is_built_and_the_page_to_open_is_named(ready):
    result = ready.make("book")
    assert result.code == 0, result.said
    assert (ready.html / "index.html").as_uri() in result.said
    assert "Here is the end." in (ready.html / "book" / "second.html").read_text(
        "utf-8"
    )
    assert len(result.said.splitlines()) <= 3


def test_a_second_run_with_nothing_changed_writes_no_page(ready):
    assert ready.make("book").code == 0
    before = pages(ready)
    result = ready.make("book")
    assert result.code == 0
    assert "Installing" not in result.said
    written = {name for name, when in pages(ready).items() if when != before[name]}
    assert written <= {"genindex.html", "search.html", "index.html"}


def test_a_warning_fails_the_build_each_time_until_it_is_mended(ready):
    second = ready.folder / "book" / "second.md"
    edit(second, "the end.", "the end: [](no-such-page.md).")
    for _ in range(2):
        result = ready.make("book")
        assert result.code != 0
        assert "no-such-page" in result.said
        assert "The book was not built" in result.said
    edit(second, "the end: [](no-such-page.md).", "the end.")
    assert ready.make("book").code == 0


def test_a_build_that_was_killed_leaves_nothing_that_counts(ready):
    extension = ready.folder / "book" / "bookkit"
    (extension / "pause").touch()
    process = ready.start("book")
    wait_for(extension / "paused")
    kill(process)
    half = ready.folder / "_build" / ".doctrees" / "half"
    half.parent.mkdir(parents=True, exist_ok=True)
    half.touch()
    (extension / "pause").unlink()
    result = ready.make("book")
    assert result.code == 0, result.said
    assert not half.exists()
    assert {"index.html", "book/index.html", "book/second.html"} <= set(pages(ready))


def test_interrupting_a_build_from_the_keyboard_fails_it(ready):
    extension = ready.folder / "book" / "bookkit"
    (extension / "pause").touch()
    process = ready.start("book")
    wait_for(extension / "paused")
    os.killpg(process.pid, signal.SIGINT)
    try:
        said, _ = process.communicate(timeout=30)
    except BaseException:
        kill(process)
        raise
    assert process.returncode != 0
    assert "Built in" not in said
    assert not (ready.folder / "_build" / ".complete").exists()


def test_a_page_that_left_the_table_of_contents_leaves_the_site(ready):
    assert ready.make("book").code == 0
    edit(ready.folder / "_toc.yml", "chapters:\n  - file: book/second\n", "")
    assert ready.make("book").code == 0
    assert "book/second.html" not in pages(ready)
    assert "second.html" not in (ready.html / "book" / "index.html").read_text("utf-8")


def test_a_changed_extension_builds_every_page_again(ready):
    assert ready.make("book").code == 0
    before = pages(ready)
    edit(ready.folder / "book" / "bookkit" / "pause.py", "return []", "return list()")
    assert ready.make("book").code == 0
    after = pages(ready)
    assert all(after[name] != before[name] for name in before)


def test_an_edited_page_is_built_again(ready):
    assert ready.make("book").code == 0
    edit(ready.folder / "book" / "second.md", "the end.", "the end, revised.")
    assert ready.make("book").code == 0
    assert "revised" in (ready.html / "book" / "second.html").read_text("utf-8")


def test_clean_removes_the_site_and_keeps_the_environment(ready):
    assert ready.make("book").code == 0
    result = ready.make("clean")
    assert result.code == 0
    assert not (ready.folder / "_build").exists()
    assert ready.venv.exists()

"""The real book, built from nothing by each Python that this machine has."""

from __future__ import annotations

import shutil

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
def test_the_book_is_built_moved_and_built_again(checkout, interpreter, version):
    python = f"PYTHON={interpreter(version)}"
    first = checkout.make("book", python)
    assert first.code == 0, first.said
    assert checkout.environment().version_of_venv() == version
    assert not list(checkout.venv.glob("lib/python*/site-packages/torch"))

    page = checkout.html / "notebooks" / "01_distributions.html"
    written = page.stat().st_mtime_ns
    second = checkout.make("book")
    assert second.code == 0, second.said
    assert "Installing" not in second.said
    assert page.stat().st_mtime_ns == written

    moved = type(checkout)(checkout.folder.with_name("moved away"))
    shutil.move(checkout.folder, moved.folder)
    again = moved.make("book", python)
    assert again.code == 0, again.said
    assert "this folder was moved or copied" in again.said
    assert (moved.html / "index.html").is_file()

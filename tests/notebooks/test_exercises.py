"""Every Python sample of an exercise or of a page on practice runs, and prints what it shows."""

import contextlib
import io
import re

import numpy as np
import pytest
import torch

import xent_lib
from bookkit.reading.contents import ROOT

PAGES = [
    *sorted((ROOT / "book" / "exercises").glob("*.md")),
    ROOT / "book" / "language_models_in_practice.md",
]
_SAMPLE = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n(?:prints\n\n)?```(?:text)?\n(?P<shown>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
_PROMISE = re.compile(r"^print\(.*\)  # (?P<shown>[-\d. ]+)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _torch_as_it_was():
    width, threads = torch.get_default_dtype(), torch.get_num_threads()
    yield
    torch.set_default_dtype(width)
    torch.set_num_threads(threads)


def wrong_outputs(page):
    # Samples of a page share their names, as they do for a reader who types along.
    names = {"np": np, **{name: getattr(xent_lib, name) for name in xent_lib.__all__}}
    wrong = []
    for sample in _SAMPLE.finditer(page):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(sample["code"], names)
        promise = _PROMISE.search(sample["code"])
        shown = sample["shown"] or (promise["shown"] if promise else None)
        if shown is not None and printed.getvalue().strip() != shown.strip():
            wrong.append((printed.getvalue(), shown))
    return wrong


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_sample_prints_what_the_page_shows(path):
    assert wrong_outputs(path.read_text("utf-8")) == []


def test_a_wrong_output_is_found():
    assert wrong_outputs("```python\nprint(1)\n```\n\nprints\n\n```\n2\n```\n")
    assert wrong_outputs("```python\nprint(1)  # 2\n```\n")
    assert not wrong_outputs("```python\nprint(1)  # 1\n```\n\n```text\n1\n```\n")

"""The gallery of mistakes: one shape for each entry, and every sample prints what it shows."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from typing import Any

import pytest
import torch

from bookkit.reading.contents import ROOT

PAGE = (ROOT / "book" / "pytorch_mistakes.md").read_text("utf-8")
CHAPTER = (ROOT / "notebooks" / "09_pytorch.ipynb").read_text("utf-8")

_ENTRY = re.compile(r"^### (.+?)\n(.*?)(?=^#{2,3} |\Z)", re.MULTILINE | re.DOTALL)
_SHAPE = [
    "**The code as people write it**",
    "```python",
    "**What PyTorch says**",
    "```text",
    "**How to notice it.**",
    "**The fix.**",
    "```python",
    "```text",
]
_SAMPLE = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?P<between>.*?)^```text\n(?P<shown>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"^(?:\*\*[^*]+\*\*|```\w+)", re.MULTILINE)
_THREAD = re.compile(r"\[(.+?)\]\((https://github\.com/[\w.-]+/[\w.-]+/\w+/\d+)\)")

ENTRIES = dict(_ENTRY.findall(PAGE))
TOP = re.search(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def printed(code: str, names: dict[str, Any]) -> str:
    """What the code prints, with the last line of the error that ends it."""
    buffer = io.StringIO()
    with contextlib.redirect_stdout(buffer), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the page tells which samples warn
        try:
            exec(code, names)
        except (IndexError, RuntimeError, ValueError) as error:
            print(f"{type(error).__name__}: {error}", file=buffer)
    return buffer.getvalue()


def wrong_outputs(entry: str) -> list[tuple[str, str]]:
    """Samples whose output differs from what stands below them, at a fresh prompt."""
    assert TOP is not None
    names: dict[str, Any] = {}
    exec(TOP[1], names)
    return [
        (found, sample["shown"])
        for sample in _SAMPLE.finditer(entry)
        if (found := printed(sample["code"], names)) != sample["shown"]
    ]


@pytest.mark.parametrize("title", ENTRIES)
def test_a_mistake_has_the_shape_of_all(title: str) -> None:
    assert _MARK.findall(ENTRIES[title]) == _SHAPE


@pytest.mark.parametrize("title", ENTRIES)
def test_a_mistake_prints_what_the_page_shows(title: str) -> None:
    assert len(_SAMPLE.findall(ENTRIES[title])) == 2
    assert wrong_outputs(ENTRIES[title]) == []


def test_a_wrong_output_and_a_wrong_error_are_found() -> None:
    assert wrong_outputs("```python\nprint(1)\n```\n\n```text\n2\n```\n")
    assert wrong_outputs("```python\nz[9]\n```\n\n```text\nValueError: no\n```\n")
    assert not wrong_outputs("```python\nprint(1)\n```\n\n```text\n1\n```\n")


def test_the_fix_of_a_mistake_does_not_fail() -> None:
    for title, entry in ENTRIES.items():
        fix = _SAMPLE.findall(entry)[1]
        assert not re.search(r"Error: |nan|inf\b", fix[2]), title


def test_the_page_names_the_version_that_it_was_run_with() -> None:
    (named,) = set(re.findall(r"PyTorch (\d+\.\d+\.\d+)", PAGE))
    assert torch.__version__.split("+")[0] == named


def test_the_pages_say_how_many_mistakes_there_are() -> None:
    assert PAGE.split("\n\n")[1].startswith(f"{len(ENTRIES)} mistakes,")
    assert f"has {len(ENTRIES)} mistakes," in CHAPTER


def test_at_least_ten_mistakes_are_cited_from_threads_each_under_one_title() -> None:
    cited = {title: _THREAD.findall(entry) for title, entry in ENTRIES.items()}
    assert sum(bool(found) for found in cited.values()) >= 10
    titles: dict[str, set[str]] = {}
    for found in cited.values():
        for name, address in found:
            titles.setdefault(address, set()).add(name)
    assert [address for address, names in titles.items() if len(names) > 1] == []


@pytest.mark.parametrize("places", [(4,), (4, 4)])
def test_uint8_is_refused_beside_sequences_and_images(places: tuple[int, ...]) -> None:
    message = "expected scalar type Long but found Byte"
    assert f'"{message}"' in ENTRIES["Class indices of 32 bits"]
    target = torch.zeros(2, *places, dtype=torch.uint8)
    with pytest.raises(RuntimeError, match=message):
        torch.nn.functional.cross_entropy(torch.zeros(2, 3, *places), target)

"""A chapter's quiz in a notebook: the questions of the book's page, which answer there too."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from anywidget import AnyWidget
from traitlets import List, Unicode

from xent_lib._validation import check_chapter
from xent_lib.explore._bundle import FOLDER, for_anywidget

# A copy of what the book's pages show; bookkit.commands.quizzes writes it.
_STORED = FOLDER.parent / "data" / "quizzes.json"


@cache
def _quizzes() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(_STORED.read_text(encoding="utf-8"))
    return found


class Quiz(AnyWidget):
    """The quiz of a chapter: each wrong answer meets the misconception behind it.

    Parameters
    ----------
    chapter : int or str
        The chapter's number, such as ``5`` or ``"05"``.

    Raises
    ------
    TypeError
        If ``chapter`` is neither an integer nor a string.
    ValueError
        If no chapter has this number.

    Notes
    -----
    Every chapter ends with its quiz. Put it on a cell's last line. What a reader answers stays
    in the reader's browser. Time and memory grow linearly with the number of questions.

    Examples
    --------
    >>> Quiz(5)
    The quiz of chapter 5, 7 questions. Run this cell to answer them here.
    """

    _esm = for_anywidget("quiz")
    _css = (FOLDER / "quiz.css").read_text(encoding="utf-8")
    questions = List(Unicode()).tag(sync=True)

    def __init__(self, chapter: int | str) -> None:
        self.chapter = check_chapter("chapter", chapter, list(_quizzes()))
        super().__init__(questions=_quizzes()[self.chapter])

    def __repr__(self) -> str:
        return (
            f"The quiz of chapter {int(self.chapter)}, {len(self.questions)} questions. "
            "Run this cell to answer them here."
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle: dict[str, Any] = {"text/plain": repr(self)}
        # A stored output must be the same on every run, and a widget's id is not.
        if "XENT_STORED_OUTPUTS" not in os.environ:
            widget = super()._repr_mimebundle_(**kwargs)
            assert widget is not None
            bundle = widget[0] | bundle
        return bundle, {}

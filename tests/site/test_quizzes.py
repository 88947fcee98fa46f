"""A quiz stands on its page as its questions, each with a list of lettered choices."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup


@pytest.mark.parametrize("number", range(1, 9))
def test_each_question_of_a_quiz_is_followed_by_its_lettered_choices(
    number: int, pages: dict[str, BeautifulSoup]
) -> None:
    (name,) = [one for one in pages if one.startswith(f"book/exercises/{number:02}_")]
    questions = pages[name].select("#quiz > .question")
    assert len(questions) == 5
    for question in questions:
        assert question.find("strong") is not None
        choices = question.find_next_sibling()
        assert "choices" in choices["class"]
        letters = [item.select_one(".letter") for item in choices.find_all("li")]
        shown = [letter.get_text() for letter in letters]
        assert len(shown) >= 3
        assert shown == [f"({chr(ord('a') + place)})" for place in range(len(shown))]

"""The quiz in a notebook, and how it reads the numbers that people write."""

from __future__ import annotations

import pytest

from xent_lib.explore import Quiz

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("0.357", "nats", 0.357),
        ("0,357", "nats", 0.357),
        (".357", "nats", 0.357),
        (",357", "nats", 0.357),
        ("1e-3", "", 0.001),
        ("1,5E2", "", 150),
        ("  2.  ", "bits", 2),
        ("−0.8", "", -0.8),
        ("+0.8", "", 0.8),
        ("0.357 nats", "nats", 0.357),
        ("1 nat", "nats", 1),
        ("1.5bits", "bits", 1.5),
        ("2410", "", 2410),
        ("0,125", "", 0.125),
        ("1,234.5", "", 1234.5),
        ("1,234,567", "", 1234567),
    ],
)
def test_a_number_is_read_as_people_write_it(javascript, text, unit, number):
    assert javascript("quiz", [["read", text, unit]]) == [{"number": number}]


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        ("", "nats", "There is no answer yet."),
        ("   ", "nats", "There is no answer yet."),
        ("abc", "nats", "“abc” is no number."),
        ("-", "", "“-” is no number."),
        ("e-3", "", "“e-3” is no number."),
        ("1/3", "", "“1/3” is more than a number."),
        ("0.3 0.4", "", "“0.3 0.4” is more than a number."),
        ("1.2.3", "", "“1.2.3” is more than a number."),
        ("inf", "nats", "The answer is a finite number."),
        ("-infinity", "", "The answer is a finite number."),
        ("∞", "", "The answer is a finite number."),
        ("nan", "", "The answer is a finite number."),
        ("1e999", "", "The answer is a finite number."),
        ("0.5 bits", "nats", "The answer is asked for in nats, not in bits."),
        ("50 %", "", "The answer is asked for without a unit, not in %."),
        ("2,410", "", "Is the comma in “2,410” a decimal sign?"),
        ("1,23,4", "", "Is the comma in “1,23,4” a decimal sign?"),
    ],
)
def test_what_is_no_number_is_told_why(javascript, text, unit, said):
    (found,) = javascript("quiz", [["read", text, unit]])
    assert found["fault"].startswith(said)


def test_a_stored_output_is_a_sentence_and_a_live_one_the_widget_besides(monkeypatch):
    monkeypatch.setenv("XENT_STORED_OUTPUTS", "1")
    stored = Quiz(5)._repr_mimebundle_()[0]
    assert list(stored) == ["text/plain"]
    assert stored["text/plain"].startswith("The quiz of chapter 5, 7 questions.")
    monkeypatch.delenv("XENT_STORED_OUTPUTS")
    quiz = Quiz("05")
    live = quiz._repr_mimebundle_()[0]
    assert live.pop(WIDGET)["model_id"] == quiz.model_id
    assert live == stored


@pytest.mark.parametrize("chapter", [1, 9, "1", "09", " 15 "])
def test_a_chapter_is_named_by_its_number(chapter):
    assert all(f'"{int(chapter):02}-' in one for one in Quiz(chapter).questions)

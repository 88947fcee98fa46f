"""The choices of a quiz question become a list; other paragraphs stay as they are."""

from __future__ import annotations

from docutils import nodes

from bookkit.pages.quiz_choices import list_choices


def quiz(*choices: nodes.Node) -> nodes.section:
    empty = nodes.Text("")  # as MyST has it around what is bold
    question = nodes.paragraph("", "", empty, nodes.strong("", "1. The loss"), empty)
    section = nodes.section("", nodes.title("", "Quiz"), question)
    section += nodes.paragraph("", "", *choices)
    list_choices(section)
    return section


def shown(section: nodes.section) -> list[str]:
    return [item.astext() for item in section.findall(nodes.list_item)]


def test_each_choice_is_an_item_without_the_mark_after_it() -> None:
    section = quiz(nodes.Text("(a) rises, (b) falls, by half, (c) stays the same."))
    assert shown(section) == ["(a) rises", "(b) falls, by half", "(c) stays the same"]


def test_choices_that_are_sentences_keep_their_full_stops() -> None:
    section = quiz(nodes.Text("(a) True. (b) False, as a rule."))
    assert shown(section) == ["(a) True.", "(b) False, as a rule."]


def test_a_formula_stays_in_its_choice() -> None:
    section = quiz(
        nodes.Text("(a) the factor "),
        nodes.math("K", "K"),
        nodes.Text(", (b) "),
        nodes.math("0", "0"),
        nodes.Text("."),
    )
    assert shown(section) == ["(a) the factor K", "(b) 0"]
    assert len(list(section.findall(nodes.math))) == 2


def test_a_letter_out_of_order_is_part_of_a_choice() -> None:
    section = quiz(nodes.Text("(a) less than (c) in the table, (b) more."))
    assert shown(section) == ["(a) less than (c) in the table", "(b) more"]


def test_a_paragraph_that_follows_no_question_stays() -> None:
    section = nodes.section("", nodes.title("", "Quiz"))
    section += [nodes.paragraph("", "Read."), nodes.paragraph("", "(a) one, (b) two.")]
    list_choices(section)
    assert not list(section.findall(nodes.bullet_list))

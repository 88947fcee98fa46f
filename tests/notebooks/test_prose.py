"""The reader of checked prose: what counts as a number, and when a claim holds."""

import pytest

from bookkit.reading.prose import audit, checks, numbers


def values_of(text):
    return [number.value for number in numbers(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("about 0.3567 nats", 0.3567),
        ("$-0.30$", -0.30),
        ("a change of −0.25", -0.25),
        ("1,797 images", 1797),
        ("$50{,}000$", 50000),
        ("70 %", 0.70),
        (r"$12.5\,\%$", 0.125),
        ("2.5e-3", 2.5e-3),
        (r"$1.2 \times 10^{-7}$", 1.2e-7),
        ("1.2 × 10⁻⁷", 1.2e-7),
        ("$2^{24}$", 2.0**24),
    ],
)
def test_a_number_is_read_as_printed(text, value):
    assert values_of(text) == [pytest.approx(value, rel=1e-12)]


@pytest.mark.parametrize(
    "text",
    [
        "`0.55` and ``1.5``",
        "```python\nx = 0.55\n```",
        "[a page](04_worked_example.ipynb#step-2.5)",
        r"$$x = y \tag{3.14}$$",
        "**Figure 3.14.** caption",
        "as chapter 12 and equations 3.1 and 3.2 say",
        "$z_{12}$ and $p^{15}$",
        "float32 and v1.2.3",
        "11. the eleventh item",
    ],
)
def test_code_links_and_labels_hold_no_numbers(text):
    assert numbers(text) == []


def test_a_subtraction_is_not_a_negative_number():
    assert values_of("$15-0.5$") == [15, 0.5]


def test_a_check_speaks_of_the_text_since_the_check_before_it():
    text = "one 0.5<!-- = a --> two 0.25<!-- = b -->"
    assert [
        (c.expression, text[c.start : c.end].split()[-1]) for c in checks(text)
    ] == [
        ("a", "0.5"),
        ("b", "0.25"),
    ]


def test_a_value_that_rounds_to_the_printed_number_holds():
    assert audit("0.3567<!-- = x -->", [[0.35667494]]).failures == []


@pytest.mark.parametrize(
    "value", [0.35664, 0.35676, -0.3567, float("nan"), float("inf")]
)
def test_a_value_that_rounds_elsewhere_fails(value):
    (failure,) = audit("it is 0.3567<!-- = x -->", [[value]]).failures
    assert "printed 0.3567" in failure
    assert repr(value) in failure


def test_several_values_check_the_several_numbers_before_them():
    text = "from 9.5 to $(0.79, 0.14, 0.08)$<!-- = p -->"
    assert audit(text, [[0.788, 0.1366, 0.0755]]).failures == []
    assert len(audit(text, [[0.788, 0.1366, 0.0955]]).failures) == 1


def test_more_values_than_numbers_fail():
    (failure,) = audit("only 0.79<!-- = p -->", [[0.79, 0.14]]).failures
    assert "has 2 values, but 1 numbers" in failure


def test_a_check_without_a_number_fails():
    assert len(audit("nothing here<!-- = p -->", [[0.79]]).failures) == 1


def test_a_boolean_checks_the_words():
    assert audit("it is larger<!-- = a > b -->", [[True]]).failures == []
    assert "is False" in audit("it is larger<!-- = a > b -->", [[False]]).failures[0]


def test_an_error_in_an_expression_fails_with_its_message():
    (failure,) = audit("0.5<!-- = nope -->", ["NameError: nope"]).failures
    assert failure == "nope: NameError: nope"


def test_numbers_without_a_check_are_listed_with_their_words():
    assert audit("In 1948, after 0.5<!-- = x --> of them, 99 %.", [[0.5]]).bare == [
        "1948 | In 1948",
        "99 % | In 1948, after 0.5 of them, 99 %",
    ]


def test_counting_numbers_and_the_running_example_need_no_check():
    assert audit("3 classes, 10 digits, (0.7, 0.2, 0.1)", []).bare == []

"""The report on two answer sheets: what it counts, what it sets aside, what it refuses."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from bookkit.commands.inventory import (
    FEWEST_FOR_AN_INTERVAL,
    SheetError,
    gain_of,
    gains,
    intervals,
    matched,
    read_sheet,
    report,
)
from bookkit.reading.contents import ROOT
from bookkit.reading.course import Question, read_inventory

# Two objectives: one with a question, one with two.
QUESTIONS = [
    Question(1, ("a", "b", "c"), "b", 1, "first"),
    Question(2, ("a", "b"), "a", 2, "second"),
    Question(3, ("a", "b", "c", "d"), "d", 2, "second"),
]
HEAD = "student,1,2,3"
RIGHT = "b,a,d"
WRONG = "a,b,a"


@pytest.fixture
def sheet(tmp_path):
    """Write a file and give its path: ``sheet("before", "Ada,b,a,d")``."""

    def write(name, *lines, head=HEAD, encoding="utf-8", end="\n"):
        path = tmp_path / f"{name}.csv"
        path.write_bytes((end.join([head, *lines]) + end).encode(encoding))
        return path

    return write


def class_of(size, right):
    """Lines for a class in which the first ``right`` students have everything right."""
    return [f"s{k},{RIGHT if k < right else WRONG}" for k in range(size)]


def text_of(before, after):
    return "\n".join(report(before, after, QUESTIONS))


def squeezed(text):
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("before", "after", "gain"),
    [(0.4, 0.7, 0.5), (0.8, 0.9, 0.5), (0.5, 0.5, 0.0), (0.0, 1.0, 1.0)],
)
def test_the_gain_is_the_share_of_what_was_missing(before, after, gain):
    assert gain_of(before, after) == pytest.approx(gain)


def test_a_gain_may_be_negative_and_is_undefined_where_all_was_right():
    assert gain_of(0.5, 0.25) == -0.5
    assert gain_of(1.0, 1.0) is None
    assert gain_of(1.0, 0.5) is None


def test_gains_are_those_of_a_count_by_hand(sheet):
    before = sheet("before", "Ada,b,b,a", "Bo,a,a,a", "Cy,a,b,d", "Di,a,b,")
    after = sheet("after", "Di,b,a,d", "Cy,b,b,d", "Bo,b,a,a", "Ada,a,a,a")
    sheets = [read_sheet(path, QUESTIONS) for path in (before, after)]
    students, alone = matched(*sheets)
    assert (sorted(students), alone) == (["ada", "bo", "cy", "di"], [])
    everything, first, second = gains(*sheets, students, QUESTIONS)
    # Before: 1 right of 4 in question 1, 1 in 2, 1 in 3. After: 3, 3, 2.
    assert (everything.before, everything.after) == (3 / 12, 8 / 12)
    assert everything.gain == pytest.approx((8 - 3) / (12 - 3))
    assert (first.before, first.after, first.gain) == (
        1 / 4,
        3 / 4,
        pytest.approx(2 / 3),
    )
    assert (second.before, second.after) == (2 / 8, 5 / 8)
    assert second.gain == pytest.approx(3 / 6)
    assert first.label == "Chapter 1: first (question 1)"
    assert second.label == "Chapter 2: second (questions 2, 3)"


def test_a_small_class_gets_gains_and_no_intervals(sheet):
    size = FEWEST_FOR_AN_INTERVAL - 1
    text = text_of(
        sheet("before", *class_of(size, 2)), sheet("after", *class_of(size, 5))
    )
    assert text.count("no interval: fewer than 10 students") == 3
    assert "0.43" in text


def test_a_class_that_is_just_large_enough_gets_intervals(sheet):
    size = FEWEST_FOR_AN_INTERVAL
    text = text_of(
        sheet("before", *class_of(size, 2)), sheet("after", *class_of(size, 5))
    )
    assert "no interval" not in text and text.count(" to ") == 3


def test_an_interval_is_the_middle_of_the_gains_of_drawn_classes():
    rng = np.random.default_rng(5)
    before, after = (rng.random((60, 1)) < share for share in (0.3, 0.6))
    ((low, high),) = intervals(before.astype(int), after.astype(int), [1])
    rows = rng.integers(60, size=(20_000, 60))
    was, became = before[rows, 0].mean(axis=1), after[rows, 0].mean(axis=1)
    drawn = (became - was) / (1 - was)
    expected = np.quantile(drawn, [0.025, 0.975])
    assert (low, high) == pytest.approx(tuple(expected), abs=0.03)
    assert high - low == pytest.approx(expected[1] - expected[0], rel=0.05)


def test_where_everything_was_right_before_the_gain_is_not_defined(sheet):
    text = text_of(
        sheet("before", *class_of(12, 12)), sheet("after", *class_of(12, 11))
    )
    assert text.count("not defined: everything was right before") == 3
    assert "nan" not in text and "inf" not in text


def test_where_the_drawn_classes_agree_there_is_no_interval_of_no_width(sheet):
    text = text_of(sheet("before", *class_of(12, 0)), sheet("after", *class_of(12, 12)))
    assert text.count("1.00   no interval: all drawn classes gain the same") == 3
    same = text_of(sheet("one", *class_of(12, 6)), sheet("two", *class_of(12, 6)))
    assert same.count("0.00   no interval: all drawn classes gain the same") == 3


def test_where_hardly_anything_was_wrong_before_there_is_no_interval(sheet):
    text = text_of(
        sheet("before", *class_of(12, 11)), sheet("after", *class_of(12, 12))
    )
    assert text.count("no interval: too few had anything wrong before") == 3


def test_intervals_are_the_same_on_every_run_and_hold_the_gain():
    rng = np.random.default_rng(1)
    before = rng.integers(0, 2, (40, 1))
    after = np.minimum(rng.integers(0, 3, (40, 1)), 1)
    (found,) = intervals(before, after, [1])
    assert (found,) == tuple(intervals(before, after, [1]))
    gain = (after.sum() - before.sum()) / (40 - before.sum())
    assert found[0] < gain < found[1]


def test_an_interval_does_not_depend_on_the_other_columns():
    rng = np.random.default_rng(2)
    before, after = rng.integers(0, 2, (30, 2)), rng.integers(0, 2, (30, 2))
    (first, _), (alone,) = (
        intervals(before, after, [1, 1]),
        intervals(before[:, :1], after[:, :1], [1]),
    )
    assert first == alone


def test_intervals_hold_the_gain_of_a_simulated_course_in_about_19_classes_of_20():
    # Right before: 0.4. After: 0.9 of those stay right, half of the others become so.
    gain = ((0.4 * 0.9 + 0.6 * 0.5) - 0.4) / 0.6
    rng, classes = np.random.default_rng(3), 300
    before = rng.random((30, classes)) < 0.4
    after = rng.random((30, classes)) < np.where(before, 0.9, 0.5)
    found = intervals(before.astype(int), after.astype(int), [1] * classes)
    held = sum(low <= gain <= high for low, high in found)
    assert 0.90 < held / classes < 0.99


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["Ada,b,a,d,b"], "line 2: 5 cells; expected 4, as in the first line"),
        (["Ada,b,a"], "line 2: 3 cells; expected 4, as in the first line"),
        ([" ,b,a,d"], 'line 2: nothing in the column "student"'),
        (
            ["Ada,b,c,d"],
            'line 2: "c" is no answer to question 2; expected a, b, or nothing',
        ),
        (
            ["Ada,b,a,(d)"],
            'line 2: "(d)" is no answer to question 3; expected a, b, c, d, or nothing',
        ),
        (
            ["Ada,b,a,d", "", "ada ,b,a,d"],
            'lines 2, 4: the student "ada" more than once',
        ),
        (["Ada,b,a,d", "Ada,k,a,d"], 'lines 2, 3: the student "ada" more than once'),
        (['"A', 'B",b,a'], "line 2: 3 cells"),
        (['"A\u001b[31mB",b,a,k'], 'line 2: "k" is no answer'),
    ],
)
def test_a_line_that_cannot_be_counted_is_named_and_set_aside(sheet, lines, said):
    path = sheet("before", *lines, "Bo,b,a,d")
    found = read_sheet(path, QUESTIONS)
    assert list(found.answers) == ["bo"]
    assert any(said in sentence for sentence in found.set_aside), found.set_aside
    text = squeezed(text_of(path, sheet("after", "Bo,b,a,d")))
    assert "1 students with answers before and after" in text
    assert f"before.csv, {said}" in text


def test_a_name_in_a_message_commands_no_terminal(sheet):
    before = sheet("before", "A\u001b[31mB,b,a,d", "Bo,b,a,d")
    text = text_of(before, sheet("after", "Bo,b,a,d"))
    assert "\u001b" not in text and "a\ufffd[31mb" in text


def test_students_in_one_file_only_are_named(sheet):
    before = sheet("before", "Ada,b,a,d", "Bo,b,a,d")
    after = sheet("after", "Cy,b,a,d", "ADA,b,a,d")
    text = squeezed(text_of(before, after))
    assert "Set aside: 2." in text
    assert (
        'before.csv, line 3: the student "bo" has no usable line in after.csv' in text
    )
    assert (
        'after.csv, line 2: the student "cy" has no usable line in before.csv' in text
    )


def test_no_line_is_dropped_in_silence(sheet):
    rng = np.random.default_rng(4)
    kinds = ["{},b,a,d", "{},b,x,d", "{},b,a", ",b,a,d", "same,b,a,d", "{},,,"]
    lines = [
        [kinds[kind].format(f"s{k}") for k, kind in enumerate(rng.integers(6, size=60))]
        for _ in range(2)
    ]
    sheets = [
        read_sheet(sheet(name, *own), QUESTIONS)
        for name, own in zip(("before", "after"), lines, strict=True)
    ]
    students, alone = matched(*sheets)
    for one, own in zip(sheets, lines, strict=True):
        doubles = own.count("same,b,a,d")
        named = len(one.set_aside) + max(0, doubles - 1)
        assert named + len(one.answers) == 60
    assert len(alone) == sum(len(one.answers) - len(students) for one in sheets)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_sheets_of_any_spreadsheet_are_read(sheet, separator, encoding, end):
    lines = [HEAD, "Zoë K.,b,A, d ", '"Bo, the younger",b,,a']
    if separator != ",":
        lines = [
            HEAD.replace(",", separator),
            separator.join(["Zoë K.", "b", "A", " d "]),
            separator.join(["Bo, the younger", "b", "", "a"]),
        ]
    path = sheet("before", *lines[1:], head=lines[0], encoding=encoding, end=end)
    found = read_sheet(path, QUESTIONS)
    assert found.set_aside == []
    assert found.answers == {
        "zoë k.": {1: "b", 2: "a", 3: "d"},
        "bo, the younger": {1: "b", 2: "", 3: "a"},
    }


def test_columns_may_stand_in_any_order_and_others_are_named(sheet):
    head = "3,Group,Student,1,2"
    before = sheet("before", "d,x,Ada,b,a", head=head)
    after = sheet("after", f"Ada,{RIGHT}")
    text = text_of(before, after)
    assert 'before.csv: columns that were not read: "Group".' in text
    assert "100%   100%   not defined" in text


def test_some_of_the_questions_can_be_asked_alone(sheet):
    before = sheet("before", "Ada,a", head="student,2")
    after = sheet("after", "Ada,b", head="student,2")
    text = text_of(before, after)
    assert "1 questions" in text and "Chapter 1" not in text and "Chapter 2" in text


def test_empty_answers_count_as_not_right_and_are_counted(sheet):
    text = text_of(sheet("before", "Ada,,,"), sheet("after", "Ada,b,,d"))
    assert "Left empty, and counted as not right: 4 answers." in text
    assert "0%    67%    0.67   no interval" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty. Expected a first line of column names"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"name,1,2\nAda,a,b\n", 'line 1: no column "student"'),
        (b"\n\nname,1\nAda,a\n", "line 3: no column"),
        (b"student,first\nAda,a\n", "line 1: no column of a question"),
        (b"student,99\nAda,a\n", "line 1: no column of a question"),
        (b"student,1,1\nAda,a,a\n", 'line 1: the column "1" stands there twice'),
        (b"student,1\nAda,a\nZo\xeb,a\n", "line 3: no UTF-8"),
        ("student,1\nAda,a\n".encode("utf-16"), "line 1: no UTF-8"),
        (b'student,1\nAda,a\n"Bo,b\nCy,a\n', "line 3: no CSV from here on"),
        (b'student,1\nAda,a\n"Bo"x,b\n', "line 3: no CSV from here on"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place(
    tmp_path, sheet, content, said
):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(SheetError) as error:
        report(path, sheet("after", f"Ada,{RIGHT}"), QUESTIONS)
    assert str(path) in str(error.value)
    assert said in str(error.value)


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path, sheet):
    after = sheet("after", f"Ada,{RIGHT}")
    for path in (tmp_path / "gone.csv", tmp_path):
        with pytest.raises(SheetError, match="cannot be read"):
            report(path, after, QUESTIONS)


def test_files_that_do_not_belong_together_are_refused(sheet):
    before, after = sheet("before", f"Ada,{RIGHT}"), sheet("after", f"Bo,{RIGHT}")
    with pytest.raises(SheetError, match="No student has a usable line in both"):
        report(before, after, QUESTIONS)
    with pytest.raises(SheetError, match="was given twice"):
        report(before, before.parent / "." / before.name, QUESTIONS)
    fewer = sheet("fewer", "Ada,b,a", head="student,1,2")
    with pytest.raises(SheetError, match="do not ask the same questions: 3 stand"):
        report(before, fewer, QUESTIONS)


def test_a_sheet_without_students_names_what_was_set_aside(sheet):
    before, after = sheet("before", "Ada,k,k,k"), sheet("after", f"Ada,{RIGHT}")
    with pytest.raises(SheetError) as error:
        report(before, after, QUESTIONS)
    assert 'before.csv, line 2: "k" is no answer to question 1' in str(error.value)


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "bookkit.commands.inventory", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "book"), "PATH": "", "PYTHONUTF8": "1"},
        check=False,
    )


def test_the_command_reports_on_the_books_own_inventory(tmp_path):
    questions = read_inventory()
    head = ",".join(["student", *(str(one.number) for one in questions)])
    right = ",".join(one.answer for one in questions)
    none = "," * (len(questions) - 1)
    paths = [tmp_path / "before.csv", tmp_path / "after.csv"]
    for path, known in zip(paths, (4, 8), strict=True):
        lines = [f"s{k},{right if k < known else none}" for k in range(12)]
        path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    result = run(*paths)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"before and after, {len(questions)} questions." in result.stdout
    said = squeezed(result.stdout)
    for one in questions:
        assert f"Chapter {one.chapter}: {squeezed(one.objective)}" in said
    assert result.stdout.count("0.50") >= 28
    assert max(map(len, result.stdout.splitlines())) <= 79


def test_the_command_says_in_a_sentence_what_is_wrong(tmp_path):
    result = run()
    assert (result.returncode, result.stdout) == (2, "")
    assert "Name two files" in result.stderr
    result = run(tmp_path / "a.csv", tmp_path / "b.csv")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1 and "Traceback" not in result.stderr


def test_the_sheet_shown_on_the_page_is_one_that_the_command_reads(tmp_path):
    page = (ROOT / "book" / "course" / "inventory.md").read_text("utf-8")
    example = page.partition("```text\nstudent,")[2].partition("```")[0]
    path = tmp_path / "example.csv"
    path.write_text("student," + example, encoding="utf-8")
    found = read_sheet(path, read_inventory())
    assert found.set_aside == found.not_read == []
    assert list(found.answers) == ["ada"]
    assert list(found.answers["ada"]) == list(range(1, 19))

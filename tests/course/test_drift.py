"""What the course pages and exercises name is there, and each objective has an exercise."""

from __future__ import annotations

import re

import pytest

from bookkit import ROOT
from bookkit.reading.course import ANSWERS, QUESTIONS, objectives, read_inventory
from course_pages import (
    ASSIGNMENTS,
    GUIDE,
    LESSONS,
    STUDENTS,
    cells,
    chapter_files,
    course_pages,
    exercise_page,
    exercise_pages,
    exercises,
    lessons,
    masters,
    of_assignments,
    of_exercises,
    of_lesson,
    of_links,
    of_names,
    of_numbers,
    of_references,
)

CHAPTERS = chapter_files()
GRADER = ROOT / "book" / "bookkit" / "assignments"
BOTH = [*course_pages(), *exercise_pages()]


def text_of(path):
    return path.read_text("utf-8")


def code_beside(path):
    """The code that a page speaks of: its chapter's, or that of all chapters."""
    own = [one for one in CHAPTERS.values() if one.stem == path.stem]
    if path == ASSIGNMENTS:
        texts = [cells(one, "code") for one in masters().values()]
        return "\n\n".join(texts + [text_of(one) for one in GRADER.glob("*.py")])
    return "\n\n".join(cells(one, "code") for one in own or CHAPTERS.values())


@pytest.mark.parametrize("number", CHAPTERS)
def test_the_lesson_plan_of_a_chapter_is_that_of_the_chapter_as_it_stands(number):
    plans = lessons(text_of(LESSONS))
    assert number in plans, f"lessons.md has no section for chapter {number}"
    page = text_of(exercise_page(number))
    assert list(of_lesson(plans[number], CHAPTERS[number], page)) == []


@pytest.mark.parametrize("path", exercise_pages(), ids=lambda path: path.stem)
def test_exercises_rise_to_a_project_and_have_what_each_needs(path):
    assert list(of_exercises(text_of(path))) == []


@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.stem)
def test_every_figure_equation_and_file_that_a_page_names_is_there(path):
    page = text_of(path)
    assert [*of_references(page), *of_links(path, page)] == []


@pytest.mark.parametrize("path", BOTH, ids=lambda path: path.stem)
def test_every_function_that_a_page_names_is_there(path):
    assert list(of_names(text_of(path), code_beside(path))) == []


@pytest.mark.parametrize("path", course_pages(), ids=lambda path: path.stem)
def test_every_exercise_and_question_that_a_page_numbers_is_there(path):
    assert list(of_numbers(text_of(path), len(read_inventory()))) == []


def test_the_page_on_assignments_says_what_the_masters_ask_and_the_chapters_promise():
    assert list(of_assignments(text_of(ASSIGNMENTS), masters())) == []


@pytest.mark.parametrize(
    ("stood", "stands", "said"),
    [
        ("| 1 | 3 | three", "| 1 | 4 | three", "01_losses: the page's points are not"),
        (
            "| 4 | read a loss",
            "| 3 | read a loss",
            "chapter 3 has no objective 'read a",
        ),
        ("carry it through", "push it through", "chapter 6 has no objective 'push it"),
        ("| 1 | 3 | three", "| 77 | 3 | three", "01_losses: the page's points are not"),
        (
            "Assignment 4: cal",
            "Assignment 4: Cal",
            "04_calibration: the master's title",
        ),
        ("The master is `03", "The master is `05", "05_broken_run is on one side only"),
    ],
)
def test_an_assignment_that_has_drifted_is_told_how(stood, stands, said):
    page = text_of(ASSIGNMENTS)
    assert stood in page
    found = list(of_assignments(page.replace(stood, stands, 1), masters()))
    assert any(said in finding for finding in found), found


def test_the_limits_that_the_page_on_assignments_names_are_those_of_the_grader():
    grading = pytest.importorskip("bookkit.assignments.grading")
    sandbox = pytest.importorskip("bookkit.assignments.sandbox")
    page = text_of(ASSIGNMENTS)
    usual = grading.Limits()
    for name, amount in (
        ("SECONDS", usual.seconds),
        ("MEMORY", usual.memory),
        ("OUTPUT", usual.output),
    ):
        assert f"| `{name}=` | {amount:g} |" in page
    assert f"up to {sandbox._BIGGEST_FILE // 2**20} MiB" in page


PACKAGES = {"scikit-learn": "sklearn", "PyTorch": "torch", "SciPy": "scipy"}


@pytest.mark.parametrize("package", [*PACKAGES, "mpmath"])
def test_the_page_for_students_says_which_chapter_needs_which_package(package):
    said = set()
    rows = re.findall(
        r"^\| (\d[^|]*) \| [^|]+ \| ([^|]+) \|$", text_of(STUDENTS), re.MULTILINE
    )
    for chapters, needs in rows:
        ends = [int(number) for number in re.findall(r"\d+", chapters)]
        for need in needs.split(", "):
            name, _, where = need.partition(" in ")
            if name == package:
                own = [int(number) for number in re.findall(r"\d+", where)]
                said |= set(own or range(ends[0], ends[-1] + 1))
    imported = re.compile(
        rf"^\s*(?:import|from) {PACKAGES.get(package, package)}\b", re.MULTILINE
    )
    needed = {n for n, path in CHAPTERS.items() if imported.search(cells(path, "code"))}
    assert said == needed


def test_the_lecture_takes_fifty_minutes():
    lecture = text_of(GUIDE).partition("## One lecture")[2].partition("## One day")[0]
    minutes = [
        int(row.split("|")[1])
        for row in lecture.splitlines()
        if row.startswith("| ") and row.split("|")[1].strip().isdigit()
    ]
    assert len(minutes) > 3
    assert sum(minutes) == 50


def numbers_in(text):
    """The numbers that "1 to 4, 7 and 9" names."""
    found = []
    for first, last in re.findall(r"(\d+)(?: to (\d+))?", text):
        found += range(int(first), int(last or first) + 1)
    return found


def test_lessons_two_and_three_of_four_weeks_hold_what_they_share():
    found = re.search(
        r"Lesson 2 takes (.+?); lesson 3 takes (.+?)\. That makes about 50 minutes each",
        text_of(GUIDE),
    )
    assert found is not None
    for taken in found.groups():
        minutes = 0
        for parts, chapter in re.findall(r"parts (.+?) of chapter (\d+)'s", taken):
            plan = lessons(text_of(LESSONS))[int(chapter)].body
            listed = [int(one) for one in re.findall(r"^- \*\*(\d+)\*\* ", plan, re.M)]
            minutes += sum(listed[part - 1] for part in numbers_in(parts))
        assert abs(minutes - 50) <= 2


def test_the_day_asks_the_questions_of_the_chapters_that_it_teaches():
    day = text_of(GUIDE).partition("## One day")[2].partition("\n## ")[0]
    taught = {int(one) for one in re.findall(r"chapter (\d+): \d", day)}
    # The morning takes chapter 1 besides, which has no exercise that day.
    taught |= set(numbers_in(re.search(r"chapters (.+?) on the board", day)[1]))
    asked = numbers_in(re.search(r"questions (.+?) \|", day)[1])
    assert asked == [one.number for one in read_inventory() if one.chapter in taught]


def test_the_page_of_questions_says_which_chapter_each_belongs_to_and_how_long_all_take():
    page = text_of(QUESTIONS)
    told = {
        int(chapter): numbers_in(numbers)
        for chapter, numbers in re.findall(r"\| \[(\d+)\]\(\S+\) \| ([^|]+) ", page)
    }
    questions = read_inventory()
    assert told == {
        chapter: [one.number for one in questions if one.chapter == chapter]
        for chapter in CHAPTERS
    }
    assert all(told.values())
    early = sum(one.chapter <= 8 for one in questions)
    assert "a minute and a quarter a question" in page
    for count, words in (
        (len(questions), "one sitting of {} minutes"),
        (early, "Chapters 1 to 8 take {} minutes"),
    ):
        minutes = int(re.search(words.format(r"(\d+)"), page)[1])
        assert 0 <= minutes - 1.25 * count < 5


def test_each_question_measures_an_objective_of_its_chapter():
    questions = read_inventory()
    assert [one.number for one in questions] == list(range(1, 31))
    for one in questions:
        assert one.objective in objectives(CHAPTERS[one.chapter]), one.number
        assert one.choices == ("a", "b", "c", "d"), one.number


def test_no_letter_is_the_answer_much_more_often_than_another():
    answers = [one.answer for one in read_inventory()]
    times = [answers.count(letter) for letter in "abcd"]
    assert sum(times) == len(answers) and max(times) - min(times) <= 1


def test_each_wrong_choice_has_the_belief_behind_it():
    text = text_of(ANSWERS)
    for one in read_inventory():
        section = text.partition(f"## Question {one.number}\n")[2].partition("\n## ")[0]
        for letter in one.choices:
            named = f"\n- ({letter}) *" in section
            assert named == (letter != one.answer), (one.number, letter)


def test_a_question_without_a_key_is_named():
    from bookkit.reading.course import inventory

    answers = text_of(ANSWERS).replace("**(c).** [Chapter 1]", "**(z).** [Chapter 1]")
    assert answers != text_of(ANSWERS)
    with pytest.raises(ValueError, match="question 2 has no key"):
        inventory(text_of(QUESTIONS), answers)


# What changes in a chapter, an exercise or a guide, and what is said of it.
CHANGED_PLANS = [
    ("compute an entropy by hand", "compute an entropy", "no exercise for the objec"),
    ("| 2, 3, 6 |", "| 2, 3, 6, 47 |", "there is no exercise 47"),
    ("| 2, 3, 6 |", "| 2, 3 |", None),
    ("| 4, 6, 7, 8, 10 |", "| 4, 7, 8, 10 |", None),
    ("| 2, 3, 6 |", "| 2, 6 |", "exercise 3 is tied to no objective"),
    ("- **14** ", "- **15** ", "the board plan takes 51 minutes"),
    ("about 55 minutes", "about 50 minutes", "the reading time"),
    ("interactive.md#explore=", "interactive.md#", "no demonstration"),
    ("# Chapter 1: Prob", "# Chapter 1: Dist", "the chapter's title is not"),
]


@pytest.mark.parametrize(("stood", "stands", "said"), CHANGED_PLANS)
def test_a_lesson_plan_that_has_drifted_is_told_how(stood, stands, said):
    first, second = text_of(LESSONS).split("\n## Chapter 2:")[0], "\n## Chapter 2: x\n"
    assert stood in first
    plan = lessons(first.replace(stood, stands, 1) + second)[1]
    found = list(of_lesson(plan, CHAPTERS[1], text_of(exercise_page(1))))
    assert bool(found) == (said is not None)
    assert said is None or any(said in finding for finding in found), found


def test_an_exercise_that_is_added_without_an_objective_is_named():
    page = text_of(exercise_page(1)).replace(
        "\n## Quiz\n", "\n## Exercise 11: new\n\nWhat?\n\n## Quiz\n"
    )
    plan = lessons(text_of(LESSONS))[1]
    assert list(of_lesson(plan, CHAPTERS[1], page)) == [
        "exercise 11 is tied to no objective"
    ]
    said = list(of_exercises(page))
    assert "exercise 11 has no solution" in said
    assert "the last exercise is no project" in said


def test_code_that_no_solution_holds_is_no_code_task():
    (first, *_) = exercises(
        "## Exercise 1: x\n\n```python\nx\n```\n\n:::{dropdown} Solution\ny\n:::\n"
    )
    assert not first.is_code


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("see figure 3.2", None),
        ("see Figure 3.99", "there is no figure 3.99"),
        ("by equation (3.1)", None),
        ("by equation (3.77)", "there is no equation 3.77"),
        ("figure 99.1", "there is no figure 99.1"),
    ],
)
def test_a_figure_or_equation_that_is_gone_is_named(page, said):
    assert list(of_references(page)) == ([said] if said else [])


@pytest.mark.parametrize(
    ("code", "gone"),
    [
        ("smooth_labels", False),
        ("smoothed_labels", True),
        ("np.add.at(counts, 1)", False),
        ("np.add.to(counts, 1)", True),
        ("rng.dirichlet([1])", False),
        ("xent_lib.entropies", True),
        ("explore.Simplex", False),
        ("mine", False),
    ],
)
def test_a_function_that_is_gone_is_named(code, gone):
    page = f"Call `{code}`.\n\n```python\nmine = 1\n```\n"
    assert bool(list(of_names(page, ""))) == gone


def test_a_file_and_a_number_that_are_gone_are_named():
    assert list(of_links(GUIDE, "[x](lessons.md#a) [y](gone.md)")) == [
        "there is no gone.md"
    ]
    assert list(of_numbers("chapter 3: 1, 99 and chapter 77: 1", 20)) == [
        "chapter 3 has no exercise 99",
        "there is no chapter 77",
    ]
    assert list(of_numbers("questions 3 to 21", 20)) == ["there is no question 21"]

"""The tasks that run in the page: in CPython and in the page's own Python, with one verdict."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bookkit.machine.node_packages import ensure_installed, node_command
from bookkit.pages.code_box import boxes, interpreter, judge
from bookkit.pages.code_box.boxes import Task, TaskError
from bookkit.reading.contents import ROOT

_BLOCK = re.compile(r"^```\{code-box\} (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOUND = [
    (path, name, boxes.read(text))
    for path in sorted((ROOT / "book").rglob("*.md"))
    for name, text in _BLOCK.findall(path.read_text("utf-8"))
]
TASKS = {name: task for _, name, task in FOUND}
# The chapters whose subject needs no array library.
WITH_TASKS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12)
FEWEST_TASKS, FEWEST_WRONG = 2, 3
# What differs between the two Pythons and a task may meet, with the error or what it prints.
MET = {
    "import math\nmath.exp(1000)": "OverflowError",
    "import math\nmath.log(0)": "ValueError",
    "import math\nprint(math.log1p(1e-20) == 1e-20)\n1 / 0": "ZeroDivisionError",
    "import math\nassert math.fsum([0.1] * 10) == 1.0": None,
    "import math\nassert math.prod([2, 3]) == 6 and math.comb(10, 3) == 120": None,
    "import math\nassert abs(math.hypot(3e200, 4e200) - 5e200) < 1e190": None,
    "list(zip([1], [2, 3], strict=True))": "ValueError",
    "assert list(zip([1, 2], [3, 4], strict=True)) == [(1, 3), (2, 4)]": None,
    "assert list(zip(strict=True)) == [] == list(zip())": None,
    "def f(:\n    pass": "SyntaxError",
    "x = 1\n   y = 2": "IndentationError",
    "{}['a']": "KeyError",
    "raise SystemExit": "SystemExit",
}
# What a reader is told of a line that Python cannot read or a name that it does not know.
REMARKS = {
    "def f(x)\n    return 1\n": "ends with a colon",
    "if 3 > 2\n    print(1)\n": "ends with a colon",
    "x = (1,\n": "is a bracket not closed",
    "def f():\n": "or a block empty",
    "print(\u201ca\u201d)\n": "The line holds \u201c",
    "x = 3 \u2212 1\n": "Python reads - there",
    "def f():\n\u00a0\u00a0return 1\n": "space of fixed width",
    "x = 1\nmatch x:\n    case 1: pass\n": "neither match nor",
    "a = [1]\nb = [*a, 2]\n": "neither match nor",
    "log(2)\n": "Is it math.log?",
    "math.log(2)\n": "import math is missing",
    "import numpy\n": "and no others",
    "import dataclasses\n": "and no others",
    "sum = 0\nsum([1])\n": "In your code sum is a value",
    "x = y\n": "",
    "x = 1 +\ny = 2\n": "",
}
# What `f` and `g` return, where 0.7 and [0.25, 0.123456] are right, and what is said of it.
HINTS = {
    ("[0.7]", "[0.25, 0.123456]"): "A list came",
    ("0.7", "0.25"): "One number came",
    ("0.7", "(x for x in (0.25, 0.123456))"): "Put list(...) around it",
    ("0.7", "map(abs, (0.25, 0.123456))"): "Put list(...) around it",
    ("0.7", "[0.25]"): "1 came, 2 expected",
    ("0.7", "[0.25, 0.12]"): "rounded",
    ("0.7", "[0.25, 0.1235]"): "rounded",
    ("-0.7", "(-0.25, -0.123456)"): "The sign is turned",
    ("-0.7", "[0.25, 0.123456]"): "The sign is turned",
    ("0.7 / math.log(2)", "[0.25 / math.log(2), 0.123456 / math.log(2)]"): "bits",
    ("-0.7", "[-0.25, 0.123456]"): "",
    ("1.0", "[0.3, 0.1]"): "",
    ("'0.7'", "None"): "A string came",
    ("0.7", "{0: 0.25, 1: 0.123456}"): "A dict came",
    ("0.7 + 5e-6", "[0.25, 0.123456]"): "Was a small number added",
    ("0.7 + 5e-5", "[0.25, 0.123456]"): "",
    ("None", "None"): "",
}
Answer = dict[str, Any]


def programs(task: Task) -> dict[str, str]:
    """Every program of a task, by what it is."""
    wrong = {f"wrong {place}": code for place, (_, code) in enumerate(task.wrong)}
    return {"start": task.start, "solution": task.solution, **wrong}


def in_cpython(source: str, asked: Answer | None) -> Answer:
    """What the judge says here."""
    with contextlib.redirect_stdout(io.StringIO()):
        error = json.loads(judge.start(source))
        judged = None
        if asked and not error:
            judged = json.loads(judge.verdict(json.dumps(asked)))
    return {"error": error, "verdict": judged}


@pytest.fixture(scope="session")
def in_the_page() -> Callable[[list[tuple[str, Answer | None]]], list[Answer]]:
    """What the judge says in MicroPython."""
    ensure_installed()

    def ask(listed: list[tuple[str, Answer | None]]) -> list[Answer]:
        here = interpreter.HERE
        given = {
            "module": (interpreter.PACKAGE / "micropython.mjs").as_uri(),
            "before": (here / "more_python.py").read_text("utf-8"),
            "judge": (here / "judge.py").read_text("utf-8"),
            "programs": [{"source": code, "task": asked} for code, asked in listed],
        }
        answer = subprocess.run(
            [*node_command(), str(Path(__file__).with_name("micropython.mjs"))],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert answer.returncode == 0, answer.stderr[-2000:]
        found: list[Answer] = json.loads(answer.stdout)
        return found

    return ask


@pytest.fixture(scope="session")
def verdicts(
    in_the_page: Callable[[list[tuple[str, Answer | None]]], list[Answer]],
) -> dict[tuple[str, str], Answer]:
    """Every program of every task, judged in one run of MicroPython."""
    listed = [
        (name, what, code, boxes.spec(task))
        for name, task in TASKS.items()
        for what, code in programs(task).items()
    ]
    judged = in_the_page([(code, asked) for *_, code, asked in listed])
    return {
        (name, what): answer
        for (name, what, *_), answer in zip(listed, judged, strict=True)
    }


def kind(answer: Answer) -> tuple[object, object, object]:
    """A verdict without its words, which differ between the two Pythons."""
    error, verdict = answer["error"], answer["verdict"]
    rows = [row["right"] for row in verdict["rows"]] if verdict else None
    return error and error["kind"], rows, verdict and verdict["wrong"]


def test_each_task_has_a_name_of_its_own() -> None:
    assert len(TASKS) == len(FOUND)


@pytest.mark.parametrize("number", WITH_TASKS)
def test_a_chapters_exercises_hold_two_tasks(number: int) -> None:
    found = [name for path, name, _ in FOUND if path.name.startswith(f"{number:02}_")]
    assert len(found) >= FEWEST_TASKS


@pytest.mark.parametrize("name", TASKS)
def test_the_solution_passes_and_the_start_does_not(name: str) -> None:
    task = TASKS[name]
    asked = boxes.spec(task)
    solved = in_cpython(task.solution, asked)
    assert kind(solved) == (None, [True] * len(task.checks), [])
    started = in_cpython(task.start, asked)
    assert started["error"] is None
    assert not all(row["right"] for row in started["verdict"]["rows"])


@pytest.mark.parametrize("name", TASKS)
def test_each_wrong_answer_is_told_from_the_others_and_explained(name: str) -> None:
    task = TASKS[name]
    asked = boxes.spec(task)
    assert len(task.wrong) >= FEWEST_WRONG
    assert len({said for said, _ in task.wrong}) == len(task.wrong)
    for place, (said, code) in enumerate(task.wrong):
        judged = in_cpython(code, asked)
        assert judged["error"] is None
        assert judged["verdict"]["wrong"] == [place], said
        assert len(said.split()) > 5 and said.endswith(".")


@pytest.mark.parametrize("name", TASKS)
def test_the_page_and_cpython_say_the_same(
    name: str, verdicts: dict[tuple[str, str], Answer]
) -> None:
    task = TASKS[name]
    asked = boxes.spec(task)
    for what, code in programs(task).items():
        assert kind(verdicts[name, what]) == kind(in_cpython(code, asked)), what


@pytest.mark.parametrize("name", TASKS)
def test_a_task_runs_in_a_notebook(name: str) -> None:
    task = TASKS[name]
    asked = boxes.spec(task)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(task.solution + boxes.for_a_notebook(asked["checks"]), {})
    lines = printed.getvalue().splitlines()[-len(task.checks) :]
    for line, (tried, _) in zip(lines, asked["checks"], strict=True):
        found = re.fullmatch(r"(.+) gives (.+) and should give (.+)", line)
        assert found is not None and found[1] == tried
        names = {"inf": float("inf"), "nan": float("nan")}
        assert judge.near(eval(found[2], dict(names)), eval(found[3], dict(names)))


def test_what_the_two_pythons_might_do_differently_they_do_alike(
    in_the_page: Callable[[list[tuple[str, Answer | None]]], list[Answer]],
) -> None:
    page = in_the_page([(source, None) for source in MET])
    for (source, error), there in zip(MET.items(), page, strict=True):
        here = in_cpython(source, None)
        assert kind(here)[0] == kind(there)[0] == error, source
        assert not error or here["error"]["line"] == there["error"]["line"], source


def test_an_error_names_the_readers_own_line(
    in_the_page: Callable[[list[tuple[str, Answer | None]]], list[Answer]],
) -> None:
    source = "def f(x):\n    return 1 / x\n\n\nf(0)\n"
    for answer in (in_cpython(source, None), *in_the_page([(source, None)])):
        assert answer["error"]["line"] == 2
    asked = {"checks": [["f(0)", "1"], ["g(1)", "2"]], "wrong": []}
    source = "def f(x):\n    y = x\n    return 1 / y\n"
    for answer in (in_cpython(source, asked), *in_the_page([(source, asked)])):
        broken, missing = answer["verdict"]["rows"]
        assert (broken["line"], broken["right"]) == (3, False)
        assert broken["came"].startswith("ZeroDivisionError")
        assert missing["came"].startswith("NameError") and missing["line"] == 0


@pytest.mark.parametrize(
    ("came", "expected", "agree"),
    [
        (0.1 + 0.2, 0.3, True),
        (0.3, 0.3001, False),
        (1, 1.0, True),
        ([1, 2], (1.0, 2.0), True),
        ([1, 2], [1, 2, 3], False),
        ({"a": 1.0}, {"a": 1}, True),
        ({"a": 1.0}, {"b": 1.0}, False),
        (float("nan"), float("nan"), True),
        (float("inf"), 1e308, False),
        (None, 0.0, False),
        ("0.3", 0.3, False),
        (1e-11, 0.0, False),
        (1e-17, 0.0, True),
    ],
)
def test_results_agree_within_rounding_and_no_further(
    came: object, expected: object, agree: bool
) -> None:
    assert judge.near(came, expected) is agree


def test_a_result_that_differs_late_is_shown_with_more_digits() -> None:
    asked = {"checks": [["1.0 + 2e-6", "1.0"], ["None", "1"]], "wrong": []}
    late, nothing = in_cpython("", asked)["verdict"]["rows"]
    assert (late["came"], late["expected"]) == ("1.000002", "1")
    assert "return" in nothing["remark"]


def test_a_line_that_cannot_be_read_or_a_name_gets_a_remark(
    in_the_page: Callable[[list[tuple[str, Answer | None]]], list[Answer]],
) -> None:
    page = in_the_page([(source, None) for source in REMARKS])
    for (source, remark), there in zip(REMARKS.items(), page, strict=True):
        told = there["error"]["remark"]
        assert remark in told and bool(remark) == bool(told), source


def test_a_check_says_when_the_tasks_name_is_missing() -> None:
    row = in_cpython("h = 1\n", {"checks": [["f(1)", "1"]], "wrong": []})
    assert "your code does not define it" in row["verdict"]["rows"][0]["remark"]


def test_results_that_no_known_mistake_explains_get_a_hint(
    in_the_page: Callable[[list[tuple[str, Answer | None]]], list[Answer]],
) -> None:
    checks = [["f()", "0.7"], ["g()", "[0.25, 0.123456]"]]
    asked = {"checks": checks, "wrong": [["0.1", "[0.2, 0.3]"]]}
    sources = [
        f"import math\ndef f():\n    return {one}\ndef g():\n    return {two}\n"
        for one, two in HINTS
    ]
    page = in_the_page([(source, asked) for source in sources])
    for source, hint, there in zip(sources, HINTS.values(), page, strict=True):
        for answer in (there, in_cpython(source, asked)):
            told = answer["verdict"]["hint"]
            assert hint in told and bool(hint) == bool(told), source
    for answer in page:
        assert answer["verdict"]["wrong"] == []


def test_a_finite_price_of_the_impossible_gets_a_hint() -> None:
    asked = {"checks": [["f(1)", "2.0"], ["f(0)", "inf"]], "wrong": []}
    hint = in_cpython("def f(x):\n    return 2.0 if x else 34.5\n", asked)["verdict"][
        "hint"
    ]
    assert "infinity" in hint
    nan = "def f(x):\n    return 2.0 if x else float('nan')\n"
    assert in_cpython(nan, asked)["verdict"]["hint"] == ""
    right = "def f(x):\n    return 2.0 if x else float('inf')\n"
    assert in_cpython(right, asked)["verdict"]["hint"] == ""


def test_two_mistakes_are_both_named_where_an_error_hides_one(
    in_the_page: Callable[[list[tuple[str, Answer | None]]], list[Answer]],
) -> None:
    asked = {
        "checks": [["f(2)", "0.5"], ["f(4)", "0.25"], ["f(0)", "1.0"]],
        "wrong": [
            ["0.5", "0.25", "raises ZeroDivisionError"],
            ["-0.5", "-0.25", "1.0"],
            ["-0.5", "0.25", "1.0"],
            ["5.0", "raises ZeroDivisionError", "1.0"],
            ["0.5", "raises IndexError", "raises IndexError"],
        ],
    }
    programs = {
        "1 / x": [0],
        "-1 / x": [1, 0],
        "-1 / x if x else 1": [1],
        "-1 / x if x else [][1]": [1],
        "-2 / x": [0],
        "3": [],
        "-0.5 if x == 2 else 7": [],
        "-0.5 if x == 2 else 1.0 if x == 0 else 1 / 0": [1],
        "[][1] if x == 4 else 3": [],
        "1 / x if x else [][1]": [],
    }
    sources = [f"def f(x):\n    return {body}\n" for body in programs]
    page = in_the_page([(source, asked) for source in sources])
    for source, places, there in zip(sources, programs.values(), page, strict=True):
        for answer in (there, in_cpython(source, asked)):
            assert answer["verdict"]["wrong"] == places, source


@pytest.mark.parametrize(
    ("program", "came"),
    [
        ("f = list(range(100_000))\n", "18, 19, ...]"),
        ("f = {n: n for n in range(1000)}\n", ", ...}"),
        ("f = 'x' * 1_000_000\n", "xxx ..."),
        ("f = []\nf.append(f)\n", "[[[[[...]]]]]"),
        (
            "class Own:\n    def __repr__(self):\n        return 1 / 0\nf = Own()\n",
            "ZeroDivisionError",
        ),
    ],
)
def test_a_result_without_measure_is_shown_in_part(
    program: str,
    came: str,
    in_the_page: Callable[[list[tuple[str, Answer | None]]], list[Answer]],
) -> None:
    asked = {"checks": [["f", "1.0"]], "wrong": []}
    for answer in (in_cpython(program, asked), *in_the_page([(program, asked)])):
        shown = answer["verdict"]["rows"][0]["came"]
        assert came in shown and len(shown) < 400 and shown.count("[") <= 5


def test_a_question_to_the_reader_is_an_error_and_no_endless_wait(
    in_the_page: Callable[[list[tuple[str, Answer | None]]], list[Answer]],
) -> None:
    (answer,) = in_the_page([("x = input('p: ')\n", None)])
    assert "nobody can answer" in answer["error"]["text"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = 1\n", "one part"),
        ("x = 1\n# %% check\nx\n", "one part"),
        ("x = 1\n# %% check\nx\n# %% solution\nx = 2\n# %% wrong\nx = 3\n", "comment"),
    ],
)
def test_a_task_without_a_part_is_an_error(text: str, why: str) -> None:
    with pytest.raises(TaskError, match=why):
        boxes.read(text)


@pytest.mark.parametrize(
    ("solution", "why"),
    [("x = 1 / 0\n", "ZeroDivisionError"), ("y = 2\n", "NameError")],
)
def test_a_solution_that_breaks_is_an_error(solution: str, why: str) -> None:
    with pytest.raises(TaskError, match=why):
        boxes.spec(Task("", ["x"], solution, []))


def test_an_interpreter_of_another_form_is_an_error() -> None:
    with pytest.raises(interpreter.OtherInterpreterError, match="0 times and not"):
        interpreter.as_classic_script("export default none;")

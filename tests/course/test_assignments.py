"""The assignments: solutions earn all, empty versions none, wrong answers are told why."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import tomllib
import warnings
from pathlib import Path

import pytest

pytest.importorskip("otter", reason="the assignments need otter-grader")

from otter.test_files import ExceptionTestFile

from bookkit.assignments import making
from bookkit.assignments.notebooks import code_cells

NAMES = making.names()
ANSWERS = Path(__file__).with_name("answers")
MOST = 20


def answers(name, kind):
    return tomllib.loads((ANSWERS / f"{name}.toml").read_text("utf-8"))[kind]


def cases(kind):
    return [
        pytest.param(name, one, id=f"{name}-{one['question']}-{place}")
        for name in NAMES
        for place, one in enumerate(answers(name, kind))
    ]


def run_cells(cells):
    names = {"__name__": "__main__"}
    for source in cells:
        if "grader" not in source:
            exec(compile(source, "<cell>", "exec"), names)
    return names


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """A busy machine makes several threads wait for each other."""
    if importlib.util.find_spec("torch") is None:
        yield
        return
    torch = importlib.import_module("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Made:
    """An assignment as it is made, with the names that its solution defines."""

    def __init__(self, name, folder):
        making.make(name, folder)
        self.folder = folder
        self.tests = making.read_tests(folder)
        self.solved = run_cells(self.cells(folder / making.SOLUTION))

    @staticmethod
    def cells(path):
        return code_cells(json.loads(path.read_text("utf-8")))

    def tested(self, question, names):
        test = ExceptionTestFile.from_string(self.tests[question], f"{question}.py")
        # A student's warnings are no errors, as they are none where submissions are graded.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            test.run(names)
        return test


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give an assignment by its name, made once."""
    known = {}

    def of(name):
        lacking = making.missing(name)
        if lacking:
            pytest.skip(f"{name} needs {', '.join(lacking)}")
        if name not in known:
            known[name] = Made(name, tmp_path_factory.mktemp("made") / name)
        return known[name]

    return of


def failed(test):
    """The names of the tests that failed, with what they said."""
    return [
        (result.test_case.body.test_func.__name__, result.message)
        for result in test.test_case_results
        if not result.passed
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_earns_every_point_and_twenty_of_them(made, name):
    assignment = made(name)
    tests = [
        assignment.tested(question, assignment.solved) for question in assignment.tests
    ]
    assert [failed(test) for test in tests] == [[] for _ in tests]
    assert sum(test.score for test in tests) == MOST
    assert 4 <= len(tests) <= 7


@pytest.mark.parametrize("name", NAMES)
def test_the_version_that_is_handed_out_runs_and_earns_nothing(made, name):
    assignment = made(name)
    names = run_cells(assignment.cells(making.student_notebook(assignment.folder)))
    for question in assignment.tests:
        test = assignment.tested(question, names)
        assert test.score == 0, (question, test.summary())
        first = test.test_case_results[0]
        assert not first.test_case.hidden and not first.passed, question


@pytest.mark.parametrize("name", NAMES)
def test_each_question_has_checks_that_are_seen_and_parts_that_grade(made, name):
    assignment = made(name)
    handed_out = making.student_notebook(assignment.folder).read_text("utf-8")
    for question in assignment.tests:
        cases_of = assignment.tested(question, {}).test_cases
        seen = [case for case in cases_of if not case.hidden]
        graded = [case for case in cases_of if case.hidden]
        assert seen and {case.points for case in seen} == {0}, question
        assert len(graded) >= 2 and all(case.points > 0 for case in graded), question
        for case in graded:
            assert f"def {case.body.test_func.__name__}(" not in handed_out, question


@pytest.mark.parametrize("name", NAMES)
def test_what_is_handed_out_holds_no_solution(made, name):
    assignment = made(name)
    handed_out = making.student_notebook(assignment.folder).read_text("utf-8")
    assert "SOLUTION" not in handed_out
    master = json.loads((making.MASTERS / f"{name}.ipynb").read_text("utf-8"))
    sources = ["".join(cell["source"]) for cell in master["cells"]]
    given = [source for source in sources if "SOLUTION" not in source]
    lines = [line.strip() for source in sources for line in between(source)]
    kept = {line for line in lines if len(line) > 24 and line not in "".join(given)}
    assert len(kept) > 4
    shown = "".join(Made.cells(making.student_notebook(assignment.folder)))
    assert [line for line in kept if line in shown] == []


def between(source):
    """The lines of a solution in a cell."""
    inside = source.partition("# BEGIN SOLUTION\n")[2].partition("# END SOLUTION")[0]
    return inside.splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_ten_wrong_answers_or_more_are_kept_for_each(name):
    wrong = answers(name, "wrong")
    assert len(wrong) >= 10
    assert len({one["belief"] for one in wrong}) == len(wrong)
    master = (making.MASTERS / f"{name}.ipynb").read_text("utf-8")
    questions = {one["question"] for one in wrong}
    assert questions == {one["question"] for one in answers(name, "right")}
    assert all(f"name: {question}" in master for question in questions)


@pytest.mark.parametrize(("name", "one"), cases("wrong"))
def test_a_wrong_answer_fails_for_its_own_reason_and_keeps_what_is_right(
    made, name, one
):
    assignment = made(name)
    names = dict(assignment.solved)
    exec(compile(one["code"], "<wrong>", "exec"), names)
    test = assignment.tested(one["question"], names)
    found = failed(test)
    assert found, "every test passes"
    where, said = found[0]
    assert where == one["test"], said
    assert one["says"] in said.splitlines()[-1], said
    assert test.score == one["earns"], found
    assert test.score < test.possible


@pytest.mark.parametrize(("name", "one"), cases("right"))
def test_a_right_answer_earns_every_point_however_it_is_written(made, name, one):
    assignment = made(name)
    names = dict(assignment.solved)
    exec(compile(one["code"], "<right>", "exec"), names)
    test = assignment.tested(one["question"], names)
    assert failed(test) == []
    assert test.score == test.possible


@pytest.mark.parametrize("name", NAMES)
def test_a_master_asks_for_packages_that_the_lock_file_holds(name):
    assert making.missing(name) == [
        package for package in making.requirements(name) if not is_installed(package)
    ]
    pins = (making.ROOT / "constraints.txt").read_text("utf-8")
    for package in making.requirements(name):
        assert f"\n{package}==" in pins


def is_installed(package):
    try:
        return bool(importlib.metadata.version(package))
    except importlib.metadata.PackageNotFoundError:
        return False

"""When .venv is used, brought up to date, or made again."""

from __future__ import annotations

import ast
import shutil
from types import ModuleType

import pytest


class Pip:
    """Stands in for pip: answers as told and counts how often it was asked."""

    def __init__(self) -> None:
        self.code = 0
        self.lines: list[str] = []
        self.asked: list[list[str]] = []

    def __call__(self, arguments: list[str]) -> tuple[int, list[str]]:
        self.asked.append(arguments)
        return self.code, self.lines


@pytest.fixture
def environment(ready, monkeypatch) -> ModuleType:
    module = ready.environment()
    monkeypatch.setattr(module, "run_pip", Pip())
    monkeypatch.setattr(module, "make_venv", _no_venv)
    return module


class MadeAgain(Exception):  # noqa: N818
    """Stands in for making .venv, with the reason given."""


def _no_venv(reason):
    raise MadeAgain(reason)


def _edit(checkout, name):
    path = checkout.folder / name
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")


@pytest.mark.parametrize("group", ["book", "all"])
def test_a_finished_venv_with_the_same_inputs_is_left_alone(environment, group):
    environment.prepare(group, "book", False)
    assert environment.run_pip.asked == []


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "constraints.txt", "requirements.txt"]
)
def test_a_changed_input_installs_once_more(ready, environment, name):
    _edit(ready, name)
    environment.prepare("all", "test", False)
    environment.prepare("all", "test", False)
    assert environment.run_pip.asked == [["-r", "requirements.txt"]]


def test_what_builds_the_book_is_not_enough_for_the_tests(environment):
    environment.write_stamp(environment.finished_stamp("book"))
    environment.prepare("book", "book", False)
    assert environment.run_pip.asked == []
    environment.prepare("all", "test", False)
    assert environment.run_pip.asked == [["-r", "requirements.txt"]]


def test_the_book_is_installed_without_the_other_groups(environment):
    environment.os.remove(environment.STAMP)
    environment.prepare("book", "book", False)
    assert environment.run_pip.asked == [["-c", "constraints.txt", "-e", ".[book]"]]


def test_a_copied_folder_gets_a_venv_of_its_own(ready, environment, monkeypatch):
    other = ready.folder.with_name("moved away")
    shutil.move(ready.folder, other)
    moved = type(ready)(other).environment()
    monkeypatch.setattr(moved, "make_venv", _no_venv)
    with pytest.raises(MadeAgain, match="moved or copied"):
        moved.prepare("book", "book", False)


def test_an_installation_cut_short_is_not_built_upon(environment):
    environment.write_stamp(environment.UNFINISHED)
    with pytest.raises(MadeAgain, match="cut short"):
        environment.prepare("book", "book", False)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"serves": ["book"]}'])
def test_a_spoilt_stamp_counts_as_cut_short(environment, text):
    with open(environment.STAMP, "w", encoding="utf-8") as stamp:
        stamp.write(text)
    with pytest.raises(MadeAgain, match="cut short"):
        environment.prepare("book", "book", False)


def test_an_interpreter_that_is_gone_is_noticed(ready, environment):
    for name in ("python", "python3"):
        (ready.venv / "bin" / name).unlink()
        (ready.venv / "bin" / name).symlink_to(ready.folder / "gone")
    with pytest.raises(MadeAgain, match="does not run"):
        environment.prepare("book", "book", False)


def test_a_venv_that_would_install_into_the_system_is_noticed(ready, environment):
    (ready.venv / "pyvenv.cfg").unlink()
    with pytest.raises(MadeAgain, match="does not run"):
        environment.prepare("book", "book", False)


def test_an_interpreter_that_was_exchanged_is_noticed(environment):
    stamp = environment.finished_stamp("all")
    stamp["python"] = [3, 99]
    environment.write_stamp(stamp)
    with pytest.raises(MadeAgain, match="made for another Python"):
        environment.prepare("book", "book", False)


def test_naming_another_python_makes_the_venv_again(environment, monkeypatch):
    version = environment.version_of_venv()
    other = (3, 12) if version != (3, 12) else (3, 13)
    monkeypatch.setattr(environment.sys, "version_info", (*other, 1, "final", 0))
    environment.prepare("book", "book", False)
    with pytest.raises(MadeAgain, match=f"3.{other[1]} was asked for"):
        environment.prepare("book", "book", True)


def test_a_venv_made_by_hand_is_kept_and_brought_up_to_date(environment):
    environment.os.remove(environment.STAMP)
    environment.prepare("all", "test", False)
    environment.prepare("book", "book", False)
    assert len(environment.run_pip.asked) == 1


def test_pip_failing_before_it_changed_anything_spoils_nothing(ready, environment):
    finished = environment.read_stamp()
    _edit(ready, "constraints.txt")
    environment.run_pip.code = 1
    environment.run_pip.lines = ["Collecting numpy", "ERROR: No matching distribution"]
    with pytest.raises(environment.RefusalError):
        environment.prepare("all", "test", False)
    assert environment.read_stamp() == finished


def test_pip_failing_half_way_spoils_the_venv(ready, environment):
    _edit(ready, "constraints.txt")
    environment.run_pip.code = 1
    environment.run_pip.lines = ["Installing collected packages: numpy", "ERROR: no"]
    with pytest.raises(environment.RefusalError):
        environment.prepare("all", "test", False)
    assert environment.read_stamp() == environment.UNFINISHED


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("ERROR: No matching distribution found for numpy", "Check that this machine"),
        ("ERROR: Connection to the proxy timed out", "Check that this machine"),
        ("ERROR: [Errno 28] No space left on device", "The disk is full"),
        ("error: subprocess-exited-with-error", "what it said is above"),
    ],
)
def test_pips_errors_are_shown_with_what_to_do(environment, line, advice):
    text = environment.explain(["Collecting numpy", line, "WARNING: retrying"])
    assert text.startswith(line + "\n")
    assert advice in text
    assert text.endswith("run the same command again; it cleans up itself.")
    assert "Collecting" not in text


def test_a_newer_python_than_tested_is_let_through_with_a_warning(
    environment, monkeypatch, capsys
):
    monkeypatch.setattr(environment.sys, "version_info", (3, 99, 0, "final", 0))
    environment.refuse_an_unfit_interpreter("book")
    assert "newer than the ones this book is tested with (3.11 to 3.13)" in (
        capsys.readouterr().out
    )


def test_the_file_uses_no_syntax_that_an_old_python_cannot_read(environment):
    with open(environment.__file__, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    modern = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match, ast.AsyncFor)
    for node in ast.walk(tree):
        assert not isinstance(node, modern), node.lineno
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None, node.name
            assert not node.args.kwonlyargs, node.name
            assert not any(argument.annotation for argument in node.args.args), (
                node.name
            )
        if isinstance(node, ast.Raise):
            assert node.cause is None, node.lineno

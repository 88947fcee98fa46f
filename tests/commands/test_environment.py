"""When .venv is used, brought up to date, or made again."""

from __future__ import annotations

import ast
import shutil
import socket
import threading
from contextlib import closing
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
    monkeypatch.delenv("TORCH", raising=False)
    monkeypatch.setattr(module, "run_pip", Pip())
    monkeypatch.setattr(
        module, "installed_torch", lambda: module.pinned_torch() + "+cpu"
    )
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
    assert "newer than the ones this book is tested with (3.11 to 3.14)" in (
        capsys.readouterr().out
    )


@pytest.fixture
def bare(environment, monkeypatch) -> ModuleType:
    """A Linux machine with no graphics card, no torch yet, and PyTorch's index in reach."""
    monkeypatch.setattr(environment, "installed_torch", lambda: "")
    monkeypatch.setattr(environment, "has_builds_for_graphics_cards", lambda: True)
    monkeypatch.setattr(environment, "has_a_graphics_card", lambda: False)
    monkeypatch.setattr(environment, "is_reachable", lambda address: True)
    return environment


def _asked_for_torch(environment) -> list[list[str]]:
    return [words for words in environment.run_pip.asked if words[0] == "--no-deps"]


def test_without_a_graphics_card_torch_alone_comes_from_pytorchs_index(bare):
    bare.install_torch("")
    wanted = f"torch=={bare.pinned_torch()}+cpu"
    assert _asked_for_torch(bare) == [
        ["--no-deps", "--extra-index-url", bare.CPU_INDEX, wanted]
    ]


def test_an_index_out_of_reach_is_not_asked_and_pips_own_answer_is_taken(
    bare, monkeypatch, capsys
):
    monkeypatch.setattr(bare, "is_reachable", lambda address: False)
    bare.run_pip.code = 1
    bare.run_pip.lines = ["ERROR: No matching distribution found for torch"]
    bare.install_torch("")
    assert _asked_for_torch(bare) == [
        ["--no-deps", f"torch=={bare.pinned_torch()}+cpu"]
    ]
    assert "cannot be reached, so pip takes what it finds" in capsys.readouterr().out


def test_asking_for_the_build_for_processors_where_there_is_none_is_refused(bare):
    finished = bare.read_stamp()
    bare.run_pip.code = 1
    bare.run_pip.lines = ["ERROR: No matching distribution found for torch"]
    with pytest.raises(
        bare.NoCpuBuildError, match=r"TORCH=none leaves torch out"
    ) as no:
        bare.install("all", finished, "cpu")
    assert no.value.code == bare.NO_CPU_BUILD
    assert bare.read_stamp() == finished


@pytest.mark.parametrize("choice", ["any", "none"])
def test_who_asks_for_another_torch_or_none_gets_no_build_for_processors(bare, choice):
    bare.install_torch(choice)
    assert _asked_for_torch(bare) == []


def test_a_graphics_card_keeps_pips_torch_unless_the_other_is_asked_for(
    bare, monkeypatch
):
    monkeypatch.setattr(bare, "has_a_graphics_card", lambda: True)
    bare.install_torch("")
    assert _asked_for_torch(bare) == []
    bare.install_torch("cpu")
    assert len(_asked_for_torch(bare)) == 1


def test_without_torch_everything_else_is_installed(bare):
    bare.install("all", None, "none")
    (asked,) = bare.run_pip.asked
    assert asked[:4] == ["-c", "constraints.txt", "-e", "."]
    names = " ".join(asked)
    assert all(f" {name}>=" in names for name in ("jupyterlab", "pytest", "matplotlib"))
    assert "torch" not in names and "xent-lib" not in names


def test_another_torch_than_the_last_installs_once_more(environment, monkeypatch):
    environment.write_stamp(environment.finished_stamp("all", "none"))
    environment.prepare("book", "book", False)
    assert environment.run_pip.asked == []
    environment.prepare("all", "test", False)
    assert environment.run_pip.asked == [["-r", "requirements.txt"]]
    environment.prepare("all", "test", False)
    assert len(environment.run_pip.asked) == 1
    monkeypatch.setenv("TORCH", "cpu")
    environment.prepare("all", "test", False)
    assert len(environment.run_pip.asked) == 2


def test_an_unknown_torch_is_refused_with_the_known_ones(environment, monkeypatch):
    monkeypatch.setenv("TORCH", "cuda")
    with pytest.raises(environment.RefusalError, match="cpu, any, none"):
        environment.prepare("all", "test", False)


def test_an_index_that_answers_is_reachable_and_one_that_is_silent_is_given_up(
    environment, monkeypatch
):
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/torch/"
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr(environment, "SECONDS_TO_ANSWER", 0.2)
        assert not environment.is_reachable(address)
        monkeypatch.setattr(environment, "SECONDS_TO_ANSWER", 60)

        def answer():
            for _ in range(2):  # the first is the one that was given up
                connection, _ = server.accept()
                connection.recv(1000)
                connection.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")
                connection.close()

        answering = threading.Thread(target=answer)
        answering.start()
        assert environment.is_reachable(address)
        answering.join()
    assert not environment.is_reachable(address)


def test_a_large_download_is_named_with_its_size_before_it_comes(environment, capsys):
    downloads = environment.Downloads()
    downloads.note("  Downloading numpy-2.4.6-cp311-manylinux.whl (16.6 MB)")
    assert capsys.readouterr().out == ""
    downloads.note(
        "Downloading torch-2.13.0-cp311-manylinux_2_28_x86_64.whl (526.6 MB)"
    )
    assert "torch-2.13.0-cp311-manylinux_2_28_x86_64.whl: 527 MB" in (
        capsys.readouterr().out
    )


def test_small_downloads_that_add_up_are_named_once(environment, capsys):
    downloads = environment.Downloads()
    for _ in range(8):
        downloads.note("  Downloading part.whl (99.0 MB)")
    assert capsys.readouterr().out.count("more than 500 MB") == 1


def test_pips_conflict_is_shown_and_is_not_called_a_network_fault(environment):
    lines = [
        "ERROR: Cannot install a because these package versions have conflicting "
        "dependencies.",
        "",
        "The conflict is caused by:",
        "    a 1 depends on b>=1",
        "ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/dependency-resolution",
    ]
    text = environment.explain(lines)
    assert "a 1 depends on b>=1" in text and "online" not in text


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

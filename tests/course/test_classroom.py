"""What a class on one server is made of: versions, what is handed out, and what is refused."""

from __future__ import annotations

import importlib.metadata
import json
import os
import pwd
import re
import stat
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

pytest.importorskip("jupyterhub", reason="a class needs JupyterHub")

from bookkit import ROOT
from bookkit.assignments.making import AssignmentError, names
from bookkit.assignments.notebooks import BIGGEST
from bookkit.commands import hub as command
from bookkit.hub import classroom, hand_in, kept, student_server
from bookkit.hub.kept import Kept

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
HUB = ROOT / "book" / "bookkit" / "hub"
KUBERNETES = HUB / "kubernetes"


def under(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_version_is_kept_and_the_newest_is_shown(tmp_path):
    store = Kept(tmp_path)
    one, new = store.put("ana", "01_losses", b"1", NOON)
    assert (one.number, one.at, new) == (1, NOON, True)
    same, new = store.put("ana", "01_losses", b"1", NOON + timedelta(hours=1))
    assert (same, new) == (one, False)
    two, _ = store.put("ana", "01_losses", b"2", NOON)
    back, _ = store.put("ana", "01_losses", b"1", NOON - timedelta(hours=1))
    assert [version.number for version in (two, back)] == [2, 3]
    store.put("ben", "01_losses", b"3", NOON)
    assert store.versions("ana", "01_losses") == [one, two, back]
    assert store.versions("ana", "02_classifier") == []
    assert under(tmp_path) == {
        "handed_in/01_losses/ana.ipynb": b"1",
        "handed_in/01_losses/ben.ipynb": b"3",
        "versions/01_losses/ana/0001-20261130T120000Z.ipynb": b"1",
        "versions/01_losses/ana/0002-20261130T120000Z.ipynb": b"2",
        "versions/01_losses/ana/0003-20261130T110000Z.ipynb": b"1",
        "versions/01_losses/ben/0001-20261130T120000Z.ipynb": b"3",
    }
    shown = tmp_path / "handed_in" / "01_losses" / "ben.ipynb"
    assert shown.stat().st_mtime == NOON.timestamp()
    for folder in ("handed_in", "versions"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700


def test_what_a_power_cut_left_is_mended(tmp_path):
    store = Kept(tmp_path)
    store.put("ana", "01_losses", b"1", NOON)
    folder = tmp_path / "versions" / "01_losses" / "ana"
    (folder / "0002-20261130T130000Z.ipynb").write_bytes(b"2")
    (folder / ".0003-20261130T140000Z.ipynb.part").write_bytes(b"half")
    Kept(tmp_path).bring_up_to_date()
    assert (tmp_path / "handed_in" / "01_losses" / "ana.ipynb").read_bytes() == b"2"
    assert store.put("ana", "01_losses", b"3", NOON)[0].number == 3


def test_two_processes_that_hand_in_at_once_lose_nothing(tmp_path):
    code = (
        "import sys; from pathlib import Path; from bookkit.hub.kept import Kept\n"
        "for k in range(40): Kept(Path(sys.argv[1])).put("
        "'ana', '01_losses', f'{sys.argv[2]} {k}'.encode())"
    )
    here = os.environ | {"PYTHONPATH": str(ROOT / "book")}
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), who], env=here)
        for who in ("a", "b")
    ]
    assert [one.wait(timeout=120) for one in running] == [0, 0]
    versions = Kept(tmp_path).versions("ana", "01_losses")
    assert [version.number for version in versions] == list(range(1, 81))
    assert len({version.path.read_bytes() for version in versions}) == 80


def test_no_login_name_leaves_the_folder_or_takes_the_place_of_another():
    names = [
        "ana",
        "Ana",
        "a/na",
        "../ana",
        ".ana",
        "%2Eana",
        "a na",
        "ana@x",
        "a%2Fna",
    ]
    files = [kept.file_name(name) for name in names]
    assert len(set(files)) == len(names)
    assert not any("/" in file or file.startswith(".") for file in files)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s ago"),
        (59, "59 s ago"),
        (60, "1 minute ago"),
        (7199, "1 hour ago"),
        (172800, "2 days ago"),
        (-5, "2026-11-30 12:00:05 UTC"),
    ],
)
def test_the_page_says_how_long_ago_a_file_was_saved(seconds, said):
    at = (NOON - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    assert hand_in.ago(at, NOON) == said
    assert hand_in.ago("None", NOON) == "at an unknown time"


def test_a_notebook_that_is_too_large_is_refused():
    with pytest.raises(hand_in.RefusedError, match="21 MiB, and 20 MiB are taken"):
        hand_in.checked("a.ipynb", b" " * (BIGGEST + 2**20), ["01_losses"])


@pytest.fixture
def laid_out(tmp_path):
    """What is handed out, and the folder of a student who has it."""
    material, home = tmp_path / "material", tmp_path / "home"
    (material / "chapters").mkdir(parents=True)
    (material / "chapters" / "a.ipynb").write_text("a")
    (material / "start.md").write_text("s")
    home.mkdir()
    assert student_server.lay_out(material, home) == ["chapters/a.ipynb", "start.md"]
    assert student_server.lay_out(material, home) == []
    return material, home


def test_what_a_student_wrote_is_never_touched(laid_out):
    material, home = laid_out
    (home / "chapters" / "a.ipynb").write_text("mine")
    assert student_server.lay_out(material, home) == []
    (material / "chapters" / "a.ipynb").write_text("a, corrected")
    assert student_server.lay_out(material, home) == ["chapters/a-new-2.ipynb"]
    assert student_server.lay_out(material, home) == []
    (home / student_server.GIVEN).write_text("[")
    (material / "chapters" / "a.ipynb").write_text("a, again")
    assert student_server.lay_out(material, home) == ["chapters/a-new-3.ipynb"]
    found = under(home)
    del found[student_server.GIVEN]
    assert found == {
        "chapters/a.ipynb": b"mine",
        "chapters/a-new-2.ipynb": b"a, corrected",
        "chapters/a-new-3.ipynb": b"a, again",
        "start.md": b"s",
    }


def test_what_a_student_has_not_changed_is_renewed_and_what_is_gone_comes_back(
    laid_out,
):
    material, home = laid_out
    (material / "start.md").write_text("s, corrected")
    (home / "chapters" / "a.ipynb").rename(home / "spoilt.ipynb")
    assert student_server.lay_out(material, home) == ["chapters/a.ipynb", "start.md"]
    assert (home / "start.md").read_text() == "s, corrected"
    assert (home / "spoilt.ipynb").read_text() == "a"
    (home / "start.md").unlink()
    (home / "start.md").mkdir()
    assert student_server.lay_out(material, home) == []
    (material / "start.md").write_text("s, again")
    assert student_server.lay_out(material, home) == ["start-new-2.md"]


@pytest.fixture
def folder(tmp_path):
    """A class's folder."""
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / classroom.LIST).write_text("ana  # Ana A.\n\nben\n")
    return tmp_path / "class"


def test_an_order_is_read_and_survives_the_way_to_the_hub(folder):
    order = command.parse([str(folder), "TRIAL=1", "ASSIGNMENTS=01_losses", "PORT="])
    assert order.students == ("ana", "ben")
    assert (order.assignments, order.port, order.trial) == (("01_losses",), 8000, True)
    assert len(order.password) >= 8  # JupyterHub takes no shorter one
    assert classroom.Order.from_json(order.as_json()) == order


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["DIR="], "DIR is missing. Expected the folder of the class: make hub DIR="),
        (["DIR=/nowhere"], "DIR is /nowhere, which is not there. Expected the folder"),
        (
            ["DIR={}", "DOR=1"],
            '"DOR=1" is no argument. Expected NAME=VALUE with one of',
        ),
        (["DIR={}", "PORT=80"], 'PORT is "80". Expected a whole number from 1024 to'),
        (["DIR={}", "PORT=²"], 'PORT is "²". Expected a whole number'),
        (["DIR={}", "ADDRESS=me"], 'ADDRESS is "me". Expected an address in numbers'),
        (["DIR={}", "ADDRESS=0.0.0.0"], "where passwords would pass unencrypted"),
        (["DIR={}", "ADDRESS=0.0.0.0", "TRIAL=1"], "a trial is for this machine alone"),
        (
            ["DIR={}", "CERT=x"],
            "CERT and KEY belong together. Expected both, or neither",
        ),
        (["DIR={}", "CERT=/no", "KEY=/no"], "CERT is /no, and there is no such file."),
        (["DIR={}", "TRIAL=yes"], 'TRIAL is "yes". Expected 1, or nothing.'),
        (
            ["DIR={}", "ASSIGNMENTS=01_loses"],
            'ASSIGNMENTS names "01_loses". Expected some',
        ),
        (
            [f"DIR={ROOT}/_build"],
            "which make clean removes. Expected a folder elsewhere",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(
    folder, arguments, says, capsys
):
    (ROOT / "_build").mkdir(exist_ok=True)
    assert command.main([one.format(folder) for one in arguments]) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "students.txt is missing. Expected the login names of the class"),
        ("# nobody\n\n", "students.txt names nobody. Expected the login names"),
        ("ana\nBen\n", 'line 2: "Ben" is no login name. Expected small letters'),
        ("ana\n../ben\n", 'line 2: "../ben" is no login name.'),
        ("ana\nben\nana\n", 'line 3: "ana" stands in line 1 too.'),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(folder, text, says):
    path = folder / classroom.LIST
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(AssignmentError, match=re.escape(says)):
        classroom.students_of(folder)


def test_a_class_without_root_or_without_accounts_is_told_what_it_lacks(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    with pytest.raises(
        AssignmentError, match="2 that this system does not know: no_such"
    ):
        classroom.check_accounts(("no_such_one", "no_such_two"))
    with pytest.raises(AssignmentError, match='"root", who may do everything'):
        classroom.check_accounts(("root",))
    monkeypatch.setattr(os, "getuid", lambda: 1234567)
    monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_name="eve"))
    with pytest.raises(AssignmentError, match="Expected root; this is eve"):
        classroom.check_accounts(("ana",))


def test_a_place_that_students_cannot_read_is_named(tmp_path):
    inner = tmp_path / "book" / "inner"
    inner.mkdir(parents=True)
    inner.chmod(0o755)
    inner.parent.chmod(0o711)
    before = classroom._closed_to_others(tmp_path)
    assert classroom._closed_to_others(inner) == before
    inner.chmod(0o711)
    assert classroom._closed_to_others(inner) == (before or inner)
    inner.parent.chmod(0o750)
    assert classroom._closed_to_others(inner) == (before or inner.parent)
    with pytest.raises(AssignmentError, match="is closed to other users"):
        classroom.check_reach(inner)


def test_what_is_handed_out_is_whole_and_holds_no_solution(
    folder, tmp_path, monkeypatch
):
    made = tmp_path / "made"
    (made / "01_losses" / "student").mkdir(parents=True)
    (made / "01_losses" / "student" / "01_losses.ipynb").write_text("{}")
    (made / "01_losses" / "solution.ipynb").write_text("0.5108")
    monkeypatch.setattr(classroom, "MADE", made)
    for _ in range(2):
        classroom.prepare(folder, ("01_losses",))
    material = folder / classroom.MATERIAL
    assert [path.name for path in (material / "assignments").iterdir()] == [
        "01_losses.ipynb"
    ]
    chapters = sorted(path.name for path in (material / "chapters").iterdir())
    assert chapters == [path.name for path in classroom.chapters()]
    assert (material / "start.md").read_bytes() == (HUB / "start.md").read_bytes()
    assert {path.name for path in folder.iterdir()} == {
        "hub",
        "material",
        "students.txt",
    }
    for path in (material, *material.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644)


def test_the_page_to_start_from_leads_to_the_service():
    text = (HUB / "start.md").read_text("utf-8")
    settings = (HUB / "jupyterhub_config.py").read_text("utf-8")
    (name,) = re.findall(r'^HAND_IN = "(.+)"$', settings, re.MULTILINE)
    assert f"](/services/{name}/)" in text
    idle = json.loads(
        (HUB / "jupyter" / "jupyter_server_config.json").read_text("utf-8")
    )
    assert idle["MappingKernelManager"]["cull_idle_timeout"] == 3600
    assert "nothing for an hour" in text


def test_lab_is_set_as_make_lab_sets_it():
    theirs = ROOT / "book" / "bookkit" / "commands" / "jupyter"
    for name in ("jupyter_lab_config.json", "labconfig/page_config.json"):
        assert (HUB / "jupyter" / name).read_bytes() == (theirs / name).read_bytes()


# The chart and the image cannot be tried without a cluster; what can be read is read.


@pytest.fixture
def values():
    """The values for the chart."""
    return yaml.safe_load((KUBERNETES / "values.yaml").read_text("utf-8"))


@pytest.fixture
def dockerfile():
    """The lines of the Dockerfile, with those that go on put together."""
    text = (KUBERNETES / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_each_file_that_the_image_copies_is_there(dockerfile):
    copied = []
    for line in dockerfile:
        if line.startswith("COPY "):
            *sources, _ = line.removeprefix("COPY ").split()
            for source in sources:
                if not source.startswith("_build/"):
                    assert list(ROOT.glob(source)), source
                copied.append(source)
    assert "_build/course/*/student/*.ipynb" in copied
    assert not {"notebooks/assignments", "tests", "book/bookkit/assignments"} & set(
        copied
    )
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (install,) = (line for line in dockerfile if '".[course]"' in line)
    assert "course" in groups["optional-dependencies"]
    assert "JUPYTERHUB" in install and "TORCH_INDEX" in install
    pins = (ROOT / "constraints.txt").read_text("utf-8")
    for name in ("torch", "jupyterhub"):
        assert f"grep '^{name}==" in install or f"match '^{name}==" in install
        assert f"\n{name}==" in pins


def test_the_image_starts_what_the_chart_and_the_server_expect(dockerfile, values):
    one = values["singleuser"]
    (begin,) = (line for line in dockerfile if line.startswith("CMD "))
    assert json.loads(begin.removeprefix("CMD ")) == one["cmd"]
    environment = next(line for line in dockerfile if line.startswith("ENV "))
    assert f"JUPYTERHUB_ROOT_DIR={one['storage']['homeMountPath']}" in environment
    server = (HUB / "student_server.py").read_text("utf-8")
    for name in re.findall(r"(\w+)=", environment):
        assert f'"{name}"' in server


def test_the_chart_runs_the_service_of_this_repository(values):
    hub = values["hub"]
    (name,) = hub["services"]
    service = hub["services"][name]
    settings = (HUB / "jupyterhub_config.py").read_text("utf-8")
    assert f'HAND_IN = "{name}"' in settings
    assert service["command"][1:] == ["-P", "-m", hand_in.__spec__.name]
    assert service["oauth_client_allowed_scopes"] == ["access:servers!user"]
    scopes = hub["loadRoles"]["user"]["scopes"]
    assert scopes == ["self", f"access:services!service={name}"]
    asked = set(re.findall(r'os\.environ(?:\.get\(|\[)"(XENT_\w+)"', _source(hand_in)))
    assert asked == {key for key in service["environment"] if key.startswith("XENT_")}
    assert service["environment"]["XENT_ASSIGNMENTS"].split(",") == names()
    port = int(service["url"].rpartition(":")[2])
    (extra,) = hub["service"]["extraPorts"]
    assert extra["port"] == extra["targetPort"] == port
    (way_in,) = hub["networkPolicy"]["ingress"]
    (way_out,) = values["proxy"]["chp"]["networkPolicy"]["egress"]
    assert way_in["ports"] == way_out["ports"] == [{"port": port}]


def _source(module):
    return Path(module.__file__).read_text("utf-8")


def test_the_service_runs_from_the_files_that_the_chart_puts_there(values, tmp_path):
    """Only what is mounted: three files, without the book's own packages."""
    text = (KUBERNETES / "values.yaml").read_text("utf-8")
    given = dict(
        re.findall(r"--set-file hub\.extraFiles\.(\w+)\.stringData=(\S+)", text)
    )
    mounted = values["hub"]["extraFiles"]
    assert given.keys() == mounted.keys()
    root = values["hub"]["services"]["hand-in"]["environment"]["PYTHONPATH"]
    for key, file in given.items():
        place = tmp_path / mounted[key]["mountPath"].removeprefix(f"{root}/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((ROOT / file).read_bytes())
    code = (
        "import sys, bookkit.hub.hand_in as service\n"
        "own = [m for m in sys.modules if m.startswith('bookkit.')]\n"
        "print(service.__file__, *sorted(own))"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout.split()
    assert found[0].startswith(str(tmp_path))
    assert len([name for name in found[1:] if name.count(".") == 2]) == len(given)


def test_the_image_and_the_chart_have_one_jupyterhub(dockerfile):
    (image,) = (line for line in dockerfile if line.startswith("ARG JUPYTERHUB="))
    version = image.partition("=")[2]
    text = (KUBERNETES / "values.yaml").read_text("utf-8")
    assert f"JupyterHub {version}" in " ".join(text.replace("#", " ").split())
    oldest = next(
        line
        for line in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))[
            "project"
        ]["optional-dependencies"]["hub"]
        if line.startswith("jupyterhub")
    )
    assert version.startswith(oldest.rpartition("=")[2])
    assert importlib.metadata.version("jupyterhub")

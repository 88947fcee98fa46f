"""The package as a whole: light to import, typed, and laid out as CONTRIBUTING draws it."""

import ast
import inspect
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import xent_lib
from xent_lib import models

# What `import xent_lib` brings of the library itself. Each module costs time at every start.
CORE = {"_validation", "information", "labels", "losses", "special"}


def imported_by(statement, *, before="import numpy"):
    code = (
        f"import sys\n{before}\nfound = set(sys.modules)\n{statement}\n"
        "print(*sorted(set(sys.modules) - found))"
    )
    return subprocess.check_output([sys.executable, "-c", code], text=True).split()


def test_importing_brings_the_core_and_beside_numpy_nothing_that_is_installed():
    found = imported_by("import xent_lib")
    assert {
        name.split(".")[1] for name in found if name.startswith("xent_lib.")
    } == CORE
    packages = {name.split(".")[0] for name in found} - {"xent_lib", "numpy"}
    assert packages <= sys.stdlib_module_names


@pytest.mark.parametrize("name", ["SoftmaxRegression", "TwoLayerNetwork"])
def test_a_model_is_imported_when_it_is_first_asked_for(name):
    assert name in xent_lib.__all__ and name in dir(xent_lib)
    assert getattr(xent_lib, name) is getattr(models, name)
    found = imported_by(f"xent_lib.{name}", before="import xent_lib")
    assert "xent_lib.models" in found


def test_a_name_that_is_not_there_gets_pythons_own_error():
    with pytest.raises(
        AttributeError, match="module 'xent_lib' has no attribute 'softmaxes'"
    ):
        xent_lib.softmaxes  # noqa: B018


def test_types_ship_with_the_package():
    assert (Path(xent_lib.__file__).parent / "py.typed").is_file()


LIBRARY = Path(__file__).parents[2] / "xent_lib"
CONTRIBUTING = LIBRARY.parent / "CONTRIBUTING.md"


def rooms():
    """The modules and packages at the root, with the files of each."""
    found = {path.stem: [path] for path in LIBRARY.glob("[!_]*.py")}
    for package in LIBRARY.glob("*/__init__.py"):
        found[package.parent.name] = sorted(package.parent.rglob("*.py"))
    return found


def imported_rooms(path):
    """The rooms that a file imports from, at its head or later."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by dots"
            names |= {f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
    return {name.split(".")[1] for name in names if name.startswith("xent_lib.")}


def drawn_rows():
    text = CONTRIBUTING.read_text(encoding="utf-8")
    picture = re.search(r"## The library\n.*?```text\n(.*?)```", text, re.DOTALL)
    return [row.split() for row in picture[1].splitlines() if "↓" not in row]


def described():
    """What the table says: a sentence and the imports of each room."""
    text = CONTRIBUTING.read_text(encoding="utf-8")
    section = text.split("## The library\n")[1].split("\n## ")[0]
    table = re.findall(r"^\| `(\w+)` \| (.*) \| (.*)\|$", section, re.MULTILINE)
    return {
        room: (sentence, set(re.findall(r"`(\w+)`", imports)))
        for room, sentence, imports in table
    }


def test_the_picture_of_the_library_shows_every_room_once():
    drawn = [room for row in drawn_rows() for room in row]
    assert sorted(drawn) == sorted(rooms()) == sorted(described())
    assert len(drawn) <= 16


def test_a_room_imports_what_the_table_says_and_only_lower_rows():
    height = {room: -depth for depth, row in enumerate(drawn_rows()) for room in row}
    for room, files in rooms().items():
        imports = set().union(*map(imported_rooms, files)) - {room}
        assert imports == described()[room][1], room
        assert all(height[other] < height[room] for other in imports), room


def test_each_room_has_one_sentence():
    for room, (sentence, _) in described().items():
        assert re.fullmatch(r"[A-Z][^.]*\.", re.sub(r"`[^`]*`", "", sentence)), room


def test_a_room_has_a_name_that_no_module_inside_another_has():
    files = [path for files in rooms().values() for path in files]
    inner = {path.stem for path in files if path.parent != LIBRARY} - {"__init__"}
    assert inner and not inner & set(rooms())


def losses_of(size, num_classes, dtype):
    x = np.linspace(-9, 9, size * num_classes).reshape(size, num_classes).astype(dtype)
    labels = np.arange(size) % num_classes
    soft = xent_lib.one_hot(labels, num_classes)
    for ending in ("", "_value_and_grad"):
        for name, given in (
            ("softmax_cross_entropy", soft),
            ("softmax_cross_entropy_with_integer_labels", labels),
            ("sigmoid_binary_cross_entropy", soft),
            ("sigmoid_focal_loss", soft),
        ):
            yield partial(getattr(xent_lib, name + ending), x, given)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(6, 3), (2000, 50), (40_000, 10)])
def test_three_files_lie_between_a_loss_and_its_exponentials(shape, dtype, monkeypatch):
    exp, seen = np.exp, []

    def watched(*given, **options):
        frame, modules = sys._getframe(1), set()
        while frame is not None:
            modules.add(frame.f_globals["__name__"])
            frame = frame.f_back
        seen.append([name for name in modules if name.startswith("xent_lib.")])
        return exp(*given, **options)

    monkeypatch.setattr(np, "exp", watched)
    for loss in losses_of(*shape, dtype):
        seen.clear()
        loss()
        assert seen and all(1 <= len(modules) <= 3 for modules in seen)


GLOBAL_SETTINGS = """
import importlib, importlib.util, os, pkgutil, warnings
import matplotlib.pyplot, numpy
for other in ("IPython", "anywidget", "sklearn", "torch"):
    if importlib.util.find_spec(other):
        importlib.import_module(other)

def settings():
    return (
        dict(matplotlib.rcParams), numpy.geterr(), numpy.getbufsize(),
        numpy.get_printoptions(), list(warnings.filters), dict(os.environ),
    )

before = settings()
import xent_lib
for module in pkgutil.walk_packages(xent_lib.__path__, "xent_lib."):
    if "torch" not in module.name or importlib.util.find_spec("torch"):
        importlib.import_module(module.name)
assert settings() == before, "on import"
from xent_lib.plots.worked_example import plot_prices
from xent_lib.show import show_figure
xent_lib.softmax_cross_entropy_with_integer_labels(numpy.zeros((9000, 60)), [0] * 9000)
xent_lib.SoftmaxRegression().fit([[0.0], [1.0], [2.0]], [0, 1, 0])
drawn = plot_prices([0.5, 1.0], [0.69, 0.0], {"A": (0.7, 0.3567)})
show_figure(drawn, "A price on a curve.")._repr_svg_()
assert settings() == before, "on a call"
"""


def test_no_global_setting_changes_on_import_or_on_a_call():
    subprocess.check_output([sys.executable, "-c", GLOBAL_SETTINGS])


@pytest.mark.parametrize("ending", ["", "_value_and_grad"])
@pytest.mark.parametrize(
    "name", ["softmax_cross_entropy", "softmax_cross_entropy_with_integer_labels"]
)
def test_losses_and_their_gradients_take_the_same_options_by_name(name, ending):
    parameters = inspect.signature(getattr(xent_lib, name + ending)).parameters
    by_name = [p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY]
    assert by_name == ["axis", "where", "class_weights", "label_smoothing"]
    assert list(parameters)[:2] == ["logits", "labels"] and len(parameters) == 6

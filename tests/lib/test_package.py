"""The package as a whole: light to import, typed, and laid out as CONTRIBUTING draws it."""

import subprocess
import sys
from pathlib import Path

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

"""What pip installs: the wheel's files, and the core on the oldest NumPy that it admits."""

import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = """
import numpy as np
from xent_lib import softmax_cross_entropy_with_integer_labels as losses
from xent_lib.fused import softmax_cross_entropy_with_integer_labels_value_and_grad as both
print(np.__version__)
z = np.random.default_rng(0).normal(size=(70000, 20)).astype(np.float32)
y = np.arange(70000) % 20
value, gradient = both(z, y, label_smoothing=0.0)
assert abs(value - losses(z, y).mean()) < 1e-5 and gradient.dtype == np.float32
"""


def build(folder):
    """Build the wheel from a copy, away from what an earlier build left; return its path."""
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-prose"):
        shutil.copy(ROOT / name, source)
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "xent_lib", source / "xent_lib", ignore=unwanted)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(source)], check=True)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_the_modules_and_the_data_files(tmp_path):
    names = zipfile.ZipFile(build(tmp_path)).namelist()
    for path in (ROOT / "xent_lib").rglob("*"):
        if path.suffix in {".py", ".mjs", ".css", ".typed", ".txt", ".md", ".json"}:
            assert path.relative_to(ROOT).as_posix() in names
    assert "xent_lib/py.typed" in names


@pytest.mark.slow
def test_the_core_works_on_the_oldest_numpy_that_it_admits(tmp_path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    oldest = re.fullmatch(r"numpy>=(.+)", project["dependencies"][0])[1]
    venv.create(tmp_path / "old", with_pip=True)
    python = str(tmp_path / "old" / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", f"numpy=={oldest}.*"]
    wanted = ["pytest", "hypothesis", "mpmath", "scipy<1.14", str(build(tmp_path))]
    subprocess.run([*install, *wanted], check=True)
    run = [python, "-c", CORE]
    printed = subprocess.run(
        run, check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert printed.stdout.startswith(f"{oldest}.")
    tests = ["information", "special", "errors"]
    chosen = [str(ROOT / "tests" / "lib" / f"test_{name}.py") for name in tests]
    settings = [
        "-c",
        "/dev/null",
        "--import-mode=importlib",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    settings += ["-o", f"pythonpath={ROOT / 'tests' / 'lib'}"]
    subprocess.run(
        [python, "-m", "pytest", *settings, *chosen], check=True, cwd=tmp_path
    )

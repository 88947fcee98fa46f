"""What pip installs: the wheel's files, and that it works beside the oldest packages."""

import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GROUPS = ("plots", "torch", "chapters")
ONLY_TO_RUN_CHAPTERS = {"ipykernel", "jupyterlab", "nbclient"}
# They look at the tree that they stand in, or start processes that need minutes.
LEFT_OUT = {"test_wheel", "test_package", "test_torch_losses_vocab_parallel"}


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


def oldest_versions():
    """Every package that the library imports, at the lower bound that pyproject.toml gives."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    groups = [project["dependencies"], *(optional[name] for name in GROUPS)]
    bounds = dict(
        requirement.split(">=")
        for group in groups
        for requirement in group
        if ">=" in requirement
    )
    return {
        name: bound
        for name, bound in bounds.items()
        if name not in ONLY_TO_RUN_CHAPTERS
    }


@pytest.mark.slow
def test_the_library_passes_its_tests_on_the_oldest_packages_that_it_admits(tmp_path):
    oldest = oldest_versions()
    venv.create(tmp_path / "old", with_pip=True)
    python = str(tmp_path / "old" / "bin" / "python")
    wanted = [f"{name}=={bound}.*" for name, bound in oldest.items()]
    install = [python, "-m", "pip", "install", "--quiet"]
    testing = ["hypothesis", "numpydoc", "pytest"]
    subprocess.run([*install, *wanted, *testing, str(build(tmp_path))], check=True)
    version = [
        python,
        "-c",
        "import numpy, torch; print(numpy.__version__, torch.__version__)",
    ]
    printed = subprocess.run(version, check=True, capture_output=True, text=True)
    for found, name in zip(printed.stdout.split(), ("numpy", "torch"), strict=True):
        assert found.startswith(f"{oldest[name]}.")
    tests = [
        str(path)
        for path in (ROOT / "tests" / "lib").glob("test_*.py")
        if path.stem not in LEFT_OUT
    ]
    folders = [str(ROOT / folder) for folder in ("tests/lib", "book")]
    settings = [
        "-c",
        "/dev/null",
        "--import-mode=importlib",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    settings += ["-m", "not slow", "-o", f"pythonpath={' '.join(folders)}"]
    settings += ["-W", "ignore::DeprecationWarning"]
    subprocess.run(
        [python, "-m", "pytest", *settings, *tests], check=True, cwd=tmp_path
    )

"""The wheel of xent_lib that a downloaded chapter carries.

setuptools, which the environment holds anyway, makes it from a copy without asking the
network. The same sources and the same setuptools give the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from bookkit import ROOT

_BESIDE = ("pyproject.toml", "README.md", "LICENSE", "LICENSE-prose")
# The first second that a zip file can name.
_EPOCH = "315532800"
_BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


class WheelError(RuntimeError):
    """The library could not be packed."""


def _sources() -> Iterator[Path]:
    for name in _BESIDE:
        yield ROOT / name
    for path in sorted((ROOT / "xent_lib").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _fingerprint() -> str:
    digest = hashlib.sha256(version("setuptools").encode())
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def library_wheel(cache: Path) -> Path:
    """Return the wheel of the library as it is now, made if ``cache`` has not got it.

    Parameters
    ----------
    cache : Path
        A folder of this function's own, which holds the newest wheel alone.

    Raises
    ------
    WheelError
        When setuptools refuses; its own words follow.
    """
    folder = cache / _fingerprint()[:16]
    if not folder.is_dir():
        shutil.rmtree(cache, ignore_errors=True)
        _build(folder)
    return next(folder.glob("*.whl"))


def _build(folder: Path) -> None:
    work = folder.with_suffix(".partial")
    source = work / "source"
    for path in _sources():
        copy = source / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        # A wheel records each file's mode, which would else be the person's umask.
        copy.chmod(0o644)
    result = subprocess.run(
        [sys.executable, "-c", _BUILD, str(work)],
        cwd=source,
        env={**os.environ, "SOURCE_DATE_EPOCH": _EPOCH},
        umask=0o022,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise WheelError(
            f"the wheel of xent_lib could not be built:\n{result.stderr.strip()}"
        )
    shutil.rmtree(source)
    work.rename(folder)

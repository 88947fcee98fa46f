"""What a reader takes away: where it lies, and zips whose bytes depend on their content alone."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from bookkit import ROOT
from bookkit.reading.edition import COMPLETE, OUTPUT, edition

SITE = OUTPUT / "html"
# A clean build empties the site; what was made from it lies beside it.
TAKE = OUTPUT / "take"
MADE_FROM = "made_from.json"
NOT_BUILT = "The book is not built. Run `make book` first."
# The first day that a zip file can name.
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16


def pack(path: Path, files: Iterable[tuple[str, bytes]], *, stored: str = "") -> None:
    """Write ``files`` in their order; the one named ``stored`` is not compressed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w") as packed:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _NO_DATE)
            entry.external_attr = _PLAIN_FILE
            entry.create_system = 3
            entry.compress_type = (
                zipfile.ZIP_STORED if name == stored else zipfile.ZIP_DEFLATED
            )
            packed.writestr(entry, content, compresslevel=9)
    partial.replace(path)


def record(path: Path) -> None:
    """Write down which edition of the book ``path`` was made from, for the site to offer it."""
    listing = path.parent / MADE_FROM
    known = made_from(path.parent)
    known[path.name] = edition()
    listing.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def make(path: Path, write: Callable[[Path], None]) -> int:
    """Make a file of the built book, and say where it is; the exit code of the command."""
    if not COMPLETE.is_file():
        print(NOT_BUILT, file=sys.stderr)
        return 1
    started = time.monotonic()
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path)
    record(path)
    seconds, size = time.monotonic() - started, path.stat().st_size / 2**20
    print(f"Made in {seconds:.0f} s, {size:.1f} MiB: {path.as_uri()}")
    return 0


def made_from(folder: Path) -> dict[str, str]:
    """Return the edition that each file of ``folder`` was made from."""
    listing = folder / MADE_FROM
    if not listing.is_file():
        return {}
    found: dict[str, str] = json.loads(listing.read_text(encoding="utf-8"))
    return found


def citation() -> dict[str, Any]:
    """Return what CITATION.cff says of the book."""
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def modified() -> str:
    """Return when the book last changed: its newest commit, in UTC, or its release."""
    command = ["git", "log", "-1", "--format=%ct"]
    try:
        seconds = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        moment = datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    except (OSError, ValueError, subprocess.CalledProcessError):
        about = citation()
        year = about["preferred-citation"]["year"]
        return f"{about.get('date-released', f'{year}-01-01')}T00:00:00Z"

"""Which edition of the book this is: what it is made of, as one hash, and where it is built."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from bookkit import ROOT

OUTPUT = ROOT / "_build"
COMPLETE = OUTPUT / ".complete"
FIRST_PAGE = OUTPUT / "html" / "index.html"

# What reaches many pages without Sphinx seeing the change: settings, the table of contents
# in every page's margin, what stands at every page's foot, the extensions' code and what
# they call, and the style sheets, which Sphinx copies only when some page is written.
SHARED_INPUTS = (
    "_config.yml",
    "_toc.yml",
    "CITATION.cff",
    "book/reproduced.json",
    "constraints.txt",
    "package-lock.json",
)
SHARED_FOLDERS = ("book/bookkit", "book/_static")
PAGE_FOLDERS = ("book", "notebooks", "xent_lib")


def _files(folder: str) -> Iterator[Path]:
    for path in sorted((ROOT / folder).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def fingerprint() -> str:
    """Hash everything whose change asks for all pages to be built again."""
    digest = hashlib.sha256(sys.version.encode() + bytes(ROOT))
    shared = [ROOT / name for name in SHARED_INPUTS]
    for folder in SHARED_FOLDERS:
        shared += _files(folder)
    for path in shared:
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def edition() -> str:
    """Hash everything that the pages say and how they say it."""
    digest = hashlib.sha256(fingerprint().encode())
    for folder in PAGE_FOLDERS:
        for path in _files(folder):
            digest.update(f"{path}\0".encode() + path.read_bytes())
    return digest.hexdigest()

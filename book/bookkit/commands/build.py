"""Build the site into _build/html, all of it or none: ``python -m bookkit.commands.build``.

A warning is an error. Sphinx rebuilds only pages whose own sources changed, which is safe
after a build that went well and whose shared inputs are still the same; in every other
case the old site is thrown away first.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import shutil
import sys
import time
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

FAILED = """\
The book was not built: each warning and error above is one to mend. Then run the same
command again; it starts from a clean folder."""


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


def _run_jupyter_book() -> bool:
    from jupyter_book.cli.main import main
    from sphinx.util.console import nocolor

    if not sys.stderr.isatty():
        nocolor()
    flags = ["-W", "-n", "--keep-going", "-q"]
    # Jupyter Book announces its folders and closes with a framed message; what matters,
    # the warnings, goes to standard error.
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            main(
                ["build", str(ROOT), "--path-output", str(ROOT), *flags],
                standalone_mode=False,
            )
        except SystemExit as stopped:
            return not stopped.code
        except RuntimeError as error:
            print(error.__cause__ or error, file=sys.stderr)
            return False
    return FIRST_PAGE.is_file()


def build() -> bool:
    """Bring _build/html up to date; return whether it is whole."""
    inputs = fingerprint()
    if not COMPLETE.is_file() or COMPLETE.read_text(encoding="utf-8") != inputs:
        for stale in (OUTPUT / "html", OUTPUT / ".doctrees"):
            shutil.rmtree(stale, ignore_errors=True)
    COMPLETE.unlink(missing_ok=True)
    if not _run_jupyter_book():
        return False
    COMPLETE.write_text(inputs, encoding="utf-8")
    return True


def main() -> int:
    """Build, and say where to look."""
    print("Building the book.", flush=True)
    started = time.monotonic()
    if not build():
        print(FAILED, file=sys.stderr)
        return 1
    print(f"Built in {time.monotonic() - started:.0f} s. Open {FIRST_PAGE.as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

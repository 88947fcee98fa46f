"""Build the site into _build/html, all of it or none: ``python -m bookkit.commands.build``.

A warning is an error. Sphinx rebuilds only pages whose own sources changed, which is safe
after a build that went well and whose shared inputs are still the same; in every other
case the old site is thrown away first.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
import time
from pathlib import Path

from bookkit import ROOT
from bookkit.reading.edition import COMPLETE, FIRST_PAGE, OUTPUT, fingerprint

FAILED = """\
The book was not built: each warning and error above is one to mend. Then run the same
command again; it starts from a clean folder."""


def run_jupyter_book(folder: Path, *flags: str) -> bool:
    """Let Jupyter Book put what it makes into ``folder``; return whether all went well."""
    from jupyter_book.cli.main import main
    from sphinx.util.console import nocolor

    if not sys.stderr.isatty():
        nocolor()
    # Jupyter Book announces its folders and closes with a framed message; what matters,
    # the warnings, goes to standard error.
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            main(
                ["build", str(ROOT), "--path-output", str(folder), *flags],
                standalone_mode=False,
            )
        except SystemExit as stopped:
            return not stopped.code
        except RuntimeError as error:
            print(error.__cause__ or error, file=sys.stderr)
            return False
    return True


def build() -> bool:
    """Bring _build/html up to date; return whether it is whole."""
    inputs = fingerprint()
    if not COMPLETE.is_file() or COMPLETE.read_text(encoding="utf-8") != inputs:
        for stale in (OUTPUT / "html", OUTPUT / ".doctrees"):
            shutil.rmtree(stale, ignore_errors=True)
    COMPLETE.unlink(missing_ok=True)
    went_well = run_jupyter_book(ROOT, "-W", "-n", "--keep-going", "-q")
    if not (went_well and FIRST_PAGE.is_file()):
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

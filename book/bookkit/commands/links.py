"""Ask every outside address that the book names: ``python -m bookkit.commands.links``.

A host that refuses programs says nothing about its page, so that is a line in the log and no
failure; any other answer than the page is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bookkit.commands.build import run_jupyter_book
from bookkit.reading.edition import OUTPUT

FOLDER = OUTPUT / "links"
ANSWERS = FOLDER / "_build" / "html" / "output.json"
REFUSALS = {401, 403, 429, 999}


def judge(answers: Path) -> tuple[list[str], int]:
    """Return a line for each address that did not give its page, and how many count."""
    lines, gone = [], 0
    for answer in map(json.loads, answers.read_text(encoding="utf-8").splitlines()):
        if answer["status"] in ("broken", "timeout"):
            refused = answer["code"] in REFUSALS
            gone += not refused
            said = "refused" if refused else answer["info"]
            place = f"{answer['filename']}:{answer['lineno']}"
            lines.append(f"{place}: {answer['uri']}: {said}")
    return lines, gone


def main() -> int:
    """Ask, and list what is not there."""
    print("Asking every outside address that the book names (minutes).", flush=True)
    ANSWERS.unlink(missing_ok=True)
    run_jupyter_book(FOLDER, "--builder", "linkcheck", "-qq")
    if not ANSWERS.is_file():
        print("The book could not be read; `make book` says why.", file=sys.stderr)
        return 1
    lines, gone = judge(ANSWERS)
    print("\n".join([*lines, f"{gone} addresses are gone."]))
    return int(gone > 0)


if __name__ == "__main__":
    sys.exit(main())

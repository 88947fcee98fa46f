"""Execute chapters again and keep their outputs: ``bookkit.commands.refresh [NN_slug ...]``.

Without a name it does so for all, and makes the figures of book/interactive.md again.

Also lists every claim in the prose that no longer holds, and rewrites the reviewed lists of
bare numbers, so that a new one shows up in the diff. A chapter that ran to its end has the
day and the versions recorded, which its page names at the foot.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from bookkit import ROOT
from bookkit.commands import gallery
from bookkit.reading.contents import FOLDED, chapters
from bookkit.reading.execution import Run, run

BARE_FACTS = ROOT / "tests" / "notebooks" / "bare_facts"
REPRODUCED = ROOT / "book" / "reproduced.json"
PACKAGES = {
    "NumPy": "numpy",
    "Matplotlib": "matplotlib",
    "PyTorch": "torch",
    "scikit-learn": "scikit-learn",
}
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
VARIES = "varies-with-processor"  # on a cell whose figure shows rounding errors
ONLY_IN_NOTEBOOKS = "remove-cell"  # the quiz, which stands on a page of its own
_KEPT_TAGS = {
    "raises-exception",
    FOLDED,
    "nbval-ignore-output",
    VARIES,
    ONLY_IN_NOTEBOOKS,
}


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Reduce metadata to what a reader's tools need, so that diffs show only content."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        tags = [tag for tag in cell.metadata.get("tags", []) if tag in _KEPT_TAGS]
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
    return notebook


def write_bare_facts(slug: str, result: Run) -> None:
    """Store the chapter's bare numbers, one a line, with the words before each."""
    BARE_FACTS.mkdir(exist_ok=True)
    (BARE_FACTS / f"{slug}.txt").write_text(
        "".join(f"{n}\n" for n in result.bare), "utf-8"
    )


def record(slug: str) -> None:
    """Store on which day and with which versions the chapter's outputs came out."""
    known = json.loads(REPRODUCED.read_text("utf-8")) if REPRODUCED.is_file() else {}
    # What follows a plus sign says for which machine a package was built.
    found = {shown: version(name).split("+")[0] for shown, name in PACKAGES.items()}
    known[slug] = {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {"Python": platform.python_version()} | found,
    }
    text = json.dumps(dict(sorted(known.items())), indent=2)
    REPRODUCED.write_text(text + "\n", "utf-8")


def refresh(path: Path) -> list[str]:
    """Execute one chapter in place and return what is wrong with its prose."""
    result = run(path)
    nbformat.write(normalise(result.notebook), path)
    write_bare_facts(path.stem, result)
    record(path.stem)
    return result.failures


def main(arguments: list[str]) -> int:
    """Refresh the chapters named, all by default; 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="refresh", description=__doc__)
    parser.add_argument("chapters", nargs="*", metavar="NN_slug")
    wanted = parser.parse_args(arguments).chapters
    known = {path.stem: path for path in chapters()}
    unknown = [slug for slug in wanted if slug not in known]
    if unknown:
        print(
            f"No chapter {', '.join(unknown)} in _toc.yml; it has {', '.join(known)}."
        )
        return 2
    failed = False
    for slug in wanted or known:
        print(f"{slug}: executing ...", flush=True)
        try:
            problems = refresh(known[slug])
        except CellExecutionError as error:
            problems = [str(error)]
        for problem in problems:
            print(f"  {problem}")
        failed = failed or bool(problems)
    if not wanted:
        gallery.main()
    print(
        "Some chapters need mending."
        if failed
        else "Done. Read the diff before you commit."
    )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

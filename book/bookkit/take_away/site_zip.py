"""Pack the built site for reading from a folder: ``python -m bookkit.take_away.site_zip``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from bookkit.take_away.packing import SITE, TAKE, make, pack

NAME = "cross-entropy"
RESULT = TAKE / f"{NAME}-site.zip"
# The other forms of the book, this one among them, and what only a server reads.
LEFT_OUT = re.compile(rf"{TAKE.name}/|(?:.*/)?(?:\.buildinfo|_headers|404\.html)$")
# The links to them, which book/bookkit/take_away/offers.py writes.
_OFFER = re.compile(
    rb'<section id="take-it-with-you">.*?</section>\s*|<p class="take-away">.*?</p>\s*',
    re.DOTALL,
)


def without_offers(page: bytes) -> bytes:
    """Return a page without the links to what the zip does not hold."""
    return _OFFER.sub(b"", page)


def files() -> Iterator[tuple[str, bytes]]:
    """Yield the site's files, its licences among them, under one folder, sorted."""
    for path in sorted(SITE.rglob("*")):
        inside = path.relative_to(SITE).as_posix()
        if path.is_file() and not LEFT_OUT.match(inside):
            content = path.read_bytes()
            if path.suffix == ".html":
                content = without_offers(content)
            yield f"{NAME}/{inside}", content


def main() -> int:
    """Pack the site."""
    return make(RESULT, lambda path: pack(path, files()))


if __name__ == "__main__":
    sys.exit(main())

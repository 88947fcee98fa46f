"""What "Download notebook" gives: a chapter that runs outside the book.

Without the repository's address it is a zip of the notebook, the library's wheel that its
first cell installs, and a README. With the address the first cell installs the library from
there, so the notebook stands alone; those are the notebooks that Colab opens.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import yaml
from sphinx.application import Sphinx

from bookkit import ROOT
from bookkit.pages.address import Repository, address_of, repository_of
from bookkit.pages.page import Page
from bookkit.reading.contents import chapter_number
from bookkit.take_away.library_wheel import library_wheel
from bookkit.take_away.packing import pack
from bookkit.take_away.portable_notebook import (
    TORCH,
    needed_modules,
    portable,
    requirements,
)

_LICENCES = ("LICENSE", "LICENSE-prose")
_README = Path(__file__).with_name("chapter_readme.txt").read_text(encoding="utf-8")
_TORCH = (
    "\nPyTorch is the large one. Its smaller build, for processors alone, is enough for every "
    "chapter; pytorch.org says how to install it. Do so before you run the first cell.\n"
)


def _chapters(app: Sphinx) -> Iterator[tuple[str, str]]:
    for docname in sorted(app.env.found_docs):
        source = str(app.env.doc2path(docname, base=False))
        if source.endswith(".ipynb"):
            yield docname, source


def _address_of(app: Sphinx, source: str) -> Callable[[str], str | None]:
    """How a link of the notebook ``source`` to a file of the book is turned."""
    site = address_of(app.config)

    def address(link: str) -> str | None:
        path, _, anchor = link.partition("#")
        folder = posixpath.dirname(source)
        # Other hosts name headings otherwise, so a link within the page leads to the book too.
        file = (
            posixpath.normpath(posixpath.join(folder, unquote(path)))
            if path
            else source
        )
        if not (Path(app.srcdir) / file).is_file():
            return None
        docname = app.env.path2doc(file)
        if not site or docname not in app.env.found_docs:
            return ""
        slugs = app.env.metadata[docname].get("myst_slugs", {})
        place = slugs[anchor][1] if anchor in slugs else anchor
        return f"{site}{quote(docname)}.html" + (f"#{place}" if place else "")

    return address


def _readme(app: Sphinx, docname: str, modules: list[str], library: str) -> str:
    about = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    number = chapter_number(docname)
    return _README.format(
        title=app.env.titles[docname].astext(),
        chapter=f"Chapter {int(number)} of " if number else "",
        book=about["title"],
        version=about["version"],
        stem=posixpath.basename(docname),
        install=requirements(modules, library),
        torch=_TORCH if TORCH in modules else "",
        authors=", ".join(author["name"] for author in about["authors"]),
        year=about["preferred-citation"]["year"],
    )


def _written(notebook: dict[str, Any]) -> bytes:
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _zipped(
    app: Sphinx, docname: str, source: str, wheel: Path
) -> list[tuple[str, bytes]]:
    notebook = json.loads((Path(app.srcdir) / source).read_text(encoding="utf-8"))
    library = f"./{wheel.name}"
    readme = _readme(app, docname, needed_modules(notebook), library)
    moved = portable(notebook, library, _address_of(app, source))
    files = {
        "README.md": readme.encode("utf-8"),
        posixpath.basename(source): _written(moved),
        wheel.name: wheel.read_bytes(),
        **{name: (ROOT / name).read_bytes() for name in _LICENCES},
    }
    folder = posixpath.basename(docname)
    return [(f"{folder}/{name}", content) for name, content in files.items()]


def _write_zips(app: Sphinx) -> None:
    wheel = library_wheel(Path(app.outdir).parent / "wheel")
    record = Path(app.doctreedir) / "downloads.json"
    known = json.loads(record.read_text("utf-8")) if record.is_file() else {}
    now = {}
    for docname, source in _chapters(app):
        files = _zipped(app, docname, source, wheel)
        digest = hashlib.sha256(repr(files).encode()).hexdigest()
        path = Path(app.outdir) / f"{docname}.zip"
        # Compressing takes most of a second a chapter, so only what changed is packed.
        if known.get(docname) != digest or not path.is_file():
            pack(path, files)
        now[docname] = digest
    record.write_text(json.dumps(now), encoding="utf-8")


def _write_notebooks(app: Sphinx, repository: Repository) -> None:
    library = f"git+{repository.url}@{repository.branch}"
    for docname, source in _chapters(app):
        notebook = json.loads((Path(app.srcdir) / source).read_text(encoding="utf-8"))
        moved = portable(notebook, library, _address_of(app, source))
        (Path(app.outdir) / f"{docname}.ipynb").write_bytes(_written(moved))


def write(app: Sphinx, out: Path) -> None:
    """Write what the pages' links to notebooks lead to."""
    repository = repository_of(app.config)
    if repository is None:
        _write_zips(app)
    else:
        _write_notebooks(app, repository)


def fill(page: Page) -> None:
    """Offer a chapter's page its notebook."""
    page.context["chapter_download"] = None
    source = page.app.env.doc2path(page.name, base=False)
    if page.doctree is None or not str(source).endswith(".ipynb"):
        return
    alone = repository_of(page.app.config) is not None
    page.context["chapter_download"] = {
        "href": page.context["pathto"](f"{page.name}.{'ipynb' if alone else 'zip'}", 1),
        "title": "Its first cell installs the library"
        if alone
        else "A zip with the library and how to run it",
    }

"""Where the book is published and where its sources live, and what needs to know.

The owner writes ``repository: url:`` and ``html: baseurl:`` in _config.yml once. With a
repository on GitHub the pages offer to edit, to report a problem, Binder and Colab. With an
address of the site, which GitHub Pages gives a repository where no other is named, they name
their canonical address and a preview, and there are a site map and the page 404.html. While
neither is known the pages have none of these, so no button is dead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

from bookkit.pages.page import Page

# The publish workflow puts there the notebooks that take_away/downloads.py writes. Colab
# opens no other files of the repository, and those of the chapters do not install the library.
COLAB_BRANCH = "colab"
PICTURE = "_static/social-preview.png"
PICTURE_SIZE = (1200, 630)
PICTURE_ALT = (
    "Cross Entropy, Worked Through. Three bars give A 0.7, B 0.2 and C 0.1; A happened, "
    "and the forecast costs 0.3567."
)
_DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)">')
NOT_FOUND = "404"


@dataclass(frozen=True)
class Repository:
    """Where the sources live on the web."""

    url: str
    branch: str
    binder: str = ""
    colab: str = ""

    def links(self, source: str, title: str) -> list[dict[str, str]]:
        """The links of one page, as ``{"text": ..., "href": ...}``, in reading order."""
        where, page, name = (
            urlsplit(self.url),
            quote(source),
            PurePosixPath(source).name,
        )
        if where.netloc != "github.com":
            return []
        path, branch = where.path.strip("/"), quote(self.branch, safe="")
        about = quote(f"On the page: {title}", safe="")
        launchers = {
            "Binder": self.binder
            and f"{self.binder}/v2/gh/{path}/{branch}?urlpath=lab/tree/{page}",
            "Colab": self.colab
            and f"{self.colab}/github/{path}/blob/{COLAB_BRANCH}/{quote(name)}",
        }
        pages = {
            "Edit": f"{self.url}/edit/{quote(self.branch)}/{page}",
            "Report a problem": f"{self.url}/issues/new?title={about}",
        }
        offered = (launchers if source.endswith(".ipynb") else {}) | pages
        return [{"text": text, "href": href} for text, href in offered.items() if href]


def read_repository(options: dict[str, Any]) -> Repository | None:
    """The repository that _config.yml names, None when its address is empty.

    Raises
    ------
    ConfigError
        When the address is not of the form ``https://host/owner/name``.
    """
    url = (options.get("repository_url") or "").rstrip("/").removesuffix(".git")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "https" or len(parts.path.strip("/").split("/")) < 2:
        raise ConfigError(
            "repository: url: in _config.yml must look like https://host/owner/name, "
            f"got {url!r}"
        )
    launch = options.get("launch_buttons") or {}
    return Repository(
        url=url,
        branch=options.get("repository_branch") or "main",
        binder=(launch.get("binderhub_url") or "").rstrip("/"),
        colab=(launch.get("colab_url") or "").rstrip("/"),
    )


def site_address(baseurl: str, repository: str) -> str:
    """Return where the book is published, with a slash at its end; empty where unknown.

    Raises
    ------
    ConfigError
        When ``baseurl`` is not an absolute address.
    """
    if baseurl:
        parts = urlsplit(baseurl)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ConfigError(
                "html: baseurl: in _config.yml must look like https://host/path/, "
                f"got {baseurl!r}"
            )
        return baseurl.rstrip("/") + "/"
    parts = urlsplit(repository.rstrip("/").removesuffix(".git"))
    owner, _, name = parts.path.strip("/").partition("/")
    if parts.netloc != "github.com" or not owner or not name:
        return ""
    home = f"https://{owner.lower()}.github.io/"
    return home if name.lower() == f"{owner.lower()}.github.io" else f"{home}{name}/"


def repository_of(config: Config) -> Repository | None:
    """The repository that the settings name."""
    return read_repository(config.html_theme_options)


def address_of(config: Config) -> str:
    """The address that the settings give."""
    repository = config.html_theme_options.get("repository_url") or ""
    return site_address(config.html_baseurl or "", repository)


def check(app: Sphinx, config: Config) -> None:
    """Refuse settings that give no address."""
    repository_of(config)
    address_of(config)


def fill(page: Page) -> None:
    """Give a page its own address, its preview and the links to its source."""
    address = address_of(page.app.config)
    repository = repository_of(page.app.config)
    links = []
    if repository is not None and page.doctree is not None:
        source = str(page.app.env.doc2path(page.name, base=False))
        links = repository.links(source, page.app.env.titles[page.name].astext())
    page.context.update(
        repository_links=links,
        page_address=f"{address}{quote(page.name)}.html" if address else "",
        picture={
            "address": f"{address}{PICTURE}",
            "width": PICTURE_SIZE[0],
            "height": PICTURE_SIZE[1],
            "alt": PICTURE_ALT,
        },
    )
    if page.name == NOT_FOUND:
        # A host shows it for any address, however deep, so no link of it is relative; it
        # has no address of its own, so it names none.
        root, relative = urlsplit(address).path, page.context["pathto"]

        def pathto(name: str, resource: bool = False) -> str:
            return f"{root}{relative(name, resource)}"

        page.context.update(pathto=pathto, content_root=root, page_address="")


def not_found(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The page that a host shows in place of one that is not there."""
    if address_of(app.config):
        yield NOT_FOUND, {}, f"{NOT_FOUND}.html"


def _entry(app: Sphinx, target: str, description: str) -> str:
    """The page at the root, which leads to the first one and previews like it."""
    address = address_of(app.config)
    title, text = escape(app.config.html_title), escape(description)
    about = f'<meta name="description" content="{text}">\n'
    if address:
        about += (
            f'<link rel="canonical" href="{address}{target}">\n'
            f'<meta property="og:url" content="{address}{target}">\n'
            f'<meta property="og:title" content="{title}">\n'
            f'<meta property="og:description" content="{text}">\n'
            f'<meta property="og:image" content="{address}{PICTURE}">\n'
            '<meta name="twitter:card" content="summary_large_image">\n'
        )
    return (
        f'<!doctype html>\n<html lang="{app.config.language}">\n<head>\n'
        f'<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta http-equiv="refresh" content="0; url={target}">\n{about}'
        f'</head>\n<body>\n<p><a href="{target}">{title}</a></p>\n</body>\n</html>\n'
    )


def _described(page: Path) -> str:
    """What a built page says of itself; a build that is up to date does not write it again."""
    found = _DESCRIPTION.search(page.read_text(encoding="utf-8"))
    return unescape(found[1]) if found else ""


def write(app: Sphinx, out: Path) -> None:
    """Write the way in, and for search engines the list of pages."""
    root, address = app.config.root_doc, address_of(app.config)
    (out / "index.html").write_text(
        _entry(app, f"{root}.html", _described(out / f"{root}.html")), encoding="utf-8"
    )
    listed = "".join(
        f"<url><loc>{address}{quote(page)}.html</loc></url>\n"
        for page in sorted(app.env.found_docs)
    )
    texts = {
        "sitemap.xml": '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns='
        f'"http://www.sitemaps.org/schemas/sitemap/0.9">\n{listed}</urlset>\n',
        "robots.txt": f"User-agent: *\nAllow: /\n\nSitemap: {address}sitemap.xml\n",
    }
    for name, text in texts.items():
        if address:
            (out / name).write_text(text, encoding="utf-8")
        else:
            (out / name).unlink(missing_ok=True)

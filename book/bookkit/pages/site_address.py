"""What needs the address of the published book: canonical links, previews, the site map.

The address is ``html: baseurl:`` in _config.yml. Where that is empty and the repository is
on GitHub, it is the one that GitHub Pages gives the repository. Where neither is known, no
page names an address.
"""

from __future__ import annotations

import re
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

PICTURE = "_static/social-preview.png"
PICTURE_SIZE = (1200, 630)
PICTURE_ALT = (
    "Cross Entropy, Worked Through. Three bars give A 0.7, B 0.2 and C 0.1; A happened, "
    "and the forecast costs 0.3567."
)
# Pages that help on the site and would be empty answers elsewhere.
_UNLISTED = {"genindex", "search"}
_DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)">')


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


def _read(app: Sphinx, config: Config) -> None:
    repository = config.html_theme_options.get("repository_url") or ""
    app.xent_address = site_address(config.html_baseurl or "", repository)  # type: ignore[attr-defined]


def _offer(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    address: str = app.xent_address  # type: ignore[attr-defined]
    context["page_address"] = f"{address}{quote(pagename)}.html" if address else ""
    context["picture"] = {
        "address": f"{address}{PICTURE}",
        "width": PICTURE_SIZE[0],
        "height": PICTURE_SIZE[1],
        "alt": PICTURE_ALT,
    }


def _entry(app: Sphinx, target: str, description: str) -> str:
    """The page at the root, which leads to the first one and previews like it."""
    address: str = app.xent_address  # type: ignore[attr-defined]
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


def _publish(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.name != "html":
        return
    out, root = Path(app.outdir), app.config.root_doc
    (out / "index.html").write_text(
        _entry(app, f"{root}.html", _described(out / f"{root}.html")), encoding="utf-8"
    )
    address: str = app.xent_address  # type: ignore[attr-defined]
    if not address:
        for stale in ("sitemap.xml", "robots.txt"):
            (out / stale).unlink(missing_ok=True)
        return
    listed = "".join(
        f"<url><loc>{address}{quote(page)}.html</loc></url>\n"
        for page in sorted(app.env.found_docs - _UNLISTED)
    )
    (out / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{listed}</urlset>\n',
        encoding="utf-8",
    )
    robots = f"User-agent: *\nAllow: /\n\nSitemap: {address}sitemap.xml\n"
    (out / "robots.txt").write_text(robots, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", _read)
    app.connect("html-page-context", _offer, priority=400)
    app.connect("build-finished", _publish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

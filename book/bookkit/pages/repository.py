"""Links that need the repository's address: edit, report a problem, Binder, Colab.

The owner writes the address once, as ``repository: url:`` in _config.yml. While it is
empty the pages have none of these links, so no button is dead.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

# The publish workflow puts the notebooks of chapter_downloads.py there. Colab opens no other
# files of the repository, and those of the chapters do not install the library.
COLAB_BRANCH = "colab"


@dataclass(frozen=True)
class Repository:
    """Where the sources live on the web."""

    url: str
    branch: str
    binder: str = ""
    colab: str = ""

    @property
    def _host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def _path(self) -> str:
        return urlsplit(self.url).path.strip("/")

    def links(self, source: str, title: str) -> list[dict[str, str]]:
        """The links of one page, as ``{"text": ..., "href": ...}``, in reading order."""
        found = []
        if source.endswith(".ipynb"):
            found += self._launchers(source)
        found.append({"text": "Edit", "href": self._edit(source)})
        found.append({"text": "Report a problem", "href": self._issue(title)})
        return found

    def _launchers(self, source: str) -> list[dict[str, str]]:
        page = quote(source)
        launchers = []
        if self.binder and self._host == "github.com":
            at = f"{self.binder}/v2/gh/{self._path}/{quote(self.branch, safe='')}"
            launchers.append(
                {"text": "Binder", "href": f"{at}?urlpath=lab/tree/{page}"}
            )
        if self.binder and self._host == "gitlab.com":
            project = quote(self._path, safe="")
            at = f"{self.binder}/v2/gl/{project}/{quote(self.branch, safe='')}"
            launchers.append(
                {"text": "Binder", "href": f"{at}?urlpath=lab/tree/{page}"}
            )
        if self.colab and self._host == "github.com":
            at = f"{self.colab}/github/{self._path}/blob/{COLAB_BRANCH}"
            launchers.append(
                {"text": "Colab", "href": f"{at}/{quote(PurePosixPath(source).name)}"}
            )
        return launchers

    def _edit(self, source: str) -> str:
        branch, page = quote(self.branch), quote(source)
        if "gitlab" in self._host:
            return f"{self.url}/-/edit/{branch}/{page}"
        if self._host == "github.com":
            return f"{self.url}/edit/{branch}/{page}"
        return f"{self.url}/_edit/{branch}/{page}"

    def _issue(self, title: str) -> str:
        about = quote(f"On the page: {title}", safe="")
        if "gitlab" in self._host:
            return f"{self.url}/-/issues/new?issue%5Btitle%5D={about}"
        return f"{self.url}/issues/new?title={about}"


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


def _read(app: Sphinx, config: Config) -> None:
    app.xent_repository = read_repository(config.html_theme_options)  # type: ignore[attr-defined]


def _offer(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    repository: Repository | None = app.xent_repository  # type: ignore[attr-defined]
    context["repository_links"] = []
    if repository is not None and doctree is not None:
        source = str(app.env.doc2path(pagename, base=False))
        title = app.env.titles[pagename].astext()
        context["repository_links"] = repository.links(source, title)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", _read)
    app.connect("html-page-context", _offer, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

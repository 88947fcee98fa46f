"""A page about to be written, and what one build remembers of the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


@dataclass(frozen=True)
class Page:
    """A page, its document, and what its template will know."""

    app: Sphinx
    name: str
    context: dict[str, Any]
    doctree: nodes.document | None

    def also(self, key: str, *values: str) -> None:
        """Add to a list that the template goes through."""
        self.context[key] = [*self.context.get(key, []), *values]


def remembered(env: BuildEnvironment) -> dict[str, Any]:
    """What is kept with the pages that have been read."""
    return env.domaindata.setdefault("bookkit", {})


def changed(env: BuildEnvironment, what: str, now: object) -> bool:
    """Remember ``now``; return whether the last build had something else."""
    known = remembered(env)
    before = known.get(what)
    known[what] = now
    return bool(before != now)

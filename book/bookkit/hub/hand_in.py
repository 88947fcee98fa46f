"""The page on which students hand in: a service of the hub, ``python -m bookkit.hub.hand_in``.

A student chooses a notebook of their own; the service reads it from their server, with
permission for that server alone, and keeps it in a folder that students cannot open. The hub
says who is asking, so nobody can hand in for somebody else.

It runs as the hub does and is told by the environment: XENT_CLASS is the folder of the class,
XENT_ASSIGNMENTS the names of the assignments, XENT_PROXY where the students' servers are, and
XENT_ADDRESS on which address to listen, if not on that of its own URL.
JupyterHub and the standard library alone, beside two modules that need no more.
"""

from __future__ import annotations

import asyncio
import html
import json
import os
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.template import Template
from tornado.web import Application, RequestHandler, authenticated

from bookkit.assignments.notebooks import BIGGEST, UnfitError, assignment_of, parsed
from bookkit.hub.kept import Kept

FOLDER = "assignments"
_SECONDS_TO_ANSWER = 30
# A notebook comes as a text inside JSON, where a sign may take several.
_LONGEST_ANSWER = 4 * BIGGEST
_MOST_FIELDS = 2**16

PAGE = Template(
    """<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hand in</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto;
  padding: 0 1rem; color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #ccc;
  overflow-wrap: anywhere; }
button { font: inherit; padding: .3rem .8rem; }
[role] { padding: .6rem .8rem; border-left: .3rem solid #0072b2; background: #eef5fa; }
[role=alert] { border-color: #a2317e; background: #faeef5; }
</style>
</head>
<body>
<h1>Hand in</h1>
<p>You are {{ student }}. Save the notebook in JupyterLab before you hand it in: what is taken
is the file as it was last saved. You may hand in again; every version is kept, and the newest
is graded.</p>
{% if said %}<p role="{{ 'status' if done else 'alert' }}">{{ said }}</p>{% end %}
<h2>Your notebooks</h2>
{% if why_not %}<p role="alert">{{ why_not }}</p>{% end %}
{% if files %}
<table>
<tr><th scope="col">notebook</th><th scope="col">saved</th><th scope="col"></th></tr>
{% for file in files %}
<tr><td>{{ file.path }}</td><td>{{ file.saved }}</td>
<td><form method="post"><input type="hidden" name="_xsrf" value="{{ xsrf }}">
<input type="hidden" name="path" value="{{ file.path }}">
<button type="submit" aria-label="Hand in {{ file.path }}">Hand in</button></form></td></tr>
{% end %}
</table>
{% elif not why_not %}<p>The folder {{ folder }} holds no notebook.</p>{% end %}
<h2>Handed in</h2>
<table>
<tr><th scope="col">assignment</th><th scope="col">versions</th><th scope="col">newest</th>
<th scope="col">fingerprint</th></tr>
{% for name, versions in kept %}
<tr><td>{{ name }}</td><td>{{ len(versions) }}</td>
<td>{{ clock(versions[-1].at) if versions else "not yet" }}</td>
<td>{{ versions[-1].fingerprint if versions else "" }}</td></tr>
{% end %}
</table>
<p><a href="{{ base }}hub/home">The hub</a></p>
</body>
</html>
"""
)


def clock(at: datetime) -> str:
    """A time as the page shows it."""
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def ago(text: str, now: datetime) -> str:
    """How long ago a file was saved, from what the student's server says."""
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return "at an unknown time"
    seconds = int((now - at).total_seconds())
    if seconds < 0:
        return clock(at)
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' * (count != 1)} ago"
    return f"{seconds} s ago"


@dataclass(frozen=True)
class File:
    """A notebook of a student, as the page lists it."""

    path: str
    saved: str


class RefusedError(Exception):
    """A sentence for the student."""


def checked(path: str, data: bytes, names: list[str]) -> str:
    """Return the assignment that a notebook is, or say why it is not taken."""
    if len(data) > BIGGEST:
        raise RefusedError(
            f"{path} has {len(data) / 2**20:.0f} MiB, and {BIGGEST / 2**20:.0f} MiB are "
            "taken. Clear its outputs, save it, and hand it in again."
        )
    try:
        name = assignment_of(parsed(data))
    except UnfitError as error:
        raise RefusedError(f"{path} was not taken. {error}") from error
    if name not in names:
        is_ = (
            f'the assignment "{name}"'
            if name
            else "no assignment, or has lost its name"
        )
        raise RefusedError(
            f"{path} was not taken: it is {is_}. Expected the notebook of one of: "
            f"{', '.join(names)}."
        )
    return name


class StudentServer:
    """A student's own server, asked with that student's permission."""

    def __init__(self, proxy: str, student: str, token: str) -> None:
        self._address = f"{proxy.rstrip('/')}/user/{quote(student, safe='@~')}"
        self._token = token

    async def _ask(self, path: str, **query: Any) -> dict[str, Any]:
        """Return what the server holds at a path; it is the student's, so believe little."""
        where = f"{self._address}/api/contents/{quote(path)}?{urlencode(query)}"
        request = HTTPRequest(
            where,
            headers={"Authorization": f"token {self._token}"},
            follow_redirects=False,
            request_timeout=_SECONDS_TO_ANSWER,
            # The hub's own proxy, on this machine, has a certificate for another name.
            validate_cert=urlsplit(where).hostname != "127.0.0.1",
        )
        try:
            answer = await AsyncHTTPClient().fetch(request, raise_error=False)
            code = answer.code
            found = json.loads(answer.body) if code == 200 else None
        except (OSError, ValueError):
            code, found = 0, None
        if code == 404:
            raise RefusedError(f"There is no {path} in your folder.")
        if code == 400:
            raise RefusedError(f"{path} was not taken: it is no text, so no notebook.")
        if code != 200 or not isinstance(found, dict):
            raise RefusedError(
                f"Your server did not give {path} ({code or 'no answer'}). Start it on the "
                "hub's page, and try again."
            )
        return found

    async def notebooks(self, now: datetime) -> list[File]:
        """The notebooks in the folder of assignments."""
        found = (await self._ask(FOLDER, content=1)).get("content")
        rows = found if isinstance(found, list) else []
        return sorted(
            (
                File(str(row.get("path")), ago(str(row.get("last_modified")), now))
                for row in rows
                if isinstance(row, dict) and str(row.get("name")).endswith(".ipynb")
            ),
            key=lambda file: file.path,
        )

    async def read(self, path: str) -> bytes:
        """A file as it lies on the student's disk."""
        model = await self._ask(path, content=1, type="file", format="text")
        content = model.get("content")
        if not isinstance(content, str):
            raise RefusedError(f"{path} was not taken: it is no text, so no notebook.")
        return content.encode("utf-8", "surrogatepass")


class HandIn(HubOAuthenticated, RequestHandler):
    """The page, and what its buttons ask for."""

    @property
    def _student(self) -> str:
        return str(self.current_user["name"])

    def _server(self) -> StudentServer:
        token = self.hub_auth.get_token(self)
        return StudentServer(self.settings["proxy"], self._student, token)

    async def _show(self, said: str = "", *, done: bool = False) -> None:
        kept, names = self.settings["kept"], self.settings["assignments"]
        why_not, files = "", []
        try:
            files = await self._server().notebooks(datetime.now(UTC))
        except RefusedError as error:
            why_not = str(error)
        page = PAGE.generate(
            student=self._student,
            said=said,
            done=done,
            why_not=why_not,
            files=files,
            folder=FOLDER,
            kept=[(name, kept.versions(self._student, name)) for name in names],
            clock=clock,
            base=self.settings["base"],
            xsrf=self.xsrf_token.decode("utf-8"),
        )
        self.set_header("Cache-Control", "no-store")
        self.finish(page)

    @authenticated
    async def get(self) -> None:
        """Show what there is to hand in, and what was."""
        await self._show()

    @authenticated
    async def post(self) -> None:
        """Take a notebook, or say why not."""
        path = self.get_body_argument("path", "")
        try:
            data = await self._server().read(path)
            name = checked(path, data, self.settings["assignments"])
            version, new = self.settings["kept"].put(self._student, name, data)
        except RefusedError as error:
            self.set_status(400)
            await self._show(str(error))
            return
        except OSError as error:
            self.set_status(500)
            await self._show(
                f"{path} could not be kept ({error.strerror}). It is not handed in; tell "
                "your teacher."
            )
            return
        what = f"{name}, version {version.number}, fingerprint {version.fingerprint}"
        said = f"Handed in at {clock(version.at)}: {path} as {what}."
        if not new:
            said = f"{path} is the same as what you handed in at {clock(version.at)}: {what}."
        await self._show(said, done=True)


async def serve() -> None:
    """Serve the page until the hub ends the service."""
    ended = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    where = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    base = os.environ.get("JUPYTERHUB_BASE_URL", "/")
    kept = Kept(Path(os.environ["XENT_CLASS"]))
    kept.bring_up_to_date()
    AsyncHTTPClient.configure(None, max_body_size=_LONGEST_ANSWER)
    application = Application(
        [(prefix, HandIn), (f"{prefix}oauth_callback", HubOAuthCallbackHandler)],
        cookie_secret=os.urandom(32),
        kept=kept,
        assignments=os.environ["XENT_ASSIGNMENTS"].split(","),
        proxy=os.environ["XENT_PROXY"].rstrip("/") + base.rstrip("/"),
        base=html.escape(base),
    )
    HTTPServer(application, max_body_size=_MOST_FIELDS).listen(
        where.port or 80, os.environ.get("XENT_ADDRESS") or where.hostname or ""
    )
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve())

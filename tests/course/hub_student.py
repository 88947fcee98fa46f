"""A student at the hub, as a browser is one: the login form, cookies, and XSRF tokens."""

from __future__ import annotations

import html
import json
import re
import time
import uuid
from urllib.parse import urlsplit

import requests
import websocket

PATIENCE = 120  # seconds
_XSRF = re.compile(r'name="_xsrf"\s+value="([^"]+)"')
_SAID = re.compile(r'<p role="(status|alert)">(.*?)</p>', re.DOTALL)


def until(what, done, patience=PATIENCE):
    """Wait until ``done()`` gives something, and return it; fail with a sentence."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := done():
            return found
        time.sleep(0.2)
    raise AssertionError(f"After {patience} s: no {what}.")


class Student:
    """One who has a browser of their own."""

    def __init__(self, hub, name, password, certificate=None):
        self.hub, self.name, self.password = hub, name, password
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy, and no certificates but this one
        self.session.verify = certificate or True

    @property
    def server(self):
        return f"{self.hub}/user/{self.name}"

    def get(self, address, **more):
        return self.session.get(address, timeout=PATIENCE, **more)

    def log_in(self):
        """Fill in the form; return the answer after its redirects."""
        form = self.get(f"{self.hub}/hub/login")
        fields = {
            "_xsrf": html.unescape(_XSRF.search(form.text)[1]),
            "username": self.name,
            "password": self.password,
        }
        return self.session.post(
            f"{self.hub}/hub/login",
            params={"next": "/hub/home"},
            data=fields,
            timeout=PATIENCE,
        )

    def start(self):
        """Start the server, and open it as the browser does, which logs in to it."""
        self.get(f"{self.hub}/hub/spawn")

        def answers():
            opened = self.get(f"{self.server}/lab")
            return opened.ok and urlsplit(opened.url).path.startswith(
                f"/user/{self.name}/lab"
            )

        until(f"server of {self.name}", answers)

    def _xsrf_of(self, path):
        """The token that a script of the page sends along."""
        (token,) = {
            cookie.value
            for cookie in self.session.cookies
            if cookie.name == "_xsrf" and cookie.path == path
        }
        return {"X-XSRFToken": token}

    def api(self, method, path, **more):
        """Ask one's own server, as JupyterLab's script does."""
        answer = self.session.request(
            method,
            f"{self.server}/api/{path}",
            headers=self._xsrf_of(f"/user/{self.name}/"),
            timeout=PATIENCE,
            **more,
        )
        assert answer.ok, (method, path, answer.status_code, answer.text[:300])
        return answer.json() if answer.content else None

    def read(self, path):
        return self.api("GET", f"contents/{path}")["content"]

    def save(self, path, notebook):
        model = {"type": "notebook", "format": "json", "content": notebook}
        return self.api("PUT", f"contents/{path}", json=model)

    def write(self, path, text):
        model = {"type": "file", "format": "text", "content": text}
        return self.api("PUT", f"contents/{path}", json=model)

    def run(self, path):
        """Run a notebook's cells in a kernel; return what they printed, and the errors."""
        about = {
            "path": path,
            "type": "notebook",
            "name": path,
            "kernel": {"name": "python3"},
        }
        session = self.api("POST", "sessions", json=about)
        kernel = session["kernel"]["id"]
        request = requests.Request(
            "GET", f"{self.server}/api/kernels/{kernel}/channels"
        )
        prepared = self.session.prepare_request(request)
        channel = websocket.create_connection(
            f"ws{self.server.removeprefix('http')}/api/kernels/{kernel}/channels",
            cookie=prepared.headers["Cookie"],
            sslopt={"ca_certs": self.session.verify},
            timeout=PATIENCE,
        )
        cells = [
            "".join(cell["source"])
            for cell in self.read(path)["cells"]
            if cell["cell_type"] == "code"
        ]
        printed, errors = [], []
        try:
            for source in cells:
                _run_cell(channel, source, printed, errors)
        finally:
            channel.close()
        self.api("DELETE", f"sessions/{session['id']}")
        return "".join(printed), errors

    def compute(self, code):
        """Run one cell; return what it printed, and the errors."""
        cell = {"cell_type": "code", "id": "one", "source": code, "outputs": []}
        cells = [cell | {"metadata": {}, "execution_count": None}]
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        self.save("scratch.ipynb", notebook)
        return self.run("scratch.ipynb")

    def hand_in_page(self):
        return self.get(f"{self.hub}/services/hand-in/")

    def hand_in(self, path):
        """Press the button; return the status and the sentence."""
        fields = {"path": path, "_xsrf": self._form_token()}
        answer = self.session.post(
            f"{self.hub}/services/hand-in/", data=fields, timeout=PATIENCE
        )
        role, said = _SAID.search(answer.text).groups()
        assert (role == "status") == answer.ok
        return answer.status_code, html.unescape(said)

    def _form_token(self):
        page = self.hand_in_page().text
        found = _XSRF.search(page)
        if found:
            return html.unescape(found[1])
        return self._xsrf_of("/services/hand-in/")["X-XSRFToken"]


def _run_cell(channel, source, printed, errors):
    asked = uuid.uuid4().hex
    header = {
        "msg_id": asked,
        "username": "",
        "session": asked,
        "msg_type": "execute_request",
        "version": "5.3",
    }
    content = {"code": source, "silent": False, "store_history": True}
    content |= {"user_expressions": {}, "allow_stdin": False, "stop_on_error": False}
    message = {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
    }
    channel.send(json.dumps({**message, "channel": "shell", "buffers": []}))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = json.loads(channel.recv())
        if answer["parent_header"].get("msg_id") != asked:
            continue
        kind, content = answer["msg_type"], answer["content"]
        if kind == "stream":
            printed.append(content["text"])
        elif kind in {"execute_result", "display_data"}:
            printed.append(str(content["data"].get("text/plain", "")))
        elif kind == "error":
            errors.append(f"{content['ename']}: {content['evalue']}")
        elif kind == "status" and content["execution_state"] == "idle":
            return
    raise AssertionError(f"After {PATIENCE} s a cell still runs: {source[:80]}")

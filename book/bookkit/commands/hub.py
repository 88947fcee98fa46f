"""Start JupyterHub for a class on one server: ``bookkit.commands.hub DIR [NAME=VALUE ...]``.

    DIR=folder              the class's folder, with students.txt (or as the first argument)
    ASSIGNMENTS=01_...,...  which assignments are handed out; without it all
    PORT=8000               where it listens; the three ports above are its own
    ADDRESS=127.0.0.1       on which address; another needs CERT and KEY
    CERT=file KEY=file      a certificate and its key, for https
    TRIAL=1                 on this machine alone, with one password, without accounts

Ctrl-C ends the hub and every student's server. What was saved and handed in stays.
"""

from __future__ import annotations

import ipaddress
import os
import pwd
import secrets
import sys
from pathlib import Path

from bookkit import ROOT
from bookkit.assignments.making import AssignmentError
from bookkit.commands.arguments import by_name
from bookkit.commands.assignments import bring_up_to_date
from bookkit.hub.classroom import (
    FIRST_PORT,
    HERE,
    LAST_PORT,
    LIST,
    LOCAL,
    STATE,
    Order,
    alone_with,
    assignments_of,
    check_accounts,
    check_ports,
    check_reach,
    close_solutions,
    prepare,
    proxy_command,
    students_of,
)
from bookkit.machine.node_packages import NodePackagesError

_GIVEN = ("DIR", "ASSIGNMENTS", "PORT", "ADDRESS", "CERT", "KEY", "TRIAL")
_TRIAL = """\
This is a trial: every server runs as {user}, so whoever logs in can read and change the files
of all others from a notebook, and what was handed in. It listens on this machine alone.
The password of each student is {password}"""


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdecimal() else 0
    if not FIRST_PORT <= port <= LAST_PORT:
        raise AssignmentError(
            f'PORT is "{text}". Expected a whole number from {FIRST_PORT} to {LAST_PORT}.'
        )
    return port


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError as error:
        raise AssignmentError(
            f'ADDRESS is "{address}". Expected an address in numbers, such as {LOCAL}, or '
            "0.0.0.0 for every address of this machine."
        ) from error


def _file(name: str, text: str) -> str:
    path = Path(text).expanduser()
    if not path.is_file():
        raise AssignmentError(f"{name} is {path}, and there is no such file.")
    return str(path.resolve())


def parse(arguments: list[str]) -> Order:
    """Read what the teacher asked for, or say what cannot be used."""
    given = by_name(arguments, _GIVEN)
    if "DIR" not in given:
        raise AssignmentError(
            "DIR is missing. Expected the folder of the class: make hub DIR=..."
        )
    folder = Path(given["DIR"]).expanduser().resolve()
    if not folder.is_dir():
        what = "a file" if folder.exists() else "not there"
        raise AssignmentError(
            f"DIR is {folder}, which is {what}. Expected the folder of the class, with "
            f"the login names in {LIST}."
        )
    if folder.is_relative_to(ROOT / "_build"):
        raise AssignmentError(
            f"DIR is {folder}, which make clean removes. Expected a folder elsewhere."
        )
    address, trial = given.get("ADDRESS", LOCAL), given.get("TRIAL", "")
    if trial not in ("", "0", "1"):
        raise AssignmentError(f'TRIAL is "{trial}". Expected 1, or nothing.')
    if len({"CERT", "KEY"} & given.keys()) == 1:
        raise AssignmentError(
            "CERT and KEY belong together. Expected both, or neither."
        )
    if not _is_local(address):
        if trial == "1":
            raise AssignmentError(
                f"ADDRESS is {address}, and a trial is for this machine alone. Expected "
                f"no ADDRESS, or no TRIAL."
            )
        if "CERT" not in given:
            raise AssignmentError(
                f"ADDRESS is {address}, where passwords would pass unencrypted. Expected "
                "CERT and KEY too, or no ADDRESS, behind a web server that has them."
            )
    certificate, key = (
        _file(name, given[name]) if name in given else "" for name in ("CERT", "KEY")
    )
    return Order(
        folder,
        students_of(folder),
        assignments_of(given.get("ASSIGNMENTS", "")),
        port=_port(given.get("PORT", "8000")),
        address=address,
        certificate=certificate,
        key=key,
        trial=trial == "1",
        password=secrets.token_urlsafe(9) if trial == "1" else "",
    )


def said(order: Order) -> list[str]:
    """What the person at the keyboard has to know."""
    scheme = "https" if order.certificate else "http"
    where = LOCAL if order.address == "0.0.0.0" else order.address
    lines = []
    if order.trial:
        user = pwd.getpwuid(os.getuid()).pw_name
        lines = [_TRIAL.format(user=user, password=order.password)]
    lines += [
        f"{len(order.students)} may log in at {scheme}://{where}:{order.port}",
        f"What they hand in: {order.folder / 'handed_in'}",
    ]
    for name in order.assignments:
        lines.append(f"  make grade DIR={order.folder / 'handed_in' / name}")
    return [*lines, "Ctrl-C ends the hub and every student's server."]


def serve(order: Order) -> None:
    """Check, prepare, and become the hub."""
    if not order.trial:
        check_accounts(order.students)
        check_reach(order.folder)
    with alone_with(order.folder):
        check_ports(order.port)
        bring_up_to_date(wanted=order.assignments)
        prepare(order.folder, order.assignments)
        proxy_command()
        if not order.trial:
            for place in close_solutions():
                print(f"Closed to students: {place}")
        print("\n".join(said(order)), flush=True)
        os.chdir(order.folder / STATE)
        os.environ |= {
            "XENT_HUB": order.as_json(),
            "XENT_CLASS": str(order.folder),
            "PYTHONPATH": str(ROOT / "book"),
        }
        settings = str(HERE / "jupyterhub_config.py")
        os.execv(sys.executable, [sys.executable, "-m", "jupyterhub", "-f", settings])


def main(arguments: list[str]) -> int:
    """Start the hub, or say what it lacks."""
    try:
        serve(parse(arguments))
    except (AssignmentError, NodePackagesError) as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

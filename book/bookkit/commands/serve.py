"""Show the built book on localhost, rebuilt on every change: ``bookkit.commands.serve [PORT]``.

The build runs in a process of its own each time, so that a change to an extension counts.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from watchfiles import DefaultFilter, watch

from bookkit import ROOT
from bookkit.reading.edition import OUTPUT

HOST, PORT = "127.0.0.1", 8000
WATCHED = ("_config.yml", "_toc.yml", "book", "notebooks", "xent_lib")


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for what the build says."""


def rebuild() -> None:
    """Build once; the build itself prints what went wrong."""
    subprocess.run([sys.executable, "-m", "bookkit.commands.build"], check=False)


def main(arguments: list[str]) -> int:
    """Serve until interrupted."""
    port = int(arguments[0]) if arguments else PORT
    handler = functools.partial(_QuietHandler, directory=str(OUTPUT / "html"))
    try:
        server = ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        print(
            f"Port {port} of this machine cannot be used ({error.strerror}). "
            f"Name another: make serve PORT={port + 1}",
            file=sys.stderr,
        )
        return 1
    rebuild()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(
        f"The book is at http://{HOST}:{port}/ until you press Ctrl-C. "
        "Reload the page after a change.",
        flush=True,
    )
    paths = [ROOT / name for name in WATCHED]
    for _ in watch(*paths, watch_filter=DefaultFilter(), raise_interrupt=False):
        rebuild()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

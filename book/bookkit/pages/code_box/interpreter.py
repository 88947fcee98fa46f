"""The Python that runs in the page: MicroPython from npm, as one classic script.

A page opened from a folder may neither fetch a file nor start a worker from one. It may load
a script. So the script hands the page a worker's whole text, the interpreter's WebAssembly in
it, and the page makes the worker from a blob. The WebAssembly is packed with gzip before it
becomes letters, or the letters would weigh a third more.
"""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

from bookkit.machine.node_packages import NODE_MODULES

HERE = Path(__file__).parent
PACKAGE = NODE_MODULES / "@micropython" / "micropython-webassembly-pyscript"
NAME = "micropython.js"
# What a module says and a classic script may not, and where the WebAssembly comes in. Each
# stands in the package's module this many times.
_CHANGES = {
    "import.meta.url": ("self.location.href", 4),
    "export default _createMicroPythonModule;": ("", 1),
    "export async function loadMicroPython": ("async function loadMicroPython", 1),
    "let Module={locateFile:": ("let Module={wasmBinary:options.wasm,locateFile:", 1),
}
_LICENCE = """\
/* MicroPython {version}, https://micropython.org
   The MIT License (MIT)
   Copyright (c) 2013-2025 Damien P. George and others

   Permission is hereby granted, free of charge, to any person obtaining a copy of this
   software and associated documentation files (the "Software"), to deal in the Software
   without restriction, including without limitation the rights to use, copy, modify, merge,
   publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons
   to whom the Software is furnished to do so, subject to the following conditions:

   The above copyright notice and this permission notice shall be included in all copies or
   substantial portions of the Software.

   THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED,
   INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR
   PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE
   FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
   OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER
   DEALINGS IN THE SOFTWARE. */
"""


class OtherInterpreterError(RuntimeError):
    """The package is not as this module knows it."""


def as_classic_script(module: str) -> str:
    """Return MicroPython's module as a script that a worker runs."""
    for text, (instead, times) in _CHANGES.items():
        if module.count(text) != times:
            raise OtherInterpreterError(
                f"MicroPython's module holds {text!r} {module.count(text)} times and not "
                f"{times}: see what has changed and mend {Path(__file__).name}."
            )
        module = module.replace(text, instead)
    return module


def worker(package: Path = PACKAGE) -> str:
    """Return the worker's whole text."""
    module = (package / "micropython.mjs").read_text(encoding="utf-8")
    packed = gzip.compress((package / "micropython.wasm").read_bytes(), 9, mtime=0)
    values = {
        "WASM": base64.b64encode(packed).decode("ascii"),
        "BEFORE": (HERE / "more_python.py").read_text(encoding="utf-8"),
        "JUDGE": (HERE / "judge.py").read_text(encoding="utf-8"),
    }
    held = [f"const {name} = {json.dumps(value)};" for name, value in values.items()]
    runs = (HERE / "worker.js").read_text(encoding="utf-8")
    # The module awaits at its top, which a classic script may not.
    parts = ["(async () => {", as_classic_script(module), *held, runs, "})();"]
    return "\n".join(parts)


def script(package: Path = PACKAGE) -> str:
    """Return the script that a page loads at the first *Run*."""
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    licence = _LICENCE.format(version=about["version"])
    return f"{licence}xentPython({json.dumps(worker(package))});\n"

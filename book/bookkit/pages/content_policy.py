"""The Content-Security-Policy under which every page works.

A static host that reads a file ``_headers`` (several do) sends it with every page; the tests
serve the book with the same file. A tag in the pages would also bind those opened from a
folder, where browsers disagree on what ``'self'`` means.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from sphinx.application import Sphinx

# The only script inside the pages. As a file the first line would come after the first
# paint, in the wrong colours, or hold that paint up. The second asks early for the page's
# fonts; a browser refuses a link that does so in a page opened from a folder, and logs it.
FIRST_SCRIPT = (
    'try{var t=localStorage.getItem("theme");'
    "if(t)document.documentElement.dataset.theme=t}catch(e){}"
    'if(location.protocol!="file:")'
    'for(var f of document.currentScript.dataset.fonts.split(" "))'
    'document.head.append(Object.assign(document.createElement("link"),'
    '{rel:"preload",as:"font",type:"font/woff2",crossOrigin:"",href:f}))'
)


def hash_source(script: str) -> str:
    """Name an inline script in a policy by what it says."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


# Rendered mathematics carries style attributes; no page has a style element. A reader's Python
# runs as WebAssembly in a worker that the page makes from a text of its own (code_box).
POLICY = "; ".join(
    (
        "default-src 'self'",
        f"script-src 'self' 'wasm-unsafe-eval' {hash_source(FIRST_SCRIPT)}",
        "worker-src blob:",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)


def write(app: Sphinx, out: Path) -> None:
    """Write what a host sends with every page."""
    text = (
        f"/*\n  Content-Security-Policy: {POLICY}\n  X-Content-Type-Options: nosniff\n"
    )
    (out / "_headers").write_text(text, encoding="utf-8")

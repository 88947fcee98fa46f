"""How JupyterLab reads and keeps the chapters: opening one leaves it unchanged.

JupyterLab writes the running kernel's name and version into a notebook as soon as it opens,
so that its tab is marked as changed and a save shows in the diff. Here a notebook arrives
with what its kernel will say, and goes back with what the book stores.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from bookkit.commands.refresh import KERNEL


def announced(name: str) -> dict[str, Any]:
    """Return the metadata that JupyterLab gives a notebook of this kernel."""
    spec = KernelSpecManager().get_kernel_spec(name)
    kernel = {
        "name": name,
        "display_name": spec.display_name,
        "language": spec.language,
    }
    return {"kernelspec": kernel, "language_info": dict(IPythonKernel.language_info)}


class ChapterFiles(AsyncLargeFileManager):
    """The files of this folder, with notebooks as JupyterLab would change them at once."""

    async def get(
        self, path: str, content: bool = True, *more: Any, **named: Any
    ) -> dict[str, Any]:
        """Return a file; a notebook of the book's kernel says what that kernel is."""
        model: dict[str, Any] = await super().get(path, content, *more, **named)
        if model["type"] == "notebook" and model["content"]:
            metadata = model["content"]["metadata"]
            if metadata == {"kernelspec": KERNEL}:
                metadata |= await asyncio.to_thread(announced, KERNEL["name"])
        return model

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        """Keep a file; a notebook of the book's kernel says no more than the book stores."""
        if model["type"] == "notebook" and model.get("content"):
            metadata = model["content"]["metadata"]
            if metadata.get("kernelspec", {}).get("name") == KERNEL["name"]:
                metadata |= {"kernelspec": dict(KERNEL)}
                metadata.pop("language_info", None)
        saved: dict[str, Any] = await super().save(model, path)
        return saved

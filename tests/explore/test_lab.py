"""The figures in JupyterLab with a live kernel: Python and the picture follow each other."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parents[2]
CELLS = [
    "from xent_lib.explore import LossCurve\n\ncurve = LossCurve([0.7, 0.2, 0.1])\ncurve",
    "print(f'q[0] is {curve.q[0]:.2f}, truth {curve.truth}')",
    "curve.q = [0.25, 0.5, 0.25]\ncurve.truth = 1",
]
PATIENCE = 60_000  # milliseconds; a kernel starts and imports matplotlib


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab on a folder of its own with one notebook."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "trial.ipynb")
    port, token = _free_port(), secrets.token_hex(8)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    settings = {
        "--ServerApp.root_dir": folder,
        "--ServerApp.port": port,
        "--ServerApp.port_retries": 0,
        "--IdentityProvider.token": token,
        "--LabApp.extension_manager": "readonly",
        "--LabApp.news_url": "None",
    }
    own = {
        name: str(folder / "home" / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")
    }
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != "XENT_STORED_OUTPUTS"
    }
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(
            [*command, *(f"{name}={value}" for name, value in settings.items())],
            stdout=log,
            stderr=log,
            env=environment | own,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/api?token={token}", server, folder / "log.txt")
        yield f"{address}/lab/tree/trial.ipynb?reset&token={token}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    pytest.fail(f"JupyterLab did not answer: {log.read_text()}")


def run_cell(page: Page, index: int) -> None:
    """Put the cursor into a cell and run it."""
    page.locator(".jp-Notebook .jp-CodeCell").nth(index).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")


def test_widget_and_python_follow_each_other(lab: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    try:
        page.goto(lab)
        expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(
            3, timeout=PATIENCE
        )
        run_cell(page, 0)
        figure = page.locator(".jp-OutputArea .xe")
        expect(figure).to_be_visible(timeout=PATIENCE)
        point = figure.get_by_role("slider", name="which happened")
        expect(point).to_have_attribute("aria-valuenow", "0.700")
        assert figure.get_by_role("button").all_inner_texts() == ["Reset"]

        box = point.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 60, y)
        page.mouse.move(x - 120, y)
        page.mouse.up()
        dragged = float(point.get_attribute("aria-valuenow") or "nan")
        assert dragged < 0.65

        run_cell(page, 1)
        cell = page.locator(".jp-Notebook .jp-CodeCell").nth(1)
        expect(cell.locator(".jp-OutputArea-output")).to_contain_text(
            f"q[0] is {dragged:.2f}, truth 0", timeout=PATIENCE
        )

        run_cell(page, 2)
        expect(figure.locator(".xe-sum")).to_have_text(
            "loss = 0 + 0.6931 + 0 = 0.6931 nats", timeout=PATIENCE
        )
        expect(figure.get_by_role("radio", name="B happened")).to_be_checked()

        figure.get_by_role("button", name="Reset").click()
        expect(point).to_have_attribute("aria-valuenow", "0.700")
        run_cell(page, 1)
        expect(cell.locator(".jp-OutputArea-output")).to_contain_text(
            "q[0] is 0.70, truth 0"
        )
    finally:
        page.close()

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
from playwright.sync_api import Browser, Locator, Page, expect

ROOT = Path(__file__).resolve().parents[2]
CURVE, ASK_CURVE, SET_CURVE, THREE, ASK_THREE, SET_THREE = range(6)
CELLS = {
    CURVE: "from xent_lib.explore import LossCurve\n\n"
    "curve = LossCurve([0.7, 0.2, 0.1])\ncurve",
    ASK_CURVE: "print(f'q[0] is {curve.q[0]:.2f}, truth {curve.truth}')",
    SET_CURVE: "curve.q = [0.25, 0.5, 0.25]\ncurve.truth = 1",
    THREE: "from IPython.display import display\n"
    "from xent_lib.explore import Descent, Logits, Simplex\n\n"
    "logits = Logits([1.0, 0.0, -1.0])\n"
    "simplex = Simplex([0.7, 0.2, 0.1])\n"
    "walk = Descent([[-1, 0], [1, 1], [2, 0], [1, -1]], [0, 1, 1, 0])\n"
    "display(logits, simplex, walk)",
    ASK_THREE: "print(logits.shift, simplex.p[0], walk.rule, walk.steps, len(walk.path))",
    SET_THREE: "logits.truth = 2\nsimplex.p = [1.0, 0.0, 0.0]\n"
    "walk.rule, walk.steps = 'Newton', 50",
}
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
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
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


@pytest.fixture(scope="module")
def notebook(lab: str, browser: Browser) -> Iterator[Page]:
    """The notebook, open in JupyterLab."""
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.goto(lab)
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(
        len(CELLS), timeout=PATIENCE
    )
    kernel = page.locator(".jp-Notebook-ExecutionIndicator")
    expect(kernel).to_have_attribute("data-status", "idle", timeout=PATIENCE)
    yield page
    page.close()


def output_of(page: Page, index: int) -> Locator:
    """What a cell has printed or shown."""
    return (
        page.locator(".jp-Notebook .jp-CodeCell")
        .nth(index)
        .locator(".jp-OutputArea-output")
    )


def drag_left(page: Page, point: Locator, far: int) -> None:
    box = point.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - far / 2, y)
    page.mouse.move(x - far, y)
    page.mouse.up()


def test_widget_and_python_follow_each_other(notebook: Page) -> None:
    run_cell(notebook, CURVE)
    figure = output_of(notebook, CURVE).locator(".xe")
    expect(figure).to_be_visible(timeout=PATIENCE)
    point = figure.get_by_role("slider", name="which happened")
    expect(point).to_have_attribute("aria-valuenow", "0.700")
    assert figure.get_by_role("button").all_inner_texts() == ["Reset"]

    drag_left(notebook, point, 120)
    dragged = float(point.get_attribute("aria-valuenow") or "nan")
    assert dragged < 0.65

    run_cell(notebook, ASK_CURVE)
    expect(output_of(notebook, ASK_CURVE)).to_contain_text(
        f"q[0] is {dragged:.2f}, truth 0", timeout=PATIENCE
    )

    run_cell(notebook, SET_CURVE)
    expect(figure.locator(".xe-sum")).to_have_text(
        "loss = 0 + 0.6931 + 0 = 0.6931 nats", timeout=PATIENCE
    )
    expect(figure.get_by_role("radio", name="B happened")).to_be_checked()

    figure.get_by_role("button", name="Reset").click()
    expect(point).to_have_attribute("aria-valuenow", "0.700")
    run_cell(notebook, ASK_CURVE)
    expect(output_of(notebook, ASK_CURVE)).to_contain_text("q[0] is 0.70, truth 0")


def test_every_other_figure_and_python_follow_each_other(notebook: Page) -> None:
    run_cell(notebook, THREE)
    figures = output_of(notebook, THREE).locator(".xe")
    expect(figures).to_have_count(3, timeout=PATIENCE)
    logits, simplex, walk = (figures.nth(k) for k in range(3))

    logits.get_by_role("slider", name="shift of all logits").press("End")
    simplex.get_by_role("slider", name="probability of A").press("Home")
    walk.get_by_role("combobox", name="rule").select_option("Adam")
    for _ in range(3):
        walk.get_by_role("button", name="Step").click()
    run_cell(notebook, ASK_THREE)
    expect(output_of(notebook, ASK_THREE)).to_contain_text(
        "800.0 0.0 Adam 3 4", timeout=PATIENCE
    )

    run_cell(notebook, SET_THREE)
    expect(walk.locator(".xe-verdict")).to_contain_text(
        "Settled after 5 steps", timeout=PATIENCE
    )
    expect(logits.get_by_role("radio", name="C happened")).to_be_checked()
    expect(simplex.locator(".xe-sum")).to_contain_text("0.0000 nats")

    walk.get_by_role("button", name="Reset").click()
    run_cell(notebook, ASK_THREE)
    expect(output_of(notebook, ASK_THREE)).to_contain_text(
        "gradient descent 0 1", timeout=PATIENCE
    )

"""The figures in JupyterLab with a live kernel: Python and the picture follow each other."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from built_figures import drawn

ROOT = Path(__file__).resolve().parents[2]
CURVE, ASK_CURVE, SET_CURVE, THREE, ASK_THREE, SET_THREE, QUIZ = range(7)
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
    QUIZ: "from xent_lib.explore import Quiz\n\nQuiz(5)",
}
PATIENCE = 120_000  # milliseconds; a kernel starts and imports matplotlib
TRIES = 10
CHAPTER = "03_formula.ipynb"
# Once the kernel has said what it is, which JupyterLab writes into the notebook.
CHANGED = """
async () => {
  const { context, sessionContext } = jupyterapp.shell.currentWidget;
  await sessionContext.ready;
  await sessionContext.session.kernel.info;
  await sessionContext.session.kernel.spec;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return context.model.dirty;
}
"""


@dataclass
class Lab:
    """A running JupyterLab: its folder, its address, and a proxy that it should not need."""

    folder: Path
    address: str
    token: str
    proxy: socket.socket

    def page(self, notebook: str) -> str:
        return f"{self.address}/lab/tree/{notebook}?reset&token={self.token}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab as `make lab` starts it, on a folder of its own with two notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "trial.ipynb")
    shutil.copy(ROOT / "notebooks" / CHAPTER, folder)
    port, token = _free_port(), secrets.token_hex(8)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    settings = {
        "--ServerApp.root_dir": folder,
        "--ServerApp.port": port,
        "--ServerApp.port_retries": 0,
        "--IdentityProvider.token": token,
        "--LabApp.expose_app_in_browser": True,
    }
    proxy = socket.create_server(("127.0.0.1", 0))
    way_out = f"http://127.0.0.1:{proxy.getsockname()[1]}"
    own = {
        "JUPYTER_CONFIG_DIR": str(folder / "home" / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "home" / "runtime"),
        "JUPYTER_CONFIG_PATH": str(ROOT / "book" / "bookkit" / "commands" / "jupyter"),
        "PYTHONPATH": str(ROOT / "book"),
        "HTTP_PROXY": way_out,
        "HTTPS_PROXY": way_out,
        "NO_PROXY": "127.0.0.1,localhost",
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
        yield Lab(folder, address, token, proxy)
    finally:
        proxy.close()
        server.terminate()
        server.wait(timeout=30)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(PATIENCE // 250):
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address).close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    pytest.fail(f"JupyterLab did not answer: {log.read_text()}")


def run_cell(page: Page, index: int) -> None:
    """Put the cursor into a cell and run it, again where JupyterLab missed the key."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(index)
    prompt = cell.locator(".jp-InputPrompt").first
    before = prompt.inner_text()
    for _ in range(TRIES):
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        with contextlib.suppress(AssertionError):
            expect(prompt).not_to_have_text(before, timeout=PATIENCE / TRIES)
            return
    pytest.fail(f"JupyterLab did not run cell {index}")


@pytest.fixture(scope="module")
def notebook(lab: Lab, browser: Browser) -> Iterator[Page]:
    """The notebook, open in JupyterLab."""
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.goto(lab.page("trial.ipynb"))
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(
        len(CELLS), timeout=PATIENCE
    )
    _until_idle(page)
    yield page
    page.close()


def _until_idle(page: Page) -> None:
    kernel = page.locator(".jp-Notebook-ExecutionIndicator")
    expect(kernel).to_have_attribute("data-status", "idle", timeout=PATIENCE)


def ask(page: Page, index: int, answer: str) -> None:
    """Run a cell until it prints this: a figure keeps its newest state to itself while the
    kernel has not yet answered to the one before.
    """
    deadline = time.monotonic() + PATIENCE / 1000
    printed = output_of(page, index)
    while True:
        run_cell(page, index)
        _until_idle(page)
        found = printed.all_inner_texts()
        if (found and answer in found[0]) or time.monotonic() > deadline:
            break
    expect(printed).to_contain_text(answer)


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
    drawn(notebook)
    dragged = float(point.get_attribute("aria-valuenow") or "nan")
    assert dragged < 0.65

    ask(notebook, ASK_CURVE, f"q[0] is {dragged:.2f}, truth 0")

    run_cell(notebook, SET_CURVE)
    expect(figure.locator(".xe-sum")).to_have_text(
        "loss = 0 + 0.6931 + 0 = 0.6931 nats", timeout=PATIENCE
    )
    expect(figure.get_by_role("radio", name="B happened")).to_be_checked()

    figure.get_by_role("button", name="Reset").click()
    expect(point).to_have_attribute("aria-valuenow", "0.700")
    ask(notebook, ASK_CURVE, "q[0] is 0.70, truth 0")


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
    ask(notebook, ASK_THREE, "800.0 0.0 Adam 3 4")

    run_cell(notebook, SET_THREE)
    expect(walk.locator(".xe-verdict")).to_contain_text(
        "Settled after 5 steps", timeout=PATIENCE
    )
    expect(logits.get_by_role("radio", name="C happened")).to_be_checked()
    expect(simplex.locator(".xe-sum")).to_contain_text("0.0000 nats")

    walk.get_by_role("button", name="Reset").click()
    ask(notebook, ASK_THREE, "gradient descent 0 1")


def test_a_quiz_answers_below_its_cell_and_arrows_stay_in_it(notebook: Page) -> None:
    run_cell(notebook, QUIZ)
    quiz = output_of(notebook, QUIZ)
    asked = quiz.locator(".quiz-question").first
    asked.get_by_role("radio").first.focus(timeout=PATIENCE)
    for key in ("ArrowDown", "ArrowDown", "ArrowDown"):
        notebook.keyboard.press(key)
    last = asked.get_by_role("radio", name="(d) none of them")
    expect(last).to_be_checked()
    expect(last).to_be_focused()
    notebook.keyboard.press("Enter")
    said = asked.locator(".quiz-said")
    expect(said).to_contain_text("Not (d).")
    expect(said).to_contain_text("softmax is invariant to a shift")
    number = quiz.locator(".quiz-question").nth(5)
    number.get_by_role("textbox").fill("1,4076")
    notebook.keyboard.press("Enter")
    expect(number.locator(".quiz-said")).to_contain_text("Right.")
    expect(number.locator(".quiz-said math").first).to_be_visible()
    expect(quiz.locator(".quiz-sum")).to_contain_text("2 of 7 answered, 1 right.")


def test_a_chapter_opens_unchanged_and_is_kept_as_it_is_stored(
    lab: Lab, browser: Browser
) -> None:
    page = browser.new_page()
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url))
    page.goto(lab.page(CHAPTER))
    _until_idle(page)
    tab = page.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current")
    expect(tab).to_contain_text(CHAPTER)
    assert page.evaluate(CHANGED) is False
    expect(tab).not_to_have_class(re.compile("jp-mod-dirty"))
    expect(page.get_by_text("official Jupyter news")).to_have_count(0)

    kept = lab.folder / CHAPTER
    stored = kept.read_bytes()
    page.locator(".jp-Notebook .jp-CodeCell").first.click()
    # The file is emptied before it is written: the answer comes when it is whole.
    with page.expect_response(
        lambda answer: answer.request.method == "PUT" and CHAPTER in answer.url
    ) as saved:
        page.keyboard.press("Control+s")
    assert saved.value.ok
    expect(tab).not_to_have_class(re.compile("jp-mod-dirty"))
    assert kept.read_bytes() == stored
    page.close()
    local = (lab.address, "data:", "blob:")
    assert [url for url in outside if not url.startswith(local)] == []
    lab.proxy.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        lab.proxy.accept()
        pytest.fail("JupyterLab asked another host.")


def test_make_lab_starts_it_with_these_settings() -> None:
    recipe = (ROOT / "Makefile").read_text("utf-8").partition("\nlab:")[2]
    assert 'JUPYTER_CONFIG_PATH="$(CURDIR)/book/bookkit/commands/jupyter:' in recipe

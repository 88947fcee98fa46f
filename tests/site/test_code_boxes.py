"""The boxes that run Python, in Chromium: from a folder, and from a server under the policy."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Locator, Page, expect

from bookkit.machine.node_packages import ensure_installed
from bookkit.pages.code_box import interpreter
from bookkit.pages.content_policy import POLICY
from visits import AXE, KIB, WATCH

EXERCISES = "book/exercises/04_worked_example.html"
BOX = "#box-mean-loss"
CHAPTER = "notebooks/04_worked_example.html"
HEAVIEST_KIB = 280
RIGHT = """\
import math


def mean_loss(forecasts, truths):
    return sum(-math.log(row[k]) for row, k in zip(forecasts, truths)) / len(truths)
"""
SUMMED = RIGHT.replace(" / len(truths)", "")
ENDLESS = "print('before')\nwhile True:\n    pass\n"
HUNGRY = "print('before')\nrows = []\nwhile True:\n    rows.append([0.0] * 100_000)\n"
INTERPRETER = "micropython.js"


class Reader:
    """A page with boxes, and what went over the wire for it."""

    def __init__(self, browser: Browser, base: str, **settings: Any) -> None:
        self.context = browser.new_context(
            viewport={"width": 1000, "height": 900}, **settings
        )
        self.base, self.asked, self.faults = base, list[str](), list[str]()
        self.open()

    def open(self) -> None:
        """A page of this browser, which keeps what it has stored."""
        self.page: Page = self.context.new_page()
        self.page.add_init_script(WATCH)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on(
            "console",
            lambda said: (
                self.faults.append(said.text)
                if said.type in ("error", "warning")
                else None
            ),
        )

    def go(self, name: str = EXERCISES, box: str = BOX) -> Locator:
        """Open a page of the book at its box."""
        self.page.goto(f"{self.base}/{name}")
        found = self.page.locator(box)
        found.scroll_into_view_if_needed()
        return found


@pytest.fixture(params=["folder", "server"])
def reader(
    request: pytest.FixtureRequest, browser: Browser, site: Path, server: str
) -> Iterator[Reader]:
    made = Reader(browser, site.as_uri() if request.param == "folder" else server)
    yield made
    assert made.faults == []
    assert made.page.evaluate("() => window.policyViolations") == []
    made.context.close()


@pytest.fixture
def visitor(browser: Browser, server: str) -> Iterator[Reader]:
    made = Reader(browser, server)
    yield made
    assert made.faults == []
    made.context.close()


@pytest.fixture(scope="session")
def axe_source() -> str:
    packages = ensure_installed(Path(__file__).parent)
    return (packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def press(box: Locator, act: str) -> None:
    """Press a button and wait until the program is done."""
    box.locator(f"[data-act={act}]").click()
    expect(box).not_to_have_attribute("aria-busy", "true")


def write(box: Locator, text: str) -> Locator:
    area = box.locator("textarea")
    area.fill(text)
    return area


def test_a_program_runs_and_nothing_is_loaded_before(reader: Reader) -> None:
    box = reader.go()
    reader.page.wait_for_load_state("networkidle")
    assert not any(INTERPRETER in url for url in reader.asked)
    press(box, "run")
    expect(box.locator(".code-box-output")).to_have_text(
        "[0.7, 0.2, 0.1] 0\n[0.1, 0.6, 0.3] 1\n"
    )
    loads = [url for url in reader.asked if INTERPRETER in url]
    other = reader.page.locator("#box-perplexity")
    press(other, "run")
    expect(other.locator(".code-box-output")).to_contain_text("0.5 0.693")
    assert [url for url in reader.asked if INTERPRETER in url] == loads
    assert len(loads) == 1


def test_a_check_names_what_it_tried_and_the_misconception(reader: Reader) -> None:
    box = reader.go()
    write(box, SUMMED)
    press(box, "check")
    said = box.locator(".code-box-said")
    expect(said.locator(".code-box-verdict")).to_have_text("2 of 4 checks hold.")
    expect(said.locator(".code-box-mistake")).to_contain_text("did not divide")
    fails = said.locator(".fails").first
    expect(fails).to_contain_text("gave 2.07147, expected 0.690491")
    expect(fails).to_contain_text("mean_loss([[0.7, 0.2, 0.1], ")
    write(box, RIGHT)
    press(box, "check")
    expect(said.locator(".code-box-verdict")).to_have_text("All 4 checks hold.")
    expect(said.locator(".code-box-mistake")).to_have_count(0)


@pytest.mark.parametrize(
    ("program", "why"), [(ENDLESS, "after 2 seconds"), (HUNGRY, "64 MB of memory")]
)
def test_a_program_without_end_or_measure_is_ended_and_nothing_is_lost(
    reader: Reader, program: str, why: str
) -> None:
    box = reader.go()
    area = write(box, program)
    press(box, "run")
    expect(box.locator(".code-box-verdict")).to_contain_text(why)
    expect(box.locator(".code-box-output")).to_have_text("before\n")
    expect(area).to_have_value(program)
    write(box, "print(6 * 7)\n")
    press(box, "run")
    expect(box.locator(".code-box-output")).to_have_text("42\n")


def test_a_running_program_can_be_stopped(visitor: Reader) -> None:
    box = visitor.go()
    write(box, ENDLESS)
    run = box.locator("[data-act=run]")
    run.click()
    expect(run).to_have_text("Stop")
    expect(box.locator(".code-box-output")).to_have_text("before\n")
    run.click()
    expect(box.locator(".code-box-verdict")).to_have_text(
        "Stopped. Your text is as it was."
    )
    expect(run).to_have_text("Run")


def test_a_text_is_found_again_and_reset_keeps_it(reader: Reader) -> None:
    box = reader.go()
    start = box.locator("textarea").input_value()
    write(box, SUMMED)
    reader.page.close()
    reader.open()
    box = reader.go()
    area = box.locator("textarea")
    expect(area).to_have_value(SUMMED)
    box.locator("[data-act=reset]").click()
    expect(area).to_have_value(start)
    reader.page.close()
    reader.open()
    box = reader.go()
    expect(box.locator("textarea")).to_have_value(start)
    box.get_by_role("button", name="Bring back my text").click()
    expect(box.locator("textarea")).to_have_value(SUMMED)
    reader.page.close()
    reader.open()
    expect(reader.go().locator("textarea")).to_have_value(SUMMED)


def test_after_a_change_of_the_book_the_text_is_offered(visitor: Reader) -> None:
    box = visitor.go()
    start = box.locator("textarea").input_value()
    write(box, SUMMED)
    visitor.page.evaluate(
        """() => {
          const entry = JSON.parse(localStorage.getItem("xent-code-box:mean-loss"));
          localStorage.setItem("xent-code-box:mean-loss",
            JSON.stringify({ ...entry, from: "an older start\\n" }));
        }"""
    )
    box = visitor.go()
    area = box.locator("textarea")
    expect(area).to_have_value(start)
    expect(box.locator(".code-box-offer")).to_contain_text("has changed this code")
    write(box, RIGHT)
    back = box.get_by_role("button", name="Bring back my text")
    back.click()
    expect(area).to_have_value(SUMMED)
    back.click()
    expect(area).to_have_value(RIGHT)


def test_an_error_shows_the_readers_line_and_leads_to_it(visitor: Reader) -> None:
    box = visitor.go()
    area = write(box, "x = 0\ny = 1\nprint(y / x)\n")
    press(box, "run")
    fault = box.locator(".code-box-fault")
    expect(fault).to_contain_text("Line 3: ZeroDivisionError")
    expect(box.locator(".code-box-fault + pre")).to_have_text("print(y / x)")
    fault.get_by_role("button").click()
    expect(area).to_be_focused()
    chosen = area.evaluate(
        "(area) => area.value.slice(area.selectionStart, area.selectionEnd)"
    )
    assert chosen == "print(y / x)"
    write(box, "import numpy\n")
    press(box, "run")
    expect(box.locator(".code-box-said")).to_contain_text("Python's own modules")


def test_everything_is_done_by_keyboard(visitor: Reader) -> None:
    box = visitor.go()
    area = write(box, "")
    area.focus()
    keyboard = visitor.page.keyboard
    for key in ("f", "o", "r", " ", "k", " ", "i", "n", " ", '"', "a", "b", '"', ":"):
        keyboard.press(key)
    keyboard.press("Enter")
    keyboard.type("print(k)")
    assert area.input_value() == 'for k in "ab":\n    print(k)'
    keyboard.press("Control+Enter")
    expect(box.locator(".code-box-output")).to_have_text("a\nb\n")
    keyboard.press("Shift+Tab")
    assert area.input_value() == 'for k in "ab":\nprint(k)'
    keyboard.press("Tab")
    assert area.input_value() == 'for k in "ab":\nprint(k)    '
    keyboard.press("Control+z")
    assert area.input_value() == 'for k in "ab":\nprint(k)'
    keyboard.press("Escape")
    keyboard.press("Tab")
    expect(box.locator("[data-act=run]")).to_be_focused()
    keyboard.press("Shift+Tab")
    expect(area).to_be_focused()
    # Whoever only passes by is not held.
    keyboard.press("Shift+Tab")
    expect(area).not_to_be_focused()
    keyboard.press("Tab")
    expect(area).to_be_focused()
    keyboard.press("ArrowDown")
    keyboard.press("Tab")
    expect(area).to_be_focused()


def test_results_are_announced_and_the_editor_has_a_name(visitor: Reader) -> None:
    box = visitor.go()
    expect(box.locator(".code-box-said")).to_have_attribute("aria-live", "polite")
    area = box.get_by_role("textbox", name="Your Python")
    expect(area).to_have_accessible_description(
        "Ctrl and Enter checks. Tab indents; to leave the code by keyboard, press "
        "Escape, then Tab."
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_axe_finds_nothing_in_a_box_with_results(
    browser: Browser, server: str, scheme: Any, width: int, axe_source: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    page.goto(f"{server}/{EXERCISES}")
    box = page.locator(BOX)
    for program, act in ((SUMMED, "check"), ("print(1)\n1 / 0\n", "run")):
        write(box, program)
        press(box, act)
        page.evaluate(axe_source)
        assert page.evaluate(AXE, [BOX, None, []]) == []
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    context.close()


def test_a_chapters_cell_is_changed_and_run_below_it(reader: Reader) -> None:
    box = reader.go(CHAPTER, ".code-box")
    area = box.locator("textarea")
    expect(area).to_be_hidden()
    box.get_by_role("button", name="Change it and run it here").click()
    expect(area).to_be_focused()
    area.fill(area.input_value().replace("[0.7, 0.2, 0.1]", "[0.5, 0.3, 0.2]"))
    reader.page.keyboard.press("Control+Enter")
    expect(box.locator(".code-box-output")).to_contain_text("loss: 0.6931 nats")
    reader.page.close()
    reader.open()
    area = reader.go(CHAPTER, ".code-box").locator("textarea")
    expect(area).to_be_visible()


def test_a_notebook_takes_the_text_with_its_checks(
    browser: Browser, server: str
) -> None:
    reader = Reader(browser, server, permissions=["clipboard-read", "clipboard-write"])
    box = reader.go()
    write(box, RIGHT)
    box.get_by_role("button", name="Copy for a notebook").click()
    expect(box.get_by_role("button", name="Copied")).to_be_visible()
    copied = reader.page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith(RIGHT)
    assert 'print(tried, "gives", eval(tried)' in copied
    compile(copied, "cell", "exec")
    reader.context.close()


def test_without_scripts_a_box_is_its_code_and_its_solution(
    browser: Browser, server: str
) -> None:
    reader = Reader(browser, server, java_script_enabled=False)
    box = reader.go()
    expect(box.locator("> .highlight-python pre")).to_contain_text("def mean_loss")
    expect(box.locator(".code-box-tools")).to_be_hidden()
    box.locator("summary").click()
    expect(box.locator("details pre")).to_contain_text("total / len(truths)")
    expect(box.locator("details")).to_contain_text("gives 0.690491")
    expect(box.locator("details")).to_contain_text("did not divide")
    reader.context.close()


@pytest.mark.parametrize("lacking", ["WebAssembly", "Worker", "DecompressionStream"])
def test_a_browser_without_the_means_has_the_same(
    browser: Browser, server: str, lacking: str
) -> None:
    reader = Reader(browser, server)
    reader.page.add_init_script(f"delete globalThis.{lacking}")
    box = reader.go()
    expect(box.locator("> .highlight-python pre")).to_be_visible()
    expect(box.locator(".code-box-tools")).to_be_hidden()
    expect(box.locator("textarea")).to_have_count(0)
    assert reader.faults == []
    reader.context.close()


def test_where_python_cannot_be_loaded_the_box_says_so_and_tries_again(
    browser: Browser, server: str
) -> None:
    reader = Reader(browser, server)
    reader.page.route(f"**/{INTERPRETER}", lambda route: route.abort())
    box = reader.go()
    press(box, "run")
    expect(box.locator(".code-box-said")).to_contain_text("could not be loaded")
    reader.page.unroute(f"**/{INTERPRETER}")
    press(box, "run")
    expect(box.locator(".code-box-output")).to_contain_text("0.7")
    reader.context.close()


def test_a_host_with_a_stricter_policy_is_named(
    browser: Browser,
    site: Path,
    serve: Callable[[Path], Any],
    tmp_path: Path,
) -> None:
    old = POLICY.replace(" 'wasm-unsafe-eval'", "").replace("; worker-src blob:", "")
    assert old != POLICY
    for name in (EXERCISES, "_static"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(site / name)
    (tmp_path / "_headers").write_text(f"/*\n  Content-Security-Policy: {old}\n")
    with serve(tmp_path) as strict:
        reader = Reader(browser, strict)
        box = reader.go()
        press(box, "run")
        expect(box.locator(".code-box-said")).to_contain_text("Python does not start")
        reader.context.close()


def test_the_interpreter_is_light(site: Path) -> None:
    script = (site / "_static" / INTERPRETER).read_bytes()
    assert len(gzip.compress(script, 6)) / KIB <= HEAVIEST_KIB
    assert script.startswith(b"/* MicroPython ") and b"The MIT License" in script
    assert script.decode("utf-8") == interpreter.script()


def test_the_policy_grows_by_what_python_needs_and_no_more() -> None:
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert rules["worker-src"] == "blob:"
    allowed = rules["script-src"].split()
    assert "'wasm-unsafe-eval'" in allowed
    assert not {"'unsafe-eval'", "'unsafe-inline'", "blob:"} & set(allowed)


def test_a_page_without_a_box_loads_nothing_of_them(
    book_pages: dict[str, BeautifulSoup],
) -> None:
    with_box = 0
    for name, page in book_pages.items():
        loads = "code-box" in str(page.head)
        assert loads == (page.select_one(".code-box") is not None), name
        with_box += loads
    assert with_box >= 12


def test_a_box_holds_what_it_asks_and_no_wrong_answer(
    book_pages: dict[str, BeautifulSoup],
) -> None:
    box = book_pages[EXERCISES].select_one(BOX)
    assert box is not None
    holds = json.loads(str(box["data-box"]))
    assert set(holds) == {"name", "start", "task", "cell"}
    assert len(holds["task"]["wrong"]) == len(box.select(".code-box-wrong li"))

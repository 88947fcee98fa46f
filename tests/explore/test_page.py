"""All interactive figures in the built book: still pictures, layout, motion, names, work."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from built_figures import SCHEMES, SIZES, interactive_pages

INK = {"light": "rgb(31, 35, 40)", "dark": "rgb(230, 232, 235)"}
LEAST_HEIGHT = 32  # pixels that a finger needs
# Changes to the page that one movement of a slider may make. The strip, which tints each of
# its tokens anew, makes about 240; the others make fewer than 100.
MOST_CHANGES = 300

WIDER_THAN_ITS_FIGURE = """
(root) => [...root.querySelectorAll("*")].filter((node) =>
  !node.closest("svg svg") &&  // cut off at its edges
  node.getBoundingClientRect().right > root.getBoundingClientRect().right + 1
).map((node) => node.outerHTML.slice(0, 80))
"""
CONTROLS = """
(root) => [...root.querySelectorAll("button, select, input, [tabindex='0']")].map((node) => ({
  html: node.outerHTML.slice(0, 120),
  name: node.getAttribute("aria-label") || node.textContent
    || (node.labels && node.labels[0] && node.labels[0].textContent) || "",
  height: (node.closest("label") || node).getBoundingClientRect().height,
}))
"""
CHANGES_AT_ONE_MOVE = """
async (slider) => {
  const figure = slider.closest(".xe");
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  const [low, high] = [Number(slider.min), Number(slider.max)];
  let most = 0, all = 0;
  for (const share of [0.1, 0.9, 0.3, 0.7, 0.5]) {
    let changed = 0;
    const watcher = new MutationObserver((records) => { changed += records.length; });
    watcher.observe(figure,
      { subtree: true, childList: true, attributes: true, characterData: true });
    slider.value = String(low + (high - low) * share);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await frame();
    await frame();
    watcher.disconnect();
    most = Math.max(most, changed);
    all += changed;
  }
  return { most, all };
}
"""


@dataclass
class Seen:
    """What one figure shows in a window of one size."""

    still_height: float = 0
    height: float = 0
    right: float = 0
    window: float = 0
    wider: list[str] = field(default_factory=list)
    ink: dict[str, str] = field(default_factory=dict)
    moving: int = 0
    controls: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)


def look(page: Page, figure: Locator, seen: Seen) -> None:
    """Note everything that a figure come to life shows."""
    expect(figure).to_be_visible()
    box = figure.evaluate("(root) => root.getBoundingClientRect().right")
    seen.right, seen.window = box, page.evaluate("innerWidth")
    seen.wider = figure.evaluate(WIDER_THAN_ITS_FIGURE)
    seen.moving = page.evaluate("document.getAnimations().length")
    seen.controls = figure.evaluate(CONTROLS)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        seen.ink[scheme] = figure.evaluate("(root) => getComputedStyle(root).color")
    slider = figure.locator("input[type=range]").first
    seen.changes = slider.evaluate(CHANGES_AT_ONE_MOVE)


def height(page: Page, anchor: str) -> float:
    """The height of a figure's place on the page."""
    box = f"document.querySelector('#{anchor} .explore').getBoundingClientRect().height"
    found: float = page.evaluate(box)
    return found


@pytest.fixture(scope="module", params=SIZES)
def seen(
    browser: Browser, site: Path, request: pytest.FixtureRequest
) -> dict[tuple[str, str], Seen]:
    """Every figure of every page, first as a still and then come to life."""
    found: dict[tuple[str, str], Seen] = {}
    errors: list[str] = []
    width, tall = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": tall}, reduced_motion="reduce"
    )
    for name, anchors in interactive_pages(site).items():
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.route("**/explore*.js", lambda route: route.abort())
        page.goto(f"{site.as_uri()}/{name}")
        # The first key has the whole page laid out.
        page.keyboard.press("Shift")
        for anchor in anchors:
            found[name, anchor] = Seen(still_height=height(page, anchor))
        page.unroute("**/explore*.js")
        page.reload()
        page.keyboard.press("Shift")
        for anchor in anchors:
            figure = page.locator(f"#{anchor} .xe")
            expect(figure).to_be_visible()
            found[name, anchor].height = height(page, anchor)
            look(page, figure, found[name, anchor])
        page.close()
    context.close()
    assert errors == []
    return found


def test_without_scripts_the_still_and_its_words_are_there(open_page, site):
    for name, anchors in interactive_pages(site).items():
        page = open_page(name, java_script_enabled=False)
        for anchor in anchors:
            still = page.locator(f"#{anchor} .explore img")
            expect(still).to_be_visible()
            assert len(still.get_attribute("alt").split()) > 5
            assert still.evaluate("image => image.complete && image.naturalWidth > 0")


def test_only_pages_with_a_figure_load_its_script(site):
    shown = interactive_pages(site)
    assert "book/interactive.html" in shown
    for path in site.rglob("*.html"):
        loads = re.findall(
            r"_static/(explore[\w.-]*)", path.read_text(encoding="utf-8")
        )
        expected = 2 if str(path.relative_to(site)) in shown else 0
        assert len(loads) == expected, path


def test_nothing_shifts_when_the_figures_come_to_life(seen):
    for place, figure in seen.items():
        assert abs(figure.still_height - figure.height) <= 1, place


def test_nothing_overflows_and_the_colours_follow_the_page(seen):
    for place, figure in seen.items():
        assert figure.right <= figure.window, place
        assert figure.wider == [], place
        assert figure.ink == INK, place


def test_nothing_moves_by_itself_for_who_wants_less_motion(seen):
    assert {
        place: figure.moving for place, figure in seen.items() if figure.moving
    } == {}


def test_every_control_has_a_name_and_room_for_a_finger(seen):
    for place, figure in seen.items():
        assert len(figure.controls) >= 3, place
        for control in figure.controls:
            assert control["name"].strip(), control["html"]
            assert control["height"] >= LEAST_HEIGHT, control["html"]


def test_a_move_of_a_slider_changes_no_more_than_what_is_drawn(seen):
    for place, figure in seen.items():
        assert figure.changes["all"] > 0, place
        assert figure.changes["most"] <= MOST_CHANGES, (place, figure.changes)

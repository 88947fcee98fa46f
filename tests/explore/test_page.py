"""All interactive figures in the built book: still pictures, layout, motion, names, speed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from built_figures import SCHEMES, SIZES, interactive_pages


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


@pytest.mark.parametrize("size", SIZES)
def test_nothing_shifts_when_the_figures_come_to_life(open_page, site, size):
    for name, anchors in interactive_pages(site).items():
        before = open_page(name, size=SIZES[size])
        before.route("**/explore*.js", lambda route: route.abort())
        before.reload()
        after = open_page(name, size=SIZES[size])
        for anchor in anchors:
            box = f"document.querySelector('#{anchor} .explore').getBoundingClientRect().height"
            expect(after.locator(f"#{anchor} .xe")).to_be_visible()
            assert abs(before.evaluate(box) - after.evaluate(box)) <= 1, (name, anchor)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_overflows_and_the_colours_follow_the_page(
    open_page, site, size, scheme
):
    for name, anchors in interactive_pages(site).items():
        page = open_page(name, size=SIZES[size], color_scheme=scheme)
        for anchor in anchors:
            figure = page.locator(f"#{anchor} .xe")
            assert figure.evaluate(
                "(root) => root.getBoundingClientRect().right <= innerWidth"
            )
            wider = figure.evaluate(
                "(root) => [...root.querySelectorAll('*')].filter((node) => "
                "!node.closest('svg svg') && "  # cut off at its edges
                "node.getBoundingClientRect().right > root.getBoundingClientRect().right + 1"
                ").map((node) => node.outerHTML.slice(0, 80))"
            )
            assert wider == [], (name, anchor)
            colour = figure.evaluate("(root) => getComputedStyle(root).color")
            assert (
                colour
                == {"light": "rgb(31, 35, 40)", "dark": "rgb(230, 232, 235)"}[scheme]
            )


def test_nothing_moves_by_itself_for_who_wants_less_motion(open_page, site):
    for name, anchors in interactive_pages(site).items():
        page = open_page(name, reduced_motion="reduce")
        for anchor in anchors:
            expect(page.locator(f"#{anchor} .xe")).to_be_visible()
            moving = page.evaluate("document.getAnimations().length")
            assert moving == 0, (name, anchor)


def test_every_control_has_a_name_and_room_for_a_finger(open_page, site):
    for name, anchors in interactive_pages(site).items():
        page = open_page(name, size=SIZES["phone"])
        for anchor in anchors:
            figure = page.locator(f"#{anchor} .xe")
            controls = figure.locator("button, select, input, [tabindex='0']")
            assert controls.count() >= 3
            for control in controls.all():
                named = control.evaluate(
                    "(node) => node.getAttribute('aria-label') || node.textContent"
                    " || (node.labels && node.labels[0] && node.labels[0].textContent)"
                )
                assert named, control.evaluate("(node) => node.outerHTML")
                height = control.evaluate(
                    "(node) => (node.closest('label') || node).getBoundingClientRect().height"
                )
                assert height >= 32, control.evaluate("(node) => node.outerHTML")


def test_a_drag_is_drawn_within_a_frame(open_page, site):
    for name, anchors in interactive_pages(site).items():
        page = open_page(name)
        for anchor in anchors:
            figure = page.locator(f"#{anchor} .xe")
            slider = figure.locator("input[type=range]").first
            slider.scroll_into_view_if_needed()
            longest = slider.evaluate(
                """async (node) => {
                  const took = [];
                  const [low, high] = [Number(node.min), Number(node.max)];
                  for (let i = 0; i < 60; i++) {
                    node.value = String(low + (high - low) * ((i * 7) % 60) / 60);
                    let began = 0;
                    requestAnimationFrame(() => { began = performance.now(); });
                    node.dispatchEvent(new Event("input", { bubbles: true }));
                    await new Promise((done) => requestAnimationFrame(() => {
                      document.body.getBoundingClientRect();
                      took.push(performance.now() - began);
                      setTimeout(done, 0);
                    }));
                  }
                  return took.sort((a, b) => a - b)[Math.floor(took.length * 0.9)];
                }"""
            )
            assert longest < 1000 / 60, (name, anchor, longest)

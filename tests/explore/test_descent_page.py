"""The walk down a loss in the built book: a start to move, rules, steps, links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from built_figures import SIZES, Open, OpenFigure, drag, opener, page_of


@pytest.fixture
def descent(open_page: Open, site: Path) -> OpenFigure:
    name, anchor = page_of(site, "descent")
    open_figure = opener(open_page, name, anchor)

    def open_(setting: str = "", **options: Any) -> tuple[Page, Locator]:
        return open_figure(f"#explore={anchor}&{setting}" if setting else "", **options)

    return open_


def pictures(figure: Locator) -> list[str]:
    """What the map's walk, the boundary and the losses look like."""
    return [
        figure.locator(f"{part}").first.get_attribute(name) or ""
        for part, name in (
            (".xe-walked", "points"),
            (".xe-boundary", "d"),
            (".xe-curve", "points"),
        )
    ]


def test_dragging_the_start_moves_walk_boundary_and_losses_together(descent):
    page, figure = descent()
    start = figure.get_by_role("slider", name="start")
    expect(start).to_have_attribute(
        "aria-valuetext", "weight of barometer −2.0, weight of humidity 2.0"
    )
    before = pictures(figure)
    drag(page, start, 120, 60)
    expect(start).not_to_have_attribute("aria-valuenow", "-2.0")
    assert all(
        one != other for one, other in zip(before, pictures(figure), strict=True)
    )
    figure.get_by_role("button", name="Reset").click()
    expect(start).to_have_attribute("aria-valuenow", "-2.0")
    assert pictures(figure) == before


def test_a_finger_drags_the_start_and_a_tap_places_it(descent):
    page, figure = descent(size=SIZES["phone"], has_touch=True)
    start = figure.get_by_role("slider", name="start")
    start.scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    box = start.locator("circle").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, points in (
        ("Start", [{"x": x, "y": y}]),
        ("Move", [{"x": x + 20, "y": y + 20}]),
        ("Move", [{"x": x + 54, "y": y + 54}]),
        ("End", []),
    ):
        touch.send(
            "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points}
        )
    expect(start).not_to_have_attribute("aria-valuenow", "-2.0")
    assert page.evaluate("scrollY") == scrolled
    ground = figure.locator(".xe-ground").bounding_box()
    page.touchscreen.tap(ground["x"] + ground["width"] / 2, ground["y"] + 40)
    expect(start).to_have_attribute("aria-valuenow", re.compile(r"-?0\.0"))


def test_arrow_keys_move_the_start_and_a_click_on_the_map_places_it(descent):
    page, figure = descent()
    start = figure.get_by_role("slider", name="start")
    start.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    expect(start).to_have_attribute(
        "aria-valuetext", "weight of barometer −1.9, weight of humidity 1.0"
    )
    ground = figure.locator(".xe-ground")
    box = ground.bounding_box()
    ground.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(start).to_have_attribute(
        "aria-valuetext", "weight of barometer 0.0, weight of humidity 0.0"
    )


def test_steps_are_taken_one_by_one_and_taken_back(descent):
    page, figure = descent("rule=Newton")
    tally = figure.locator(".xe-tally")
    figure.get_by_role("button", name="Back to the start").click()
    expect(tally).to_have_text("step 0: loss 0.8148 nats, 0.3308 above the lowest")
    step = figure.get_by_role("button", name="Step")
    step.focus()
    for _ in range(3):
        page.keyboard.press("Enter")
    expect(tally).to_contain_text("step 3: loss 0.4840 nats")
    expect(tally).to_contain_text("(under 0.001 since step 2)")
    for _ in range(3):
        page.keyboard.press("Enter")
    expect(figure.locator(".xe-verdict")).to_contain_text("Settled after 4 steps")
    expect(figure.get_by_role("status")).to_have_text("Step 4: 0.4840 nats, settled.")


def test_playing_walks_until_the_bottom_and_can_be_paused(descent):
    _, figure = descent("learning_rate=5.5&steps=0")
    tally = figure.locator(".xe-tally")
    figure.get_by_role("button", name="Play").click()
    figure.get_by_role("button", name="Pause").click()
    figure.get_by_role("button", name="Play").click()
    expect(tally).not_to_contain_text("step 0:")
    expect(figure.locator(".xe-verdict")).to_contain_text(
        "Settled after", timeout=30_000
    )
    expect(tally).to_contain_text("(under 0.001 since step 17)")
    expect(figure.get_by_role("button", name="Play")).to_be_visible()


@pytest.mark.parametrize("way", ["Reset", "a link"])
def test_a_setting_from_elsewhere_ends_a_walk_that_plays(descent, way):
    page, figure = descent("learning_rate=0.05&steps=3")
    page.clock.install()
    figure.get_by_role("button", name="Play").click()
    page.clock.run_for(1000)
    tally = figure.locator(".xe-tally")
    expect(tally).not_to_contain_text("step 3:")
    if way == "Reset":
        figure.get_by_role("button", name="Reset").click()
        there = "step 20:"
    else:
        page.evaluate("location.hash = location.hash.replace('steps=3', 'steps=5')")
        there = "step 5:"
    page.clock.run_for(1000)
    expect(tally).to_contain_text(there)
    expect(figure.get_by_role("button", name="Play")).to_be_visible()


def test_who_wants_less_motion_gets_all_steps_at_once(descent):
    page, figure = descent("steps=0", reduced_motion="reduce")
    page.clock.install()
    figure.get_by_role("button", name="Play").click()
    page.clock.run_for(50)
    expect(figure.locator(".xe-tally")).to_contain_text("step 77:")
    expect(figure.get_by_role("button", name="Play")).to_be_visible()


def test_a_run_that_diverges_says_where_and_why(descent):
    _, figure = descent("learning_rate=300")
    words = figure.locator(".xe-verdict")
    expect(words).to_contain_text("Diverged at step")
    expect(words).to_contain_text("η = 300 is above 2 / c = 200")
    expect(figure.get_by_text("off the map")).to_be_visible()
    rate = figure.get_by_role("slider", name="learning rate")
    rate.focus()
    rate.press("Home")
    expect(words).to_contain_text("The loss falls.")
    expect(figure.get_by_text("off the map")).to_be_hidden()


def test_newtons_method_has_no_learning_rate_to_move(descent):
    _, figure = descent()
    rate = figure.get_by_role("slider", name="learning rate")
    figure.get_by_role("combobox", name="rule").select_option("Newton")
    expect(rate).to_be_disabled()
    figure.get_by_role("combobox", name="rule").select_option("momentum")
    expect(rate).to_be_enabled()


def test_a_link_carries_start_rule_rate_and_steps(descent):
    page, figure = descent("rule=Adam&learning_rate=0.3&steps=7&start=[1.5,-2.0]")
    figure.get_by_role("button", name="Step").click()
    expect(figure.locator(".xe-tally")).to_contain_text("step 8:")
    words = figure.locator(".xe-tally").inner_text()
    figure.get_by_role("button", name="Link to this setting").click()
    expect(figure.get_by_role("status")).to_contain_text("with this setting")
    _, same = descent(page.url.partition("&")[2])
    expect(same.locator(".xe-tally")).to_have_text(words)


@pytest.mark.parametrize(
    "nonsense",
    [
        "rule=Nesterov",
        "learning_rate=-1",
        "steps=1000",
        "steps=1.5",
        "start=[9,9]",
        "features=[[1]]",
        "labels=[3]",
    ],
)
def test_a_link_to_a_walk_that_makes_no_sense_is_left_aside(descent, nonsense):
    _, figure = descent(nonsense)
    expect(figure.locator(".xe-tally")).to_contain_text("step 20: loss 0.4845 nats")


@pytest.mark.parametrize("size", SIZES)
def test_what_a_walk_says_moves_nothing_below_it(descent, size):
    _, figure = descent(size=SIZES[size])
    height = figure.bounding_box()["height"]
    for state in (
        "rule=momentum&learning_rate=206&steps=60",
        "rule=momentum&learning_rate=700&steps=60",
        "rule=momentum&learning_rate=1&steps=20",
        "learning_rate=44&steps=31",
        "learning_rate=190&steps=90",
        "rule=Adam&learning_rate=0.033",
        "rule=Newton&steps=0",
    ):
        _, other = descent(state, size=SIZES[size])
        expect(other.get_by_role("status")).not_to_be_empty()
        assert other.bounding_box()["height"] == pytest.approx(height, abs=1), state

"""The loss of one forecast in the built book: a point to drag, sliders, links."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from built_figures import SIZES, Open, OpenFigure, drag, opener, page_of


@pytest.fixture
def loss_curve(open_page: Open, site: Path) -> OpenFigure:
    return opener(open_page, *page_of(site, "loss_curve"))


def test_a_drag_moves_the_point_the_sum_and_the_other_probabilities(loss_curve):
    page, figure = loss_curve()
    point = figure.get_by_role("slider", name="which happened")
    expect(figure.locator(".xe-sum")).to_have_text(
        "loss = 0.3567 + 0 + 0 = 0.3567 nats"
    )
    drag(page, point, -123, 0)
    expect(point).to_have_attribute("aria-valuenow", "0.500")
    expect(figure.locator(".xe-sum")).to_have_text(
        "loss = 0.6931 + 0 + 0 = 0.6931 nats"
    )
    expect(figure.locator(".xe-number.xe-q")).to_have_text(["0.500", "0.333", "0.167"])


def test_a_finger_drags_the_point_and_the_page_stays_where_it_is(loss_curve):
    page, figure = loss_curve(size=SIZES["phone"], has_touch=True)
    point = figure.get_by_role("slider", name="which happened")
    point.scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    box = point.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, place in (
        ("Start", [x, y]),
        ("Move", [x - 40, y + 30]),
        ("Move", [x - 80, y + 60]),
    ):
        points = [{"x": place[0], "y": place[1]}]
        touch.send(
            "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points}
        )
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(point).not_to_have_attribute("aria-valuenow", "0.700")
    assert page.evaluate("scrollY") == scrolled


def test_arrow_keys_move_the_point_and_the_change_is_announced(loss_curve):
    page, figure = loss_curve()
    point = figure.get_by_role("slider", name="which happened")
    point.focus()
    page.keyboard.press("ArrowLeft")
    expect(point).to_have_attribute(
        "aria-valuetext", "probability 0.690, loss 0.3711 nats"
    )
    page.keyboard.press("Shift+ArrowRight")
    expect(point).to_have_attribute("aria-valuenow", "0.790")
    expect(figure.get_by_role("status")).to_have_text(
        "A (rain) happened, probability 0.790, loss 0.2357 nats."
    )


def test_a_labelled_slider_and_a_choice_work_by_keyboard_alone(loss_curve):
    page, figure = loss_curve()
    figure.get_by_role("slider", name="probability of B (snow)").focus()
    page.keyboard.press("End")
    expect(figure.locator(".xe-sum")).to_have_text("loss = ∞ + 0 + 0 = ∞ nats")
    figure.get_by_role("radio", name="A (rain) happened").focus()
    page.keyboard.press("ArrowDown")
    expect(figure.locator(".xe-sum")).to_have_text("loss = 0 + 0 + 0 = 0.0000 nats")


def test_reset_restores_the_stored_state(loss_curve):
    page, figure = loss_curve()
    drag(page, figure.get_by_role("slider", name="which happened"), -200, 0)
    figure.get_by_role("radio", name="C (sun) happened").check()
    expect(figure.locator(".xe-sum")).not_to_contain_text("0.3567")
    figure.get_by_role("button", name="Reset").click()
    expect(figure.locator(".xe-sum")).to_have_text(
        "loss = 0.3567 + 0 + 0 = 0.3567 nats"
    )


def test_a_shared_link_opens_the_same_state_and_shows_the_figure(loss_curve):
    page, figure = loss_curve()
    figure.get_by_role("radio", name="B (snow) happened").check()
    drag(page, figure.get_by_role("slider", name="which happened"), 100, 0)
    words = figure.locator(".xe-sum").inner_text()
    figure.get_by_role("button", name="Link to this setting").click()
    expect(figure.get_by_role("status")).to_contain_text("with this setting")
    _, same = loss_curve("#" + page.url.partition("#")[2])
    expect(same.locator(".xe-sum")).to_have_text(words)
    expect(same).to_be_in_viewport()


@pytest.mark.parametrize(
    "nonsense",
    [
        "q=%5B2%2C-1%2C0%5D",
        "q=%5B0.5%2C0.5%5D",
        "truth=7",
        "truth=x",
        "q=null",
        "names=%5B1%5D",
    ],
)
def test_a_link_that_makes_no_sense_is_left_aside(loss_curve, site, nonsense):
    _, anchor = page_of(site, "loss_curve")
    _, figure = loss_curve(f"#explore={anchor}&{nonsense}")
    expect(figure.locator(".xe-sum")).to_have_text(
        "loss = 0.3567 + 0 + 0 = 0.3567 nats"
    )


def test_a_figure_works_from_a_server_that_forbids_scripts_in_the_page(
    loss_curve, server
):
    page, figure = loss_curve(root=server)
    drag(page, figure.get_by_role("slider", name="which happened"), -123, 0)
    expect(figure.locator(".xe-sum")).to_contain_text("0.6931 nats")

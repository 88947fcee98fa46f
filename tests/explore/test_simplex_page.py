"""The simplex in the built book: two points to drag, level lines, links."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from built_figures import Open, OpenFigure, drag, interactive_pages, opener


@pytest.fixture
def simplexes(open_page: Open, site: Path) -> OpenFigure:
    """Open the figure with two points."""
    name = "notebooks/03_formula.html"
    (anchor,) = interactive_pages(site)[name]
    return opener(open_page, name, anchor)


def test_two_points_are_dragged_and_the_price_follows(simplexes):
    page, figure = simplexes()
    words = figure.locator(".xe-sum")
    expect(words).to_have_text("H(p) 1.0397 + D(p‖q) 0.1166 = H(p, q) 1.1563 nats")
    truth, forecast = (
        figure.get_by_role("slider", name=name, exact=True)
        for name in ("truth p", "forecast q")
    )
    drag(page, truth, 0, -400)
    expect(truth).to_have_attribute("aria-valuetext", "rain 1.00, snow 0.00, sun 0.00")
    expect(words).to_have_text("H(p) 0.0000 + D(p‖q) 0.3567 = H(p, q) 0.3567 nats")
    drag(page, forecast, 400, 400)
    expect(words).to_have_text("H(p) 0.0000 + D(p‖q) ∞ = H(p, q) ∞ nats")
    figure.get_by_role("button", name="Reset").click()
    expect(words).to_have_text("H(p) 1.0397 + D(p‖q) 0.1166 = H(p, q) 1.1563 nats")


def test_level_lines_belong_to_the_truth(simplexes):
    page, figure = simplexes()
    lines = "(root) => root.querySelector('.xe-levels').getAttribute('d')"
    before = figure.evaluate(lines)
    for name, start, dx, dy, moved in (
        ("forecast q", "rain 0.70, snow 0.20, sun 0.10", -60, 90, False),
        ("truth p", "rain 0.50, snow 0.25, sun 0.25", 30, 20, True),
    ):
        point = figure.get_by_role("slider", name=name, exact=True)
        expect(point).to_have_attribute("aria-valuetext", start)
        drag(page, point, dx, dy)
        expect(point).not_to_have_attribute("aria-valuetext", start)
        assert (figure.evaluate(lines) != before) == moved


def test_points_that_have_met_can_be_parted_again(simplexes):
    page, figure = simplexes(color_scheme="dark")
    truth, forecast = (
        figure.get_by_role("slider", name=name, exact=True)
        for name in ("truth p", "forecast q")
    )
    one, other = truth.bounding_box(), forecast.bounding_box()
    drag(
        page,
        truth,
        *(
            (other[k] + other[n] / 2) - (one[k] + one[n] / 2)
            for k, n in (("x", "width"), ("y", "height"))
        ),
    )
    expect(truth).to_have_attribute("aria-valuetext", "rain 0.70, snow 0.20, sun 0.10")
    drag(page, truth, 0, 80)
    expect(truth).not_to_have_attribute(
        "aria-valuetext", "rain 0.70, snow 0.20, sun 0.10"
    )
    expect(forecast).to_have_attribute(
        "aria-valuetext", "rain 0.70, snow 0.20, sun 0.10"
    )


def test_arrow_keys_walk_through_the_triangle(simplexes):
    page, figure = simplexes()
    truth = figure.get_by_role("slider", name="truth p", exact=True)
    truth.focus()
    page.keyboard.press("ArrowRight")
    expect(truth).to_have_attribute("aria-valuetext", "rain 0.50, snow 0.24, sun 0.26")
    page.keyboard.press("Shift+ArrowUp")
    expect(truth).to_have_attribute("aria-valuetext", "rain 0.60, snow 0.19, sun 0.21")
    expect(figure.get_by_role("status")).to_contain_text(
        "rain 0.60, snow 0.19, sun 0.21: entropy"
    )


def test_a_link_carries_both_points(simplexes):
    page, figure = simplexes()
    figure.get_by_role("slider", name="truth, probability of sun").focus()
    page.keyboard.press("End")
    figure.get_by_role("slider", name="forecast, probability of sun").focus()
    page.keyboard.press("Home")
    expect(figure.locator(".xe-sum")).to_contain_text("D(p‖q) ∞")
    figure.get_by_role("button", name="Link to this setting").click()
    expect(figure.get_by_role("status")).to_contain_text("with this setting")
    _, same = simplexes("#" + page.url.partition("#")[2])
    expect(same.locator(".xe-sum")).to_contain_text("D(p‖q) ∞")

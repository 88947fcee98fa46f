"""Calibration in the built book: a temperature to find, bins, links."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from built_figures import Open, OpenFigure, drag, drawn, opener
from xent_lib.explore import Calibration


@pytest.fixture
def calibration(open_page: Open) -> OpenFigure:
    return opener(open_page, "book/interactive.html", "fig-calibration")


def test_the_best_temperature_is_hidden_until_it_is_asked_for(calibration):
    _, figure = calibration()
    best, words = figure.locator("tbody tr").nth(2), figure.locator(".xe-sum")
    expect(best).to_have_text("best???")
    expect(figure.get_by_text("best: T = 2.78")).to_be_hidden()
    slider = figure.get_by_role("slider", name="temperature", exact=True)
    slider.fill("0.4")
    expect(figure.locator("tbody tr").nth(1)).to_contain_text("yours: 2.51")
    figure.get_by_role("button", name="Show the best").click()
    expect(best).to_have_text("best: 2.780.58190.8380.049")
    python = Calibration(temperature=10**0.4)
    more = python.log_loss - Calibration(temperature=python.best_temperature).log_loss
    expect(words).to_have_text(f"your T costs {more:.4f} nats more than the best")
    expect(figure.get_by_text("best: T = 2.78")).to_be_visible()
    figure.get_by_role("button", name="Reset").click()
    expect(best).to_have_text("best???")
    expect(slider).to_have_attribute("aria-valuetext", "1.00")


def temperature_of(page: Page, point: Locator) -> float:
    """What the point says now."""
    drawn(page)
    return float(point.get_attribute("aria-valuenow") or "nan")


def test_the_point_on_the_loss_is_dragged_to_another_temperature(calibration):
    page, figure = calibration()
    point = figure.get_by_role("slider", name="temperature, on the curve of the loss")
    drag(page, point, 60, 0)
    warmer = temperature_of(page, point)
    assert warmer > 1.5
    page.keyboard.press("ArrowLeft")
    assert 0.95 * warmer < temperature_of(page, point) < warmer
    expect(figure.get_by_role("status")).to_contain_text("calibration error")


def test_the_bins_can_be_chosen_and_their_counts_add_up(calibration):
    _, figure = calibration()
    counts = figure.locator(".xe-small")
    for bins in ("5", "15", "10"):
        figure.get_by_role("combobox", name="number of bins").select_option(bins)
        expect(counts).to_have_count(int(bins))
        assert sum(int(count) for count in counts.all_text_contents()) == 450


def test_a_link_to_a_temperature_is_short_and_opens_it(calibration):
    page, figure = calibration()
    figure.get_by_role("slider", name="temperature", exact=True).fill("0.5")
    figure.get_by_role("combobox", name="number of bins").select_option("5")
    figure.get_by_role("button", name="Link to this setting").click()
    expect(figure.get_by_role("status")).to_contain_text("with this setting")
    hash_ = "#" + page.url.partition("#")[2]
    assert len(hash_) < 100
    _, same = calibration(hash_)
    expect(same.locator("tbody tr").nth(1)).to_contain_text("yours: 3.16")
    expect(same.get_by_role("combobox", name="number of bins")).to_have_value("5")
    expect(same).to_be_in_viewport()

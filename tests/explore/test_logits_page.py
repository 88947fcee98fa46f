"""Logits in the built book: a shift that overflows, classes that come and go, links."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from built_figures import Open, OpenFigure, drawn, opener, page_of


@pytest.fixture
def logits(open_page: Open, site: Path) -> OpenFigure:
    return opener(open_page, *page_of(site, "logits"))


def test_a_shift_overflows_the_naive_program_and_nothing_else(logits):
    page, figure = logits()
    naive, stable = (figure.locator(".xe-programs tbody tr").nth(k) for k in (0, 1))
    shift = figure.get_by_role("slider", name="shift of all logits")
    shift.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    expect(naive.locator("td")).to_have_text(["29808.0000", "0.6992", "0.3579"])
    page.keyboard.press("ArrowRight")
    expect(naive.locator("td")).to_have_text(["inf", "0.0000", "inf"])
    page.keyboard.press("ArrowRight")
    expect(naive.locator("td")).to_have_text(["inf", "nan", "nan"])
    expect(figure.get_by_role("status")).to_contain_text("finds nan in float16")
    expect(stable.locator("td")).to_have_text(["1.4297", "0.6992", "0.3574"])
    expect(figure.locator(".xe-sum")).to_have_text("loss = −log 0.700 = 0.3567 nats")
    figure.get_by_role("combobox", name="precision").select_option("float32")
    expect(naive.locator("td").last).to_have_text("0.3567")


def test_logits_move_bars_and_gradient_and_reset_brings_them_back(logits):
    page, figure = logits()
    slopes = figure.locator(".xe-measure.xe-slope .xe-number")
    expect(slopes).to_have_text(["−0.300", "0.200", "0.100"])
    slider = figure.get_by_role("slider", name="logit of snow")
    slider.focus()
    page.keyboard.press("End")
    expect(slopes).to_have_text(["−0.983", "0.981", "0.002"])
    widths = figure.locator(".xe-bar-share .xe-fill")
    assert (
        widths.nth(1).bounding_box()["width"]
        > 10 * widths.nth(0).bounding_box()["width"]
    )
    figure.get_by_role("button", name="Reset").click()
    expect(slopes).to_have_text(["−0.300", "0.200", "0.100"])


def test_classes_come_and_go_between_three_and_ten(logits):
    _, figure = logits()
    more, fewer = (
        figure.get_by_role("button", name=f"one class {way}")
        for way in ("more", "fewer")
    )
    expect(fewer).to_be_disabled()
    for _ in range(7):
        more.click()
    expect(more).to_be_disabled()
    expect(figure.get_by_role("radio")).to_have_count(10)
    figure.get_by_role("radio", name="J happened").check()
    fewer.click()
    expect(figure.get_by_role("radio", name="I happened")).to_be_checked()
    figure.get_by_role("button", name="Reset").click()
    expect(figure.get_by_role("radio")).to_have_count(3)


def test_temperature_and_truth_travel_in_a_link(logits):
    page, figure = logits()
    figure.get_by_role("slider", name="temperature").focus()
    page.keyboard.press("Home")
    figure.get_by_role("radio", name="sun happened").check()
    drawn(page)
    words = figure.locator(".xe-sum").inner_text()
    figure.get_by_role("button", name="Link to this setting").click()
    expect(figure.get_by_role("status")).to_contain_text("with this setting")
    _, same = logits("#" + page.url.partition("#")[2])
    expect(same.locator(".xe-sum")).to_have_text(words)

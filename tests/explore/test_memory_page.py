"""The memory of a loss in the built book: bars, a card, links."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from built_figures import Open, OpenFigure, opener


@pytest.fixture
def memory(open_page: Open) -> OpenFigure:
    return opener(open_page, "book/interactive.html", "fig-memory")


def test_bars_grow_with_the_batch_and_the_card_decides(memory):
    page, figure = memory()
    bars = figure.locator(".xe-drawing")
    expect(bars).to_contain_text("two-liner: 33.5 GiB, does not fit")
    expect(bars).to_contain_text("chunked: 4.66 GiB, fits")
    tokens = figure.get_by_role("slider", name="tokens in the batch")
    tokens.focus()
    page.keyboard.press("ArrowLeft")
    expect(tokens).to_have_attribute("aria-valuetext", "8,192")
    expect(bars).to_contain_text("two-liner: 17.7 GiB, fits")
    figure.get_by_role("combobox", name="card").select_option("16")
    expect(bars).to_contain_text("two-liner: 17.7 GiB, does not fit")
    figure.get_by_role("combobox", name="precision").select_option("bfloat16")
    expect(bars).to_contain_text("two-liner: 8.87 GiB, fits")
    expect(figure.locator("tbody tr").last).to_have_text("sum8.874.478.87")
    figure.get_by_role("button", name="Reset").click()
    expect(bars).to_contain_text("two-liner: 33.5 GiB, does not fit")


def test_a_link_carries_sizes_that_no_slider_has(memory):
    _, figure = memory("#explore=fig-memory&num_tokens=1000&ranks=3&card=12.5")
    expect(figure.get_by_role("slider", name="tokens in the batch")).to_have_attribute(
        "aria-valuetext", "1,000"
    )
    expect(figure.locator(".xe-drawing")).to_contain_text("the card, 12.5 GiB")
    expect(figure.get_by_role("combobox", name="card")).to_have_value("12.5")


@pytest.mark.parametrize("nonsense", ["ranks=0", "num_tokens=1.5", "precision=int8"])
def test_sizes_that_make_no_sense_are_left_aside(memory, nonsense):
    _, figure = memory(f"#explore=fig-memory&{nonsense}")
    expect(figure.locator(".xe-drawing")).to_contain_text("two-liner: 33.5 GiB")

"""The surprisal strip in the built book: tokens under a mouse, a finger and the keyboard."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from built_figures import SIZES, Open, OpenFigure, drawn, opener
from xent_lib.explore import SurprisalStrip

DEAREST = 12  # nats with the longest bar


@pytest.fixture
def strip(open_page: Open) -> OpenFigure:
    return opener(open_page, "book/interactive.html", "fig-surprisal-strip")


@pytest.fixture(scope="module")
def python() -> SurprisalStrip:
    return SurprisalStrip()


def tokens(figure: Locator) -> Locator:
    text = figure.get_by_role("listbox", name="the text, token by token")
    return text.get_by_role("option")


def token(figure: Locator, index: int) -> Locator:
    return tokens(figure).nth(index)


def came(figure: Locator) -> Locator:
    """The row of the forecast that holds the token which came."""
    return figure.locator(".xe-came")


def place_of(figure: Locator) -> Locator:
    return figure.locator(".xe-place")


def test_a_click_shows_the_forecast_that_was_made_there(strip, python):
    _, figure = strip()
    expect(tokens(figure)).to_have_count(64)
    token(figure, 24).click()
    expect(place_of(figure)).to_contain_text("25 of 64: 10.70 nats")
    expect(came(figure)).to_contain_text("back")
    expect(figure.locator(".xe-title")).to_have_text(
        "after “… to compute: from the loss”"
    )
    python.text, python.model, python.position = "held out", "trigram", 24
    shown = figure.locator(".xe-guess .xe-number").all_inner_texts()
    assert len(shown) == 10
    shares = [
        f"{100 * share:.1f} %" for share in sorted(python.forecast.values())[::-1]
    ]
    assert shown[:8] == shares
    expect(came(figure).locator(".xe-number")).to_have_text("< 0.01 %")
    expect(figure.get_by_role("status")).to_have_text(
        re.compile("^trigram: “back” cost 10.70 nats, rank 531; ")
    )


def test_a_mouse_looks_without_choosing(strip):
    page, figure = strip()
    expect(place_of(figure)).to_contain_text("1 of 64")
    token(figure, 51).hover()
    expect(place_of(figure)).to_contain_text("52 of 64: 0.06 nats")
    expect(came(figure)).to_contain_text("entropy")
    expect(token(figure, 0)).to_have_attribute("aria-selected", "true")
    page.mouse.move(5, 5)
    expect(place_of(figure)).to_contain_text("1 of 64")


def test_a_finger_chooses_a_token(strip):
    _, figure = strip(size=SIZES["phone"], has_touch=True)
    token(figure, 44).tap()
    expect(place_of(figure)).to_contain_text("45 of 64: 10.50 nats")
    expect(token(figure, 44)).to_have_attribute("aria-selected", "true")


def test_what_is_announced_on_a_phone_moves_nothing_below(strip):
    _, figure = strip(size=SIZES["phone"])
    height = "(root) => root.getBoundingClientRect().height"
    before = figure.evaluate(height)
    token(figure, 24).click()
    expect(figure.get_by_role("status")).to_contain_text("rank 531")
    assert figure.evaluate(height) == before


def test_the_keyboard_walks_through_the_text_and_each_token_says_its_price(strip):
    page, figure = strip()
    token(figure, 0).focus()
    page.keyboard.press("ArrowRight")
    expect(token(figure, 1)).to_be_focused()
    expect(token(figure, 1)).to_have_accessible_name("order, 5.41 nats")
    page.keyboard.press("Shift+ArrowDown")
    expect(token(figure, 11)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(token(figure, 10)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(token(figure, 63)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(place_of(figure)).to_contain_text("64 of 64")
    expect(figure.get_by_role("status")).to_contain_text("Perplexity 94.0 up to here")
    page.keyboard.press("Home")
    expect(token(figure, 0)).to_be_focused()
    assert figure.locator("[role=option][tabindex='0']").count() == 1


def test_models_and_texts_change_every_price_and_reset_brings_them_back(strip, python):
    _, figure = strip()
    perplexities = figure.locator(".xe-model .xe-number")
    words = figure.locator(".xe-sum")
    expect(words).to_contain_text("perplexity exp(4.5433) = 94.0")
    expect(words).to_contain_text("1.74 bits per character")
    for text in ("trained on", "held out"):
        figure.get_by_role("combobox", name="text").select_option(text)
        python.text = text
        expected = []
        for model in python.data["models"]:
            python.model = model
            expected.append(f"{python.perplexity:.1f}")
            figure.get_by_label(model).check()
            expect(words).to_contain_text(f"exp({python.loss:.4f})")
            names = [f"{cost:.2f} nats" for cost in python.surprisals]
            found = tokens(figure).evaluate_all(
                "(nodes) => nodes.map((node) => node.ariaLabel.split(', ').at(-1))"
            )
            assert found == names
        expect(perplexities).to_have_text(expected)
    token(figure, 9).click()
    figure.get_by_role("button", name="Reset").click()
    expect(figure.get_by_label("trigram")).to_be_checked()
    expect(place_of(figure)).to_contain_text("1 of 64: 5.50 nats")


def test_a_place_beyond_the_end_of_a_shorter_text_becomes_its_last(strip):
    page, figure = strip()
    figure.get_by_role("slider", name="token").focus()
    page.keyboard.press("End")
    expect(place_of(figure)).to_contain_text("64 of 64")
    figure.get_by_role("combobox", name="text").select_option("trained on")
    expect(place_of(figure)).to_contain_text("58 of 58")


def test_a_link_opens_the_same_text_model_and_place_and_carries_no_data(strip):
    page, figure = strip()
    figure.get_by_role("combobox", name="text").select_option("trained on")
    figure.get_by_label("5-gram").check()
    token(figure, 30).click()
    drawn(page)
    words = place_of(figure).inner_text()
    figure.get_by_role("button", name="Link to this setting").click()
    expect(figure.get_by_role("status")).to_contain_text("with this setting")
    hash_ = "#" + page.url.partition("#")[2]
    assert len(hash_) < 100
    _, same = strip(hash_)
    expect(place_of(same)).to_have_text(words, use_inner_text=True)
    expect(same).to_be_in_viewport()


@pytest.mark.parametrize(
    "nonsense",
    [
        "position=64",
        "position=-1",
        "position=0.5",
        "model=7-gram",
        "text=none",
        "data=%7B%7D",
        "data=%7B%22models%22%3A%5B%22trigram%22%5D%2C%22vocabulary%22%3A%5B%5D%2C"
        "%22texts%22%3A%5B%7B%22name%22%3A%22held%20out%22%7D%5D%7D",
    ],
)
def test_a_link_that_makes_no_sense_is_left_aside(strip, nonsense):
    _, figure = strip(f"#explore=fig-surprisal-strip&{nonsense}")
    expect(place_of(figure)).to_contain_text("1 of 64: 5.50 nats")


def test_a_bar_under_each_token_says_the_price_without_colour(strip, python):
    _, figure = strip()
    python.text, python.model = "held out", "trigram"
    heights = tokens(figure).evaluate_all(
        "(nodes) => nodes.map((node) => parseFloat("
        "getComputedStyle(node).backgroundSize.split(',')[0].split(' ')[1]"
        ".replace('calc(', '')))"
    )
    shares = np.minimum(python.surprisals / DEAREST, 1)
    np.testing.assert_allclose(
        np.array(heights) / max(heights), shares / shares.max(), atol=0.01
    )


CONTRAST = """(nodes) => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return nodes.map((node) => {
    const style = getComputedStyle(node);
    const [low, high] = [light(style.color), light(style.backgroundColor)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tint_leaves_the_word_readable(strip, scheme):
    page, figure = strip(color_scheme=scheme)
    for model in ("unigram", "5-gram"):
        figure.get_by_label(model).check()
        drawn(page)
        contrasts = tokens(figure).evaluate_all(CONTRAST)
        assert len(set(np.round(contrasts, 2))) > 10, "every price has its own tint"
        assert min(contrasts) >= 4.5
    token(figure, 0).evaluate("(node) => node.style.setProperty('--xe-share', 1)")
    assert token(figure, 0).evaluate(f"(node) => ({CONTRAST})([node])[0]") >= 4.5


def test_the_curve_of_the_running_perplexity_is_pythons(strip, python):
    _, figure = strip()
    python.text, python.model = "held out", "trigram"
    points = figure.locator("polyline.loss").get_attribute("points")
    y = np.array([float(pair.split(",")[1]) for pair in points.split()])
    log = np.log(python.running_perplexity)
    slope, start = np.polyfit(log, y, 1)
    assert slope < 0
    np.testing.assert_allclose(slope * log + start, y, atol=0.06)
    token(figure, 40).click()
    expect(figure.locator(".xe-below svg")).to_have_attribute(
        "aria-label",
        f"running perplexity: {python.running_perplexity[40]:.1f} after 41 of 64 tokens",
    )

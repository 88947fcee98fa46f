"""The figures in the built book, in a browser: every way to touch them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from xent_lib.explore import Calibration

SIZES = {"phone": (360, 780), "desktop": (1280, 900)}
SCHEMES = ("light", "dark")
Open = Callable[..., Page]


def interactive_pages(site: Path) -> dict[str, list[str]]:
    """Every page with interactive figures, and the figures' anchors."""
    found = {}
    for path in [*sorted(site.glob("notebooks/*.html")), *site.glob("book/*.html")]:
        text = path.read_text(encoding="utf-8")
        anchors = re.findall(
            r'<figure[^>]*id="(fig-[\w-]+)"[^>]*>\s*<div class="explore"', text
        )
        if anchors:
            found[str(path.relative_to(site))] = anchors
    return found


@pytest.fixture
def open_page(browser: Browser, site: Path) -> Iterator[Open]:
    """Open a page of the book from its folder, or elsewhere; errors fail the test."""
    contexts, errors = [], []

    def open_(name: str, *, root: str = "", **options: Any) -> Page:
        width, height = options.pop("size", SIZES["desktop"])
        context = browser.new_context(
            viewport={"width": width, "height": height}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{root or site.as_uri()}/{name}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []


def page_of(site: Path, module: str) -> tuple[str, str]:
    """The first page that shows a module, and the figure's anchor."""
    for name, anchors in interactive_pages(site).items():
        text = (site / name).read_text(encoding="utf-8")
        for anchor in anchors:
            if re.search(
                rf'id="{anchor}"[^>]*>\s*<div class="explore" data-module="{module}"',
                text,
            ):
                return name, anchor
    raise AssertionError(f"no page shows {module}")


def drag(page: Page, handle: Locator, dx: float, dy: float) -> None:
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for part in range(1, 6):
        page.mouse.move(x + dx * part / 5, y + dy * part / 5)
    page.mouse.up()


@pytest.fixture
def loss_curve(open_page: Open, site: Path) -> Callable[..., tuple[Page, Locator]]:
    name, anchor = page_of(site, "loss_curve")

    def open_(hash_: str = "", **options: Any) -> tuple[Page, Locator]:
        page = open_page(name + hash_, **options)
        return page, page.locator(f"#{anchor} .xe")

    return open_


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


@pytest.fixture
def logits(open_page: Open, site: Path) -> Callable[..., tuple[Page, Locator]]:
    name, anchor = page_of(site, "logits")

    def open_(hash_: str = "", **options: Any) -> tuple[Page, Locator]:
        page = open_page(name + hash_, **options)
        return page, page.locator(f"#{anchor} .xe")

    return open_


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
    words = figure.locator(".xe-sum").inner_text()
    figure.get_by_role("button", name="Link to this setting").click()
    expect(figure.get_by_role("status")).to_contain_text("with this setting")
    _, same = logits("#" + page.url.partition("#")[2])
    expect(same.locator(".xe-sum")).to_have_text(words)


@pytest.fixture
def simplexes(open_page: Open, site: Path) -> Callable[..., tuple[Page, Locator]]:
    """Open the figure with two points."""
    name = "notebooks/03_formula.html"
    (anchor,) = interactive_pages(site)[name]

    def open_(hash_: str = "", **options: Any) -> tuple[Page, Locator]:
        page = open_page(name + hash_, **options)
        return page, page.locator(f"#{anchor} .xe")

    return open_


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


@pytest.fixture
def calibration(open_page: Open) -> Callable[..., tuple[Page, Locator]]:
    def open_(hash_: str = "", **options: Any) -> tuple[Page, Locator]:
        page = open_page(f"book/interactive.html{hash_}", **options)
        return page, page.locator("#fig-calibration .xe")

    return open_


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
    """What the point says once the frame is drawn that a touch has asked for."""
    two_frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    page.evaluate(two_frames)
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


@pytest.fixture
def memory(open_page: Open) -> Callable[..., tuple[Page, Locator]]:
    def open_(hash_: str = "", **options: Any) -> tuple[Page, Locator]:
        page = open_page(f"book/interactive.html{hash_}", **options)
        return page, page.locator("#fig-memory .xe")

    return open_


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


@pytest.fixture
def descent(open_page: Open, site: Path) -> Callable[..., tuple[Page, Locator]]:
    name, anchor = page_of(site, "descent")

    def open_(hash_: str = "", **options: Any) -> tuple[Page, Locator]:
        hash_ = f"#explore={anchor}&{hash_}" if hash_ else ""
        page = open_page(name + hash_, **options)
        return page, page.locator(f"#{anchor} .xe")

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
    expect(words).to_contain_text("η = 300 is above 2 / h = 200")
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

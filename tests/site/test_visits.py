"""Every page as a browser shows it: nothing from outside, no fault, no weight too many."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser

from bookkit.machine.node_packages import ensure_installed
from visits import NARROWEST, SIZES, Visit, make_visit

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Compressed, on a first visit, with every figure loaded.
HEAVIEST_KIB = 250
HEAVIEST_INTERACTIVE_KIB = 350
WIDTHS = [NARROWEST, *(width for width, _ in SIZES.values())]
See = Callable[[str], Visit]


def _names(entry: object) -> list[str]:
    if isinstance(entry, dict):
        return [
            name
            for key, value in entry.items()
            for name in ([value] if key in ("file", "root") else _names(value))
        ]
    return (
        [n for item in entry for n in _names(item)] if isinstance(entry, list) else []
    )


PAGES = [
    *(
        f"{name}.html"
        for name in _names(yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8")))
    ),
    "genindex.html",
    "search.html?q=entropy",
]
MEASURED = HERE / "measured.json"
STORED = json.loads(MEASURED.read_text(encoding="utf-8"))
# A stored weight may be off by a paragraph and a formula or two, not by a figure or a font.
TOLERANCE_KIB, TOLERANCE_SHARE = 5, 0.05
SHARED_BY = "name"  # a page is visited once
on_every_page = pytest.mark.parametrize("name", PAGES)


def _stored_name(name: str) -> str:
    return name.partition(".html")[0]


def _store(made: dict[str, Visit]) -> None:
    measured = {
        _stored_name(name): {
            "weight_first_kib": round(visit.weight_first),
            "weight_all_kib": round(visit.weight_all),
            "axe": sum(map(len, visit.axe.values())),
            "outside_requests": len(visit.outside),
        }
        for name, visit in sorted(made.items())
    }
    MEASURED.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
def see(browser: Browser, site: Path, server: str) -> Iterator[See]:
    """Visit a page, the first time that it is asked for."""
    packages = ensure_installed(HERE)
    axe = (packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    made: dict[str, Visit] = {}

    def visit(name: str) -> Visit:
        if name not in made:
            made[name] = make_visit(browser, site, server, name, axe)
        return made[name]

    yield visit
    if os.environ.get("STORE_MEASURED"):
        _store(made)


@on_every_page
def test_a_page_asks_no_other_host(see: See, name: str) -> None:
    assert see(name).outside == []


@on_every_page
def test_a_page_logs_no_error_and_every_request_is_answered(
    see: See, name: str
) -> None:
    assert see(name).errors == []


@on_every_page
def test_a_page_works_under_the_content_security_policy(see: See, name: str) -> None:
    visit = see(name)
    assert visit.violations == []
    assert visit.unmounted == []


@on_every_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(see: See, name: str, size: str, scheme: str) -> None:
    assert see(name).axe[f"{size}, {scheme}"] == []


@on_every_page
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_does_not_scroll_sideways(see: See, name: str, width: int) -> None:
    assert see(name).too_wide[width] == []


@on_every_page
def test_a_phone_shows_every_formula_whole(see: See, name: str) -> None:
    assert see(name).cut_formulas == []


@on_every_page
def test_no_line_begins_with_the_mark_after_a_formula(see: See, name: str) -> None:
    assert see(name).parted == []


@on_every_page
@pytest.mark.parametrize("width", WIDTHS)
def test_what_scrolls_inside_itself_has_a_name_and_takes_the_keyboard(
    see: See, name: str, width: int
) -> None:
    assert see(name).unreachable[width] == []


# The search page reads the whole book's index, which no page for reading does.
@pytest.mark.parametrize("name", [name for name in PAGES if "?" not in name])
def test_a_first_visit_is_light(see: See, site: Path, name: str) -> None:
    path = site / name.partition("?")[0]
    interactive = 'class="explore"' in path.read_text(encoding="utf-8")
    bar = HEAVIEST_INTERACTIVE_KIB if interactive else HEAVIEST_KIB
    visit = see(name)
    assert 0 < visit.weight_first <= visit.weight_all <= bar


@on_every_page
def test_no_script_holds_up_the_first_paint(see: See, name: str) -> None:
    assert see(name).blocking_scripts == []


def test_the_stored_measurements_are_of_these_pages_and_find_nothing() -> None:
    assert sorted(STORED) == sorted(map(_stored_name, PAGES))
    for name, found in STORED.items():
        assert found["axe"] == 0 and found["outside_requests"] == 0, name


@pytest.mark.skipif("STORE_MEASURED" in os.environ, reason="they are being stored")
@on_every_page
def test_a_stored_weight_is_that_of_the_page(see: See, name: str) -> None:
    visit, stored = see(name), STORED[_stored_name(name)]
    for measure in ("weight_first_kib", "weight_all_kib"):
        now = getattr(visit, measure.removesuffix("_kib"))
        tolerance = max(TOLERANCE_KIB, TOLERANCE_SHARE * now)
        assert abs(stored[measure] - now) <= tolerance, measure

"""Lighthouse finds no fault in a page as it is now; the stored scores reach the bar."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bookkit.commands import lighthouse, site_quality
from bookkit.commands.static_server import serving

STORED = lighthouse.read_stored()["pages"]


def test_the_longest_page_as_it_is_now_has_full_marks_where_no_clock_counts(
    site: Path,
) -> None:
    page = max(
        lighthouse.pages(site), key=lambda name: (site / f"{name}.html").stat().st_size
    )
    with serving(site) as address, lighthouse.measuring() as measure:
        scores = measure(f"{address}/{page}.html")["scores"]
    assert set(scores) == set(lighthouse.BAR)
    assert set(lighthouse.below_bar(scores)) <= {lighthouse.TIMED}, (page, scores)


@pytest.mark.parametrize("page", STORED)
def test_every_stored_score_reaches_the_bar(page: str) -> None:
    assert lighthouse.below_bar(STORED[page]["scores"]) == []


def test_every_page_of_the_table_of_contents_has_scores(toc_pages: list[str]) -> None:
    assert [page for page in toc_pages if page not in STORED] == []


def test_the_page_of_measurements_is_that_of_the_stored_scores() -> None:
    text = site_quality.PAGE.read_text(encoding="utf-8")
    assert site_quality.filled(text) == text


def test_without_findings_of_the_browser_the_table_has_the_scores_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(site_quality, "MEASURED", tmp_path / "never_measured.json")
    heads = site_quality.page_table().splitlines()[0]
    assert all(name.replace("-", " ") in heads for name in lighthouse.BAR)
    assert not any(head in heads for head in site_quality.CHECKED.values())


def test_a_missing_score_is_below_the_bar() -> None:
    perfect = dict.fromkeys(lighthouse.BAR, 100)
    assert lighthouse.below_bar(perfect) == []
    assert lighthouse.below_bar({**perfect, "seo": 99}) == ["seo"]
    assert lighthouse.below_bar({"seo": 100, "performance": 97}) == [
        "performance",
        "accessibility",
        "best-practices",
    ]


def test_a_page_below_the_bar_is_measured_three_times_and_keeps_the_middle() -> None:
    scored = iter([90, 99, 97])

    def measure(_: str) -> dict[str, dict[str, int]]:
        return {
            "scores": {
                **dict.fromkeys(lighthouse.BAR, 100),
                "performance": next(scored),
            }
        }

    kept = lighthouse.measured(measure, "page")
    assert kept["scores"]["performance"] == 97 and kept["runs"] == 3


def test_the_fingerprint_follows_the_page_and_the_files_it_names(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.html"
    page.write_text('<link rel="stylesheet" href="a.css"><link href="next.html">')
    (tmp_path / "a.css").write_text("a")
    (tmp_path / "next.html").write_text("next")
    first = lighthouse.fingerprint(tmp_path, "page")
    (tmp_path / "next.html").write_text("changed")
    assert lighthouse.fingerprint(tmp_path, "page") == first
    (tmp_path / "a.css").write_text("b")
    assert lighthouse.fingerprint(tmp_path, "page") != first


def test_the_results_name_no_host_and_no_path() -> None:
    stored = lighthouse.STORED.read_text("utf-8")
    assert not re.search(r"https?:|/(?:home|root|tmp|work)\b|@", stored)

"""The page and the figures on it share their colours, and the words can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[2] / "book" / "_static" / "book.css").read_text(
    encoding="utf-8"
)
PAIR = re.compile(r"--(\w+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
PAGE_COLOURS = {name: (light, dark) for name, light, dark in PAIR.findall(CSS)}
MODES = [pytest.param(0, id="light"), pytest.param(1, id="dark")]


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "role", ["ink", "muted", "truth", "prediction", "loss", "gradient"]
)
@pytest.mark.parametrize("ground", ["page", "raised"])
def test_text_of_every_colour_reaches_aa(role: str, ground: str, mode: int) -> None:
    assert contrast(PAGE_COLOURS[role][mode], PAGE_COLOURS[ground][mode]) >= 4.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ground", ["page", "raised"])
def test_code_colours_reach_aa(ground: str, mode: int) -> None:
    pairs = re.findall(
        r"^\.highlight .*light-dark\((#\w{6}), (#\w{6})\)", CSS, re.MULTILINE
    )
    assert len(pairs) >= 4
    for pair in pairs:
        assert contrast(pair[mode], PAGE_COLOURS[ground][mode]) >= 4.5, pair


@pytest.mark.parametrize(
    ("on_the_page", "in_figures"),
    [
        ("truth", "truth"),
        ("prediction", "prediction"),
        ("loss", "loss"),
        ("gradient", "gradient"),
        ("ink", "ink"),
        ("muted", "grey"),
        ("rule", "faint"),
        ("page", "paper"),
    ],
)
def test_figures_use_the_pages_colours(on_the_page: str, in_figures: str) -> None:
    pytest.importorskip("matplotlib")
    from xent_lib.plots.style import ROLES

    role = {role.name: role for role in ROLES}[in_figures]
    assert (role.light.lower(), role.dark.lower()) == PAGE_COLOURS[on_the_page]


def test_both_colour_schemes_are_declared() -> None:
    assert "color-scheme: light dark;" in CSS
    assert ':root[data-theme="dark"] { color-scheme: dark; }' in CSS
    assert ':root[data-theme="light"] { color-scheme: light; }' in CSS

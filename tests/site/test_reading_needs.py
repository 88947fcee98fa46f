"""Larger spacing, the system's own colours and a narrow window leave every page readable.

WCAG 2.2: 1.4.12 Text spacing, 1.4.10 Reflow; and what a high-contrast mode does to a page.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from test_visits import PAGES

from visits import LOAD_ALL, NARROWEST, OPEN_ALL, SETTLED, TOO_WIDE

# The least spacing that a reader may ask for without loss (1.4.12). Set through the object
# model, because the site's policy lets no style sheet in from elsewhere.
SPACED = """
() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}
"""
# Boxes that hide what does not fit, with text of their own in them. Formulas are drawn from
# boxes of no height, and what only a screen reader hears is clipped on purpose.
CLIPPED = """
() => [...document.body.querySelectorAll("*")].filter((box) => {
  if (box.closest(".katex, .visually-hidden, svg, .formula-scroll")) return false;
  const shown = getComputedStyle(box);
  const cut = (way) => ["hidden", "clip"].includes(shown[way]);
  const text = [...box.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return box.checkVisibility() && text
    && ((cut("overflowX") && box.scrollWidth > box.clientWidth + 1)
      || (cut("overflowY") && box.scrollHeight > box.clientHeight + 1));
}).map((box) => box.outerHTML.slice(0, 120))
"""
# Two blocks of text of which one begins before the other has ended.
OVERLAPPING = """
() => {
  const blocks = [...document.querySelectorAll("main :is(p, li, h1, h2, h3, dt, pre, summary)")]
    .filter((box) => box.checkVisibility() && !box.closest(".explore, .definition")
      && !box.querySelector("p, li, pre"));
  const found = [];
  let above = null;
  for (const box of blocks) {
    const here = box.getBoundingClientRect();
    if (above && here.height && here.left < above.right && above.left < here.right
        && here.top < above.bottom - 1 && here.bottom > above.top + 1)
      found.push(box.outerHTML.slice(0, 120));
    above = here;
  }
  return found;
}
"""


@pytest.fixture(params=PAGES)
def page(
    request: pytest.FixtureRequest, browser: Browser, server: str
) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": NARROWEST, "height": 844})
    opened = context.new_page()
    opened.goto(f"{server}/{request.param}")
    # Whoever does something has the whole page laid out.
    opened.keyboard.press("Shift")
    opened.evaluate(LOAD_ALL)
    opened.evaluate(OPEN_ALL)
    yield opened
    context.close()


def test_at_400_percent_with_wide_spacing_no_text_is_cut_or_covered(page: Page) -> None:
    for spaced in (False, True):
        if spaced:
            page.evaluate(SPACED)
        page.evaluate(SETTLED)
        assert page.evaluate(TOO_WIDE) == [], spaced
        assert page.evaluate(CLIPPED) == [], spaced
        assert page.evaluate(OVERLAPPING) == [], spaced

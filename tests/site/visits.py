"""One visit to a page in a browser, and everything that it shows to be wrong there.

A page is loaded once for a phone and once for a desktop; what is found on the way is kept,
so that each test asserts one thing about a visit that was made already.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from playwright.sync_api import Browser, Page

SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
# 1280 pixels at a zoom of 400 %.
NARROWEST = 320
KIB = 1024
_PACKED = {".html", ".css", ".js", ".svg", ".json", ".txt"}

WATCH = """
window.policyViolations = [];
addEventListener("securitypolicyviolation", (event) => window.policyViolations.push(
  `${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""
AXE = """
async ([part, only, exclude]) => {
  const found = await axe.run({ include: [part], exclude }, {
    resultTypes: ["violations"],
    ...(only ? { runOnly: { type: "rule", values: only } } : {}),
  });
  return found.violations.flatMap((fault) =>
    fault.nodes.map((node) => `${fault.id}: ${node.html.slice(0, 160)}`));
}
"""
TOO_WIDE = """
() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const inside = (box) => {
    for (let outer = box.parentElement; outer; outer = outer.parentElement)
      if (getComputedStyle(outer).overflowX !== "visible") return true;
    return false;
  };
  const wide = [...document.body.querySelectorAll("*")].filter((box) =>
    box.getBoundingClientRect().right > width + 1 && !inside(box));
  return [`the page is ${document.documentElement.scrollWidth} wide`,
    ...wide.slice(0, 5).map((box) => box.outerHTML.slice(0, 120))];
}
"""
UNREACHABLE = """
() => [...document.querySelectorAll("main *, nav *")].filter((box) => {
  if (!["auto", "scroll"].includes(getComputedStyle(box).overflowX)) return false;
  if (box.scrollWidth <= box.clientWidth + 1 || !box.checkVisibility()) return false;
  return !(box.tabIndex >= 0 && box.getAttribute("aria-label") && box.getAttribute("role"));
}).map((box) => box.outerHTML.slice(0, 120))
"""
CUT_FORMULAS = """
() => [...document.querySelectorAll(".formula-scroll")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1)
  .map((box) => box.querySelector("annotation").textContent)
"""
PARTED = """
() => [...document.querySelectorAll(".kept:not(.long)")]
  .filter((box) => box.getClientRects().length > 1)
  .map((box) => box.querySelector("annotation").textContent)
"""
# A browser that draws no frame (it was seen once, after 600 pages) must not hold the tests up
# for ever: no wait for one outlasts a minute, and what is asked then is judged as it stands.
LOAD_ALL = """
async () => {
  for (const image of document.images) image.loading = "eager";
  const loaded = [...document.images].map((image) => image.decode().catch(() => {}));
  await Promise.race([
    Promise.all([...loaded, document.fonts.ready]),
    new Promise((done) => setTimeout(done, 60000)),
  ]);
}
"""
SETTLED = """
() => new Promise((done) => {
  setTimeout(done, 60000);
  requestAnimationFrame(() => requestAnimationFrame(done));
})
"""
# The window's new width reaches the page some time after it is set.
SETTLED_AT = """
(width) => new Promise((done) => {
  setTimeout(done, 60000);
  const look = () => innerWidth === width && document.fonts.status === "loaded"
    ? requestAnimationFrame(() => requestAnimationFrame(done)) : requestAnimationFrame(look);
  look();
})
"""
# Most parts of a page are parts of formulas, hidden from a screen reader and alike in what axe
# asks, which is their colour. One formula of each colour, size and ground is kept to be judged
# (by a part of two letters or more: axe passes over single ones); the others become the text
# that they stand for.
MARK_FORMULAS = """
() => {
  const ground = (box) => {
    for (; box; box = box.parentElement) {
      const colour = getComputedStyle(box).backgroundColor;
      if (!colour.endsWith(", 0)")) return colour;
    }
  };
  const seen = new Set();
  for (const formula of document.querySelectorAll(".katex")) {
    const behind = ground(formula);
    for (const part of formula.querySelectorAll(".katex-html *")) {
      if (part.childElementCount || part.textContent.length < 2) continue;
      const { color, fontSize } = getComputedStyle(part);
      const look = `${color} ${fontSize} ${behind}`;
      if (!seen.has(look)) formula.dataset.judged = "";
      seen.add(look);
    }
  }
}
"""
FORMULAS_AS_TEXT = """
() => {
  for (const formula of document.querySelectorAll(".katex:not([data-judged])"))
    formula.replaceWith(formula.querySelector("annotation").textContent);
}
"""
# What axe asks of the place that a part has on the page, which another width changes.
OF_PLACE = ["target-size", "scrollable-region-focusable"]
# axe reads the whole page whatever part it judges: what is judged already is taken away first,
# less the heading that a page has to have.
TAKE_MAIN_AWAY = """
() => {
  const main = document.querySelector("main");
  main.replaceChildren(...main.querySelectorAll("h1"));
}
"""
OPEN_ALL = '() => document.querySelectorAll("details").forEach((part) => { part.open = true; })'


@dataclass
class Visit:
    """What was seen on a page."""

    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    too_wide: dict[int, list[str]] = field(default_factory=dict)
    unreachable: dict[int, list[str]] = field(default_factory=dict)
    axe: dict[str, list[str]] = field(default_factory=dict)
    unmounted: list[str] = field(default_factory=list)
    blocking_scripts: list[str] = field(default_factory=list)
    cut_formulas: list[str] = field(default_factory=list)
    parted: list[str] = field(default_factory=list)
    weight_first: float = 0
    weight_all: float = 0


def weight_kib(site: Path, server: str, urls: set[str]) -> float:
    """Weigh files as a host that compresses sends them."""
    total = 0
    for url in urls:
        path = site / unquote(url.removeprefix(server)).lstrip("/")
        content = path.read_bytes()
        total += len(gzip.compress(content, 6) if path.suffix in _PACKED else content)
    return total / KIB


def watch(page: Page, server: str, visit: Visit) -> set[str]:
    """Note what the page asks for and what fails; the set grows with every request."""
    asked: set[str] = set()

    def note(request: Any) -> None:
        url = request.url.partition("#")[0]
        if url.startswith(server):
            asked.add(url.partition("?")[0])
        elif not url.startswith(("data:", "blob:")):
            visit.outside.append(url)

    page.on("request", note)
    page.on(
        "requestfailed", lambda request: visit.errors.append(f"failed {request.url}")
    )
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    page.on(
        "console",
        lambda said: (
            visit.errors.append(said.text)
            if said.type in ("error", "warning")
            else None
        ),
    )
    page.on(
        "response",
        lambda answer: (
            visit.errors.append(f"{answer.status} {answer.url}")
            if answer.status >= 400
            else None
        ),
    )
    return asked


def _measure_width(page: Page, visit: Visit, width: int, height: int) -> None:
    # The first key has every part laid out now and not in some idle moment.
    page.keyboard.press("Shift")
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(SETTLED_AT, width)
    visit.too_wide[width] = page.evaluate(TOO_WIDE)
    visit.unreachable[width] = page.evaluate(UNREACHABLE)


def _open_menus(page: Page, visit: Visit, key: str) -> None:
    for button in page.locator("button[popovertarget]").all():
        if button.is_visible():
            button.click()
            menu = f"#{button.get_attribute('popovertarget')}"
            visit.axe[key] += page.evaluate(AXE, [menu, None, []])
            page.keyboard.press("Escape")


def make_visit(browser: Browser, site: Path, server: str, name: str, axe: str) -> Visit:
    """Load a page on a phone and on a desktop, and look at it in both themes."""
    visit = Visit()
    for size, (width, height) in SIZES.items():
        context = browser.new_context(viewport={"width": width, "height": height})
        context.add_init_script(WATCH)
        page = context.new_page()
        asked = watch(page, server, visit)
        page.goto(f"{server}/{name}", wait_until="networkidle")
        if size == "phone":
            visit.weight_first = weight_kib(site, server, asked)
        page.evaluate(LOAD_ALL)
        page.evaluate(OPEN_ALL)
        if size == "phone":
            visit.weight_all = weight_kib(site, server, asked)
            _measure_width(page, visit, NARROWEST, height)
        _measure_width(page, visit, width, height)
        visit.cut_formulas += page.evaluate(CUT_FORMULAS)
        visit.parted += page.evaluate(PARTED)
        visit.unmounted += page.evaluate(
            "() => [...document.querySelectorAll('.explore:not(:has(.xe))')]"
            ".map((figure) => figure.dataset.module)"
        )
        visit.blocking_scripts += page.evaluate(
            "() => [...document.querySelectorAll('script[src]:not([defer]):not([async])')]"
            ".map((script) => script.src)"
        )
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.evaluate(SETTLED)
            page.evaluate(MARK_FORMULAS)
        page.evaluate(FORMULAS_AS_TEXT)
        page.evaluate(axe)
        if size == "phone":
            visit.axe["phone, light"] = page.evaluate(AXE, ["html", None, []])
        else:
            # On a wide page the text is the same one in another place.
            visit.axe["desktop, light"] = page.evaluate(AXE, ["main", OF_PLACE, []])
            page.evaluate(TAKE_MAIN_AWAY)
            visit.axe["desktop, light"] += page.evaluate(AXE, ["html", None, []])
        page.emulate_media(color_scheme="dark")
        page.evaluate(SETTLED)
        visit.violations += page.evaluate("() => window.policyViolations")
        # A theme changes colours alone.
        visit.axe[f"{size}, dark"] = page.evaluate(
            AXE, ["html", ["color-contrast"], []]
        )
        if size == "phone":
            page.evaluate(TAKE_MAIN_AWAY)
            for scheme in ("dark", "light"):
                page.emulate_media(color_scheme=scheme)
                page.evaluate(SETTLED)
                _open_menus(page, visit, f"phone, {scheme}")
        context.close()
    return visit

"""The decks of slides: what each takes is there, and a browser shows every slide whole."""

from __future__ import annotations

import contextlib
import json
import math
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect
from pypdf import PdfReader

import xent_lib.explore
from bookkit.commands import speaking_time
from bookkit.commands.speaking_time import TOLERANCE, Spoken, spoken
from bookkit.machine import browser as browser_of_tools
from bookkit.machine.node_packages import ensure_installed
from bookkit.reading.contents import ROOT, chapters
from bookkit.reading.course import objectives
from bookkit.reading.prose import audit, checks
from bookkit.slides import pdf
from bookkit.slides.chapter import Chapter, MissingError, part_of, sentences
from bookkit.slides.decks import make
from bookkit.slides.source import LESSONS, lesson, own_words, slides, sources
from bookkit.slides.words import Words
from course_pages import LESSON_MINUTES

CHAPTERS = [path.stem for path in chapters()]
FEWEST, MOST = 12, 25
SHARED_BY = "slug"  # a deck is visited once
STAGE, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}

WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""
TOO_LARGE = """
() => [...document.querySelectorAll(".slides > section")].flatMap((slide, index) => {
  Reveal.slide(index);
  const found = [], body = slide.querySelector(".body");
  const say = (words) => found.push(`slide ${index + 1}: ${words}`);
  const room = body.getBoundingClientRect(), foot = slide.getBoundingClientRect().bottom;
  if (!slide.classList.contains("present") || !room.height) say("is not shown");
  if (slide.scrollHeight > slide.clientHeight) say(`${slide.scrollHeight} high`);
  if (slide.scrollWidth > slide.clientWidth) say(`${slide.scrollWidth} wide`);
  for (const part of body.querySelectorAll(":scope > *, .columns > div > *")) {
    const box = part.getBoundingClientRect();
    if (box.top < room.top - 6 || box.bottom > Math.min(room.bottom + 6, foot))
      say(`${part.tagName}.${part.className} leaves its place`);
  }
  for (const box of body.querySelectorAll("pre, .table-scroll, .formula-scroll, figure"))
    if (box.scrollWidth > box.clientWidth + 1) say(`${box.tagName}.${box.className} is cut`);
  for (const picture of body.querySelectorAll("img"))
    if (!picture.naturalWidth || picture.getBoundingClientRect().height < 200)
      say(`${picture.getAttribute("src")} is small or missing`);
  for (const number of body.querySelectorAll(".formula .number")) {
    const one = number.getBoundingClientRect();
    const beside = ":scope > span:not(.number), .right > :first-child";
    for (const part of number.parentElement.querySelectorAll(beside)) {
      const other = part.getBoundingClientRect();
      const across = one.left < other.right && other.left < one.right;
      if (across && one.top < other.bottom && other.top < one.bottom)
        say(`${number.textContent} lies on its formula`);
    }
  }
  return found;
})
"""
WIDER_THAN_THE_PHONE = """
() => [...document.querySelectorAll("body *")].filter((box) => {
  if (box.getBoundingClientRect().right <= innerWidth + 1) return false;
  if (box.closest(".katex-mathml")) return false;
  for (let outer = box.parentElement; outer; outer = outer.parentElement)
    if (getComputedStyle(outer).overflowX !== "visible") return false;
  return box.checkVisibility();
}).map((box) => box.outerHTML.slice(0, 100))
"""
AXE = """
async (only) => {
  const found = await axe.run({ exclude: [[".katex-html"]] }, {
    resultTypes: ["violations"],
    ...(only ? { runOnly: { type: "rule", values: only } } : {}),
  });
  return found.violations.flatMap((fault) =>
    fault.nodes.map((node) => `${fault.id}: ${node.html.slice(0, 120)}`));
}
"""
DRAWN = """
async () => {
  await Promise.all([...document.images].map((one) => one.decode()));
  await document.fonts.ready;
}
"""


# --- the sources ------------------------------------------------------------------------


def deck_of(slug):
    return slides(sources()[slug].read_text("utf-8"))


def test_every_chapter_has_a_deck_and_no_other_page_has():
    assert sorted(sources()) == sorted(CHAPTERS)


@pytest.mark.parametrize("slug", CHAPTERS)
def test_a_deck_has_as_many_slides_as_a_lesson_holds_and_takes_its_minutes(slug):
    deck = deck_of(slug)
    assert FEWEST <= len(deck) <= MOST
    assert all(one.minutes >= 1 and len(one.notes.split()) >= 5 for one in deck)
    assert sum(one.minutes for one in deck) == LESSON_MINUTES


@pytest.mark.parametrize("slug", CHAPTERS)
def test_a_deck_asks_the_class_before_it_tells(slug):
    takes = [
        take.kind for one in deck_of(slug) for column in one.columns for take in column
    ]
    assert takes[0] == "opening" and takes[-1] == "closing"
    assert takes.count("ask") >= 3 and takes.count("demo") == 1
    assert takes.count("figure") >= 2


def value_of(expression):
    public = {name: getattr(xent_lib, name) for name in xent_lib.__all__}
    names = {"np": np, "math": math, "explore": xent_lib.explore, **public}
    value = np.ravel(np.asarray(eval(expression, names)))
    return [bool(v) if value.dtype.kind == "b" else float(v) for v in value]


@pytest.mark.parametrize("slug", CHAPTERS)
def test_a_number_in_a_decks_own_words_is_worked_out(slug):
    words = own_words(sources()[slug].read_text("utf-8"))
    found = audit(words, [value_of(check.expression) for check in checks(words)])
    assert found.failures == [] and found.bare == []


@pytest.mark.parametrize("slug", CHAPTERS)
def test_the_lesson_plan_leads_to_the_deck(slug):
    assert f"[slides](slides/{slug}.md)" in LESSONS.read_text("utf-8")


# --- what a deck names has to be there ---------------------------------------------------

CHAPTER = """# Small

One question? **Before you start:** nothing.

## You will be able to

- count to two;
- count to three.

Two and two is 4.0<!-- = 2 + 2 -->. It is $a.\\; B$ **and more. Then** more. Two are even.

$$x = 1 \\tag{90.1}$$

| one | two |
|---|---|
| a | b |
| c | d |
"""
LESSON = """## Chapter 90: Small

| objective | exercises |
|---|---|
| count to two | 1 |
| count to three | 2 |

**On the board,** with minutes:

- **5** *Predict first*: how many?
- **45** The rest of it.

| what they bring | a question that uncovers it |
|---|---|
| Two is odd | Is it? |

**Demonstration.** [A link](../interactive.md#explore=fig-simplex&p=1).

**What to set.** [exercise 1](../exercises/90_small.md#one).
"""
DECK = """## Predict first

### 5 | Small
@opening
@covers count to two
Notes:
Say it.

## The rest of it

### 45 | More
@covers count to three
@figure 90.1
@equation 90.1
@sentence It is
@table two >> | c
@code one = 1 >> two ... three
@output one = 1
@ask Two is
@demo
Its own words.
Notes:
Ask it.
"""
FIGURE, TABLE = "@figure 90.1", "@table two >> | c"
CODE, COVERS = "@code one = 1 >> two ... three", "@covers count to three"
PICTURE = '<svg width="432pt" height="200pt"></svg>'


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    made = Words(tmp_path_factory.mktemp("formulas") / "cache.json")
    yield made
    made.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("chapter") / "90_small.ipynb"
    said = nbformat.v4.new_output("stream", text="<1> printed\n")
    drawn = nbformat.v4.new_output(
        "display_data",
        {"image/svg+xml": PICTURE, "text/plain": "Figure: A bar of height one."},
    )
    cells = [
        nbformat.v4.new_markdown_cell(CHAPTER),
        nbformat.v4.new_code_cell(
            "one = 1\nif one:\n    two = 2\n    three = 3", outputs=[said]
        ),
        nbformat.v4.new_code_cell("draw()", outputs=[drawn]),
        nbformat.v4.new_markdown_cell("**Figure 90.1.** A bar of 1.0<!-- = 1 -->."),
        nbformat.v4.new_markdown_cell("Two are odd."),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return Chapter(path)


def set_deck(small, words, source=DECK, plan=LESSON):
    return make(small, source, lesson(90, plan), words)


def test_a_slide_holds_what_it_takes(small, words):
    deck = set_deck(small, words)
    page = BeautifulSoup(deck.page, "html.parser")
    first, second = page.select(".slides > section")
    assert first.h1.get_text() == "Small" and "One question?" in first.get_text()
    assert "Before you start" not in first.get_text()
    assert second.img["alt"] == "A bar of height one."
    assert deck.pictures == {second.img["src"]: PICTURE}
    assert "and more." in second.get_text() and "**" not in second.get_text()
    assert [row.get_text(" ", strip=True) for row in second.select("tr")] == [
        "one two",
        "c d",
    ]
    assert (
        second.select_one(".highlight:not(.printed)").get_text().strip()
        == "two = 2\nthree = 3"
    )
    assert second.select_one(".printed").get_text().strip() == "<1> printed"
    assert second.blockquote.get_text(strip=True) == "Is it?"
    assert (
        second.select_one(".demo a")["href"]
        == "../book/interactive.html#explore=fig-simplex&p=1"
    )
    notes = second.select_one(".notes").get_text()
    assert "45 minutes" in notes and "Ask it." in notes
    assert (
        "Two is odd" in notes and "A bar of 1.0." in notes and "count to three" in notes
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (FIGURE, "@figure 90.2", "slide 2, 'More': the chapter has no figure 90.2"),
        ("@equation 90.1", "@equation 90.7", "the chapter has no equation 90.7"),
        ("@sentence It is", "@sentence It was", "no sentence that begins 'It was'"),
        ("@sentence It is", "@sentence Two are", "2 things that fit: sentence that"),
        (TABLE, "@table four", "no table with 'four' in its header"),
        (TABLE, "@table two >> | e", "no line begins '| e'"),
        (CODE, "@code ten = 10", "no cell with 'ten = 10'"),
        (CODE, "@code one = 1 >> two ... six", "no line after 'two' begins 'six'"),
        ("@ask Two is", "@ask Three is", "no belief that begins 'Three is'"),
        ("@demo", "@show", "there is nothing to take by @show"),
        (COVERS, "@covers count to four", "no objective that begins 'count to four'"),
        (COVERS, "", "no slide covers the objective 'count to three'"),
        ("### 45 |", "### 44 |", "takes 44 minutes, in the lesson 45"),
        ("## The rest", "## What is", "part 2 of the lesson begins 'The rest of it.'"),
        ("Notes:\nAsk it.", "", "it has no notes"),
        ("Its own words.", "Its own $x_{$.", "KaTeX"),
    ],
)
def test_what_is_gone_is_named_with_its_deck_and_slide(small, words, old, new, said):
    assert DECK.count(old) == 1
    with pytest.raises(MissingError) as error:
        set_deck(small, words, DECK.replace(old, new))
    assert "book/course/slides/90_small.md: " in str(error.value)
    assert said in str(error.value)


def test_every_fault_of_a_deck_is_said_at_once(small, words):
    faulty = DECK.replace("@figure 90.1", "@figure 9").replace("@demo", "@ask Ten")
    with pytest.raises(MissingError) as error:
        set_deck(small, words, faulty.replace("### 5 |", "### 6 |"))
    assert len(str(error.value).splitlines()) >= 2


def test_a_changed_lesson_is_noticed(small, words):
    with pytest.raises(MissingError, match="in the lesson 40"):
        set_deck(small, words, plan=LESSON.replace("**45**", "**40**"))
    with pytest.raises(MissingError, match="part 3 of the lesson begins 'A new one"):
        set_deck(
            small,
            words,
            plan=LESSON.replace("rest of it.\n", "rest of it.\n- **5** A new one.\n"),
        )


def test_sentences_end_where_a_reader_ends_them():
    text = "At $p.\\; Q$ it ends. So `a. B` does. Is **it? Yes.** (It is.) And 2.5 too."
    assert sentences(text) == [
        "At $p.\\; Q$ it ends.",
        "So `a. B` does.",
        "Is **it?",
        "Yes.**",
        "(It is.)",
        "And 2.5 too.",
    ]


def test_no_line_begins_with_the_mark_after_a_formula(words):
    page = BeautifulSoup(words.page("So ($x$), and $y$: 7 %."), "html.parser")
    kept = [one.get_text() for one in page.select(".kept")]
    assert [(one[0], one[-1]) for one in kept] == [("(", ","), ("y", ":")]
    assert page.get_text().endswith(" 7\u202f%.\n")


def test_a_part_of_a_cell_stands_at_the_margin():
    assert part_of("a\n    b\n      c\n", "b ... c") == "b\n  c"


# --- in a browser -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def axe():
    packages = ensure_installed(ROOT / "tests" / "site")
    return (packages / "axe-core" / "axe.min.js").read_text("utf-8")


def watched(context, server, faults):
    """A page that notes what it asks for elsewhere and what fails."""
    context.add_init_script(WATCH)
    page = context.new_page()
    here = (server, "data:")

    def note(fault, what):
        if fault:
            faults.append(what)

    page.on("request", lambda asked: note(not asked.url.startswith(here), asked.url))
    page.on("console", lambda said: note(said.type in ("error", "warning"), said.text))
    page.on("pageerror", lambda error: note(True, str(error)))
    page.on("response", lambda got: note(got.status >= 400, got.url))
    return page


@pytest.mark.parametrize("slug", CHAPTERS)
def test_every_slide_is_whole_on_the_stage_and_asks_nothing_elsewhere(
    browser, server, slug
):
    faults: list[str] = []
    context = browser.new_context(viewport=STAGE)
    page = watched(context, server, faults)
    page.goto(f"{server}/slides/{slug}.html")
    page.evaluate(DRAWN)
    assert page.evaluate(TOO_LARGE) == []
    assert page.locator(".katex-error").count() == 0
    assert page.locator(".slides > section").count() == len(deck_of(slug))
    assert faults == [] and page.evaluate("window.violations") == []
    context.close()


@pytest.mark.parametrize("slug", CHAPTERS)
def test_a_phone_shows_every_slide_with_its_notes_and_axe_finds_nothing(
    browser, server, axe, slug
):
    faults: list[str] = []
    context = browser.new_context(viewport=PHONE)
    page = watched(context, server, faults)
    page.goto(f"{server}/slides/{slug}.html")
    page.evaluate(DRAWN)
    assert page.evaluate(WIDER_THAN_THE_PHONE) == []
    assert not page.locator(".notes").first.is_visible()
    page.get_by_role("button", name="Notes").click()
    assert page.locator(".notes:visible").count() == len(deck_of(slug))
    assert page.evaluate(WIDER_THAN_THE_PHONE) == []
    page.evaluate(axe)
    assert page.evaluate(AXE) == []
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(AXE, ["color-contrast"]) == []
    assert faults == [] and page.evaluate("window.violations") == []
    context.close()


ONE = "04_worked_example"


@pytest.fixture(params=["a folder", "a server"])
def address(request, site, server):
    if request.param == "a folder":
        return (site / "slides" / f"{ONE}.html").as_uri()
    return f"{server}/slides/{ONE}.html"


def test_keys_turn_the_slides_and_the_speakers_window_follows(browser, address):
    context = browser.new_context(viewport=STAGE)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(address)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#s2")).to_have_class(re.compile("present"))
    with context.expect_page() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    deck = deck_of(ONE)
    expect(speaker.locator('[data-place="now"]')).to_have_id("s2")
    expect(speaker.locator('[data-place="next"]')).to_have_id("s3")
    expect(speaker.locator(".desk-notes")).to_contain_text(deck[1].notes[:30])
    due = deck[0].minutes + deck[1].minutes
    expect(speaker.locator(".time")).to_contain_text(f"This slide ends at {due}:00.")
    speaker.keyboard.press("ArrowRight")
    expect(page.locator("#s3")).to_have_class(re.compile("present"))
    expect(speaker.locator('[data-place="now"]')).to_have_id("s3")
    page.keyboard.press("ArrowLeft")
    expect(speaker.locator('[data-place="now"]')).to_have_id("s2")
    page.keyboard.press("o")
    expect(page.locator("#s3 .body")).to_be_visible()
    page.keyboard.press("o")
    expect(page.locator("#s3 .body")).not_to_be_visible()
    page.keyboard.press("c")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.keyboard.press("Shift+Slash")
    expect(page.locator(".r-overlay-help")).to_contain_text("Fullscreen")
    for one in (page, speaker):
        assert one.evaluate("window.violations") == []
    context.close()


def test_axe_finds_nothing_on_the_stage_and_at_the_desk(browser, server, axe):
    context = browser.new_context(viewport=STAGE)
    page = context.new_page()
    for query in ("", "?speaker"):
        page.goto(f"{server}/slides/{ONE}.html{query}")
        page.evaluate(axe)
        assert page.evaluate(AXE) == []
    context.close()


def test_without_scripts_every_slide_can_be_read(browser, server):
    context = browser.new_context(viewport=STAGE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/slides/{ONE}.html")
    for one in page.locator(".slides > section").all():
        assert one.is_visible()
    assert not page.get_by_role("button").first.is_visible()
    context.close()


# --- on paper -----------------------------------------------------------------------------


def test_the_pdf_has_a_page_a_slide_and_is_made_again_when_the_deck_has_changed(
    browser, site, tmp_path
):
    def start():
        return contextlib.nullcontext(browser)

    folder = tmp_path / "slides"
    (tmp_path / "_static").symlink_to(site / "_static")
    folder.mkdir()
    deck = folder / f"{ONE}.html"
    text = (site / "slides" / deck.name).read_text("utf-8")
    deck.write_text(text, "utf-8")
    for name in re.findall(r'<img src="([^"]+)"', text):
        (folder / name).write_bytes((site / "slides" / name).read_bytes())
    results = tmp_path / "printed"
    assert pdf.print_decks([deck], results, start) == [ONE]
    reader, listed = PdfReader(results / f"{ONE}.pdf"), deck_of(ONE)
    assert len(reader.pages) == len(listed)
    for page, one in zip(reader.pages, listed, strict=True):
        assert one.title.split()[-1] in page.extract_text()
        assert (page.mediabox.width, page.mediabox.height) == (960, 540)
    assert pdf.print_decks([deck], results, start) == []
    deck.write_text(text.replace("By hand", "On paper"), "utf-8")
    assert pdf.print_decks([deck], results, start) == [ONE]
    assert json.loads((results / "made_from.json").read_text("utf-8")).keys() == {ONE}


def test_without_a_built_book_a_sentence_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pdf, "COMPLETE", tmp_path / "never built")
    assert pdf.main() == 1
    assert "Run `make book` first" in capsys.readouterr().err


def test_without_a_browser_a_sentence_says_what_to_install(
    site, tmp_path, monkeypatch, capsys
):
    def none():
        raise browser_of_tools.NoBrowserError(browser_of_tools.MISSING)

    monkeypatch.setattr(browser_of_tools, "browser_path", none)
    monkeypatch.setattr(pdf, "RESULTS", tmp_path)
    assert pdf.main() == 1
    assert "Install Debian's package chromium" in capsys.readouterr().err


@pytest.mark.parametrize("slug", CHAPTERS)
def test_the_site_holds_a_deck_that_covers_the_chapters_objectives(site: Path, slug):
    page = BeautifulSoup(
        (site / "slides" / f"{slug}.html").read_text("utf-8"), "html.parser"
    )
    said = [one.get_text() for one in page.select(".notes .objective")]
    stands = objectives(ROOT / "notebooks" / f"{slug}.ipynb")
    assert len(said) >= len(stands)
    for one in page.select(".slides > section"):
        assert int(one["data-minutes"]) >= 1 and one.select_one(".notes .minutes")


# --- aloud ---------------------------------------------------------------------------------


def measured(site, slug):
    return spoken((site / "slides" / f"{slug}.html").read_text("utf-8"))


@pytest.mark.parametrize("slug", CHAPTERS)
def test_a_deck_read_aloud_takes_the_minutes_that_it_states(site: Path, slug):
    deck = measured(site, slug)
    assert [(one.title, one.stated, one.minutes) for one in deck if one.is_off] == []
    total = sum(one.minutes for one in deck)
    assert abs(total - LESSON_MINUTES) <= TOLERANCE * LESSON_MINUTES


ALOUD = """
<div class="slides"><section id="s1" data-minutes="2"><h1>A title</h1>
<div class="body"><p>Two words, and <span class="katex">x = 1 x = 1</span>.</p>
<pre>one = 1

two = 2</pre><figure><figcaption>Figure 1</figcaption></figure>
<div class="formula"><div class="step">a</div><div class="step">b</div></div></div>
<aside class="notes"><p class="minutes">2 minutes, The rest</p>
<p>Said aloud. Ask for one word, now. Three minutes, in pairs. Exercise 2 too.</p>
<p class="objective">count to two</p></aside></section>
<section id="s2" data-minutes="9"><h2>Predict: a number</h2>
<div class="body"><blockquote><p>How many?</p></blockquote><p class="demo">Open: it</p></div>
<aside class="notes"><p class="minutes">9 minutes, Predict first</p>
<p>Ask this. And that?</p><p>Ask this at the figure.</p></aside></section></div>
"""


def test_what_a_speaker_says_and_the_class_does_is_counted_once():
    first, second = spoken(ALOUD)
    assert first == Spoken("A title", 2, 6 + 2 + 3, 2, 1, 2, 1, 0, 0, 1, 3)
    seconds = 10 + 2 * 60 + 60 + 2 * 5 + 60 + 120 + 180
    assert first.minutes == pytest.approx(11 / 130 + seconds / 60)
    assert second == Spoken("Predict: a number", 9, 2 + 2, 0, 0, 0, 2, 1, 1, 0, 0)
    assert first.is_off and second.is_off


@pytest.mark.parametrize(
    ("stated", "words", "off"),
    [
        (2, 130 * 2, False),
        (2, 130 * 3, True),
        (1, 130, False),
        (10, 130 * 8, True),
        (10, 130 * 9, False),
    ],
)
def test_a_slide_may_be_off_by_a_minute_or_by_a_fifth(stated, words, off):
    one = Spoken("A title", stated, words, 0, 0, 0, 0, 0, 0, 0, 0)
    assert one.is_off == off


def test_the_rule_for_a_deck_is_stated_where_decks_are_written():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert (
        f"{speaking_time.WORDS_PER_MINUTE} words a minute, a formula within a sentence as "
        f"{speaking_time.WORDS_PER_INLINE_FORMULA} words, "
        f"{speaking_time.SECONDS_PER_SLIDE} seconds for turning to a slide, "
        f"{speaking_time.SECONDS_PER_LINE_OF_CODE} for a line of code or of what it prints, "
        f"{speaking_time.SECONDS_PER_FIGURE} for a figure, for each line of a formula that "
        "stands alone, for a prediction, for opening a demonstration, and for each question "
        "or sentence of the notes that has the class do something, "
        f"{speaking_time.SECONDS_PER_EXERCISE} for an exercise"
    ) in text
    assert (
        len(
            {
                speaking_time.SECONDS_PER_FIGURE,
                speaking_time.SECONDS_PER_LINE_OF_FORMULA,
                speaking_time.SECONDS_PER_PREDICTION,
                speaking_time.SECONDS_PER_DEMONSTRATION,
                speaking_time.SECONDS_PER_TASK,
            }
        )
        == 1
    )

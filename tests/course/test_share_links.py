"""A link to an interactive figure opens the setting that it names, in Node and in a browser."""

from __future__ import annotations

import json
import re
import subprocess
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import expect

from bookkit.commands.gallery import PAGE, STORED, blocks
from bookkit.machine.node_packages import node_command
from bookkit.reading.contents import ROOT
from course_pages import LESSONS, course_pages, lessons

# In every page, since anybody may write one.
PAGES = [*course_pages(), *sorted((ROOT / "book").glob("*.md"))]
_LINK = re.compile(r"\]\((?:\.\./)*interactive\.md#(explore=[^)]+)\)")
LINKS = sorted({link for page in PAGES for link in _LINK.findall(page.read_text())})


def stored(anchor):
    """What the page came with: the figure's module and state."""
    path = STORED / f"{anchor.removeprefix('fig-')}.json"
    assert path.is_file(), f"no figure {anchor}"
    return json.loads(path.read_text("utf-8"))


def named(link):
    """The figure of a link, and the values that it names, by the kind of the figure's own."""
    (_, anchor), *pairs = parse_qsl(link, strict_parsing=True)
    initial = stored(anchor)["state"]
    values = {}
    for key, text in pairs:
        assert key in initial, f"{anchor} has no {key}"
        values[key] = text if isinstance(initial[key], str) else json.loads(text)
    return anchor, values


def opened(links):
    """The state that each address opens, or None, as the page's own script reads it."""
    asked = []
    for link in links:
        anchor = dict(parse_qsl(link))["explore"]
        figure = stored(anchor)
        asked.append(
            {
                "module": figure["module"],
                "id": anchor,
                "initial": figure["state"],
                "hash": f"#{link}",
            }
        )
    answer = subprocess.run(
        [*node_command(), str(ROOT / "tests" / "course" / "open_links.mjs")],
        input=json.dumps(
            {"folder": str(ROOT / "xent_lib" / "explore"), "links": asked}
        ),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_every_lesson_has_a_link_and_they_differ():
    per_lesson = [
        _LINK.findall(plan.body) for plan in lessons(LESSONS.read_text()).values()
    ]
    assert all(per_lesson)
    assert len(LINKS) == sum(map(len, per_lesson))


@pytest.fixture(scope="module")
def states():
    return dict(zip(LINKS, opened(LINKS), strict=True))


@pytest.mark.parametrize("link", LINKS)
def test_a_link_opens_the_state_that_it_names(link, states):
    anchor, values = named(link)
    state = states[link]
    assert values
    assert state is not None, "the figure takes the address for none of its own"
    expected = {**stored(anchor)["state"], **values}
    assert json.loads(json.dumps(state)) == expected


@pytest.mark.parametrize("link", LINKS)
def test_pythons_figure_takes_the_same_state(link):
    anchor, values = named(link)
    (block,) = [
        one
        for one in blocks(PAGE.read_text("utf-8"))
        if one.name == anchor.removeprefix("fig-")
    ]
    figure = block.make()
    for key, value in values.items():
        setattr(figure, key, value)
    assert {key: figure.state[key] for key in values} == values


@pytest.mark.parametrize(
    "link",
    [
        "explore=fig-logits&temperature=0",
        "explore=fig-logits&logits=[1,2]",
        "explore=fig-simplex&p=[0.5,0.5,0.5]",
        "explore=fig-descent&rule=adam",
        "explore=fig-calibration&n_bins=ten",
    ],
)
def test_an_address_that_makes_no_sense_is_told_from_one_that_does(link):
    assert opened([link]) == [None]


def test_a_parameter_that_is_gone_is_named():
    with pytest.raises(AssertionError, match="fig-logits has no heat"):
        named("explore=fig-logits&heat=3")
    with pytest.raises(AssertionError, match="no figure fig-gone"):
        named("explore=fig-gone&heat=3")


def test_a_click_in_the_lesson_plans_opens_each_setting(browser, site):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    plans = (site / "book" / "course" / "lessons.html").as_uri()
    page.goto(plans)
    addresses = page.eval_on_selector_all(
        "main a[href*='#explore=']", "links => links.map(link => link.href)"
    )
    assert len(addresses) == len(LINKS)
    for address in addresses:
        # A page of its own, as behind a link: a change of the hash alone is another case.
        page.goto("about:blank")
        page.goto(address)
        anchor, values = named(address.partition("#")[2])
        figure = page.locator(f"#{anchor} .xe")
        expect(figure).to_be_in_viewport()
        # The button writes the figure's state into the address.
        page.evaluate("history.replaceState(null, '', location.pathname)")
        figure.get_by_role("button", name="Link to this setting").click()
        page.wait_for_function("location.hash !== ''")
        assert named(page.url.partition("#")[2]) == (anchor, values)
    context.close()

"""Boxes in which a reader changes Python and runs it in the page.

A task is one block of a page, four parts of one Python file, as editors and notebooks know it
from ``# %%``: what the reader starts from, what is tried, a solution, and wrong answers, each
after the sentence that names its misconception::

    ```{code-box} surprise
    import math


    def surprise(p):
        return ...


    # %% check
    surprise(0.7)
    surprise(0.2)

    # %% solution
    import math


    def surprise(p):
        return -math.log(p)


    # %% wrong
    # The logarithm of a probability is negative, and a surprise is not: the minus is missing.
    import math


    def surprise(p):
        return math.log(p)
    ```

What a check should give is what the solution gives when the book is built. A wrong answer is
known by what it gives, so a reader's own way to the same mistake is recognised too. The page
holds the start, and all the rest folded below it; book/_static/code-box.js makes a box of it.

A cell of a chapter with the tag ``run-here`` gets such a box without checks.
"""

from __future__ import annotations

import contextlib
import html
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from bookkit.pages.code_box import interpreter, judge
from bookkit.pages.page import Page

CLASS_OF_CELL = "tag_run-here"
_HAS_BOX = "code-box"
_PART = re.compile(r"^# %% (check|solution|wrong)\n", re.MULTILINE)
_SENTENCE = re.compile(r"\A(?:#.*\n)+")
_INFINITE = re.compile(r"\b(?:inf|nan)\b")
_TOOLS = {
    "run": "Run",
    "check": "Check",
    "reset": "Reset",
    "copy": "Copy for a notebook",
}
_KEYS = "Ctrl and Enter {act}. Tab indents; to leave the code by keyboard, press Escape, then Tab."
_OPEN = "Change it and run it here"


class TaskError(ValueError):
    """A sentence for the one who writes a task."""


@dataclass(frozen=True)
class Task:
    """What a block of a page says."""

    start: str
    checks: list[str]
    solution: str
    wrong: list[tuple[str, str]]


def read(text: str) -> Task:
    """Take a block apart."""
    start, *rest = _PART.split(text.strip() + "\n")
    parts: dict[str, list[str]] = {"check": [], "solution": [], "wrong": []}
    for kind, content in zip(rest[::2], rest[1::2], strict=True):
        parts[kind].append(content)
    if len(parts["check"]) != 1 or len(parts["solution"]) != 1:
        raise TaskError("a task has one part `# %% check` and one `# %% solution`")
    wrong = []
    for content in parts["wrong"]:
        sentence = _SENTENCE.match(content)
        if sentence is None:
            raise TaskError("`# %% wrong` is followed by a comment: what was mistaken")
        said = " ".join(line.lstrip("# ") for line in sentence[0].splitlines())
        wrong.append((said, content[sentence.end() :].strip() + "\n"))
    return Task(
        start=start.strip() + "\n",
        checks=[line for line in parts["check"][0].splitlines() if line.strip()],
        solution=parts["solution"][0].strip() + "\n",
        wrong=wrong,
    )


def results(program: str, checks: list[str]) -> list[str]:
    """Run a program of the book; return what each check gives, as the judge reads it."""
    with contextlib.redirect_stdout(io.StringIO()):
        error = json.loads(judge.start(program))
        if error:
            raise TaskError(f"{error['text']}, in line {error['line']} of\n{program}")
        found = [judge.outcome(check) for check in checks]
    return [
        repr(value) if fault is None else judge.RAISES + str(fault["kind"])
        for value, fault in found
    ]


def spec(task: Task) -> dict[str, Any]:
    """What the judge asks for: every check with its result, and those of wrong answers."""
    expected = results(task.solution, task.checks)
    for check, told in zip(task.checks, expected, strict=True):
        if told.startswith(judge.RAISES):
            raise TaskError(f"the solution {told} at {check}")
    return {
        "checks": [list(pair) for pair in zip(task.checks, expected, strict=True)],
        "wrong": [results(code, task.checks) for _, code in task.wrong],
    }


def for_a_notebook(checks: list[list[str]]) -> str:
    """Lines that try the checks in any Python, to stand below the reader's program."""
    rows = "".join(
        f"    ({json.dumps(tried)}, {_INFINITE.sub(_as_float, expected)}),\n"
        for tried, expected in checks
    )
    imports = "import math\n\n" if "math." in rows else ""
    return (
        f"\n\n{imports}for tried, expected in [\n{rows}]:\n"
        '    print(tried, "gives", eval(tried), "and should give", expected)\n'
    )


def _as_float(name: re.Match[str]) -> str:
    return f'float("{name[0]}")'


def _shown(told: str) -> str:
    if told.startswith(judge.RAISES):
        return "ends in a `" + told.removeprefix(judge.RAISES) + "`"
    return f"gives `{judge.show(eval(told, dict(judge.CONSTANTS)))}`"


def _below(task: Task, asked: dict[str, Any]) -> str:
    """The solution and all that is known of answers, as Markdown."""
    lines = ["::::{dropdown} Solution", "```python", task.solution.rstrip(), "```", ""]
    lines += ["What it gives:", "", ":::{div} code-box-checks"]
    lines += [f"- `{tried}` {_shown(told)}" for tried, told in asked["checks"]]
    lines += [":::", ""]
    if task.wrong:
        lines += ["Wrong answers, and where they come from:", ""]
        lines += [":::{div} code-box-wrong"]
    for (said, _), came in zip(task.wrong, asked["wrong"], strict=True):
        tried, told = next(
            (tried, told)
            for (tried, right), told in zip(asked["checks"], came, strict=True)
            if not judge.same(told, right)
        )
        lines += [f"- `{tried}` {_shown(told)}.", "", f"  {said}", ""]
    lines += [":::"] * bool(task.wrong)
    return "\n".join([*lines, "::::"])


class code_box(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """A program that a script lets the reader change and run."""


def _tools(name: str, acts: list[str], run: str) -> nodes.raw:
    buttons = "".join(
        f'<button type="button" data-act="{act}">{_TOOLS.get(act, _OPEN)}</button>'
        for act in acts
    )
    keys = f'<span class="code-box-keys" id="box-{name}-keys">{_KEYS.format(act=run)}</span>'
    return nodes.raw(
        "", f'<div class="code-box-tools">{buttons}{keys}</div>', format="html"
    )


class CodeBoxDirective(SphinxDirective):
    """A task, from the four parts of its block."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        try:
            task = read("\n".join(self.content))
            asked = spec(task)
        except TaskError as error:
            raise self.error(f"code-box {name}: {error}") from error
        box = code_box(
            ids=[f"box-{name}"],
            holds={
                "name": name,
                "start": task.start,
                "task": asked,
                "cell": for_a_notebook(asked["checks"]),
            },
        )
        box += nodes.literal_block(task.start, task.start, language="python")
        box += _tools(name, list(_TOOLS), "checks")
        source, line = self.get_source_info()
        below = StringList(_below(task, asked).splitlines(), source)
        self.state.nested_parse(below, line, box)
        self.set_source_info(box)
        _mark(self.env)
        return [box]


def below_cell(env: BuildEnvironment, cell: nodes.Element) -> None:
    """Let the code of a chapter's cell be changed and run below it."""
    code = next(iter(cell.findall(nodes.literal_block))).astext().strip() + "\n"
    if "math." in code and "import math" not in code:
        code = f"import math\n\n\n{code}"
    name = f"{Path(env.docname).name}-{cell['cell_index']}"
    box = code_box(
        ids=[f"box-{name}"],
        classes=["closed"],
        holds={"name": name, "start": code, "task": None, "cell": ""},
    )
    box += _tools(name, ["open", "run", "reset", "copy"], "runs")
    cell += box
    _mark(env)


def _mark(env: BuildEnvironment) -> None:
    env.metadata[env.docname][_HAS_BOX] = True


def open_box(self: HTML5Translator, node: nodes.Element) -> None:
    """Begin a box."""
    data = json.dumps(node["holds"], ensure_ascii=False, separators=(",", ":"))
    names = html.escape(" ".join(["code-box", *node["classes"]]))
    self.body.append(
        f'<div class="{names}" id="{node["ids"][0]}" role="group" '
        f'aria-label="Python to change and run" data-box="{html.escape(data)}">\n'
    )


def close_box(self: HTML5Translator, node: nodes.Element) -> None:
    """End it."""
    self.body.append("</div>\n")


def fill(page: Page) -> None:
    """Name the script and the style of a page with boxes."""
    if page.app.env.metadata.get(page.name, {}).get(_HAS_BOX):
        page.also("page_styles", "code-box.css")
        page.also("page_scripts", "code-box.js")


def write(app: Sphinx, out: Path) -> None:
    """Write the interpreter, where there is a box."""
    if any(found.get(_HAS_BOX) for found in app.env.metadata.values()):
        (out / "_static" / interpreter.NAME).write_text(
            interpreter.script(), encoding="utf-8"
        )

"""The figures' JavaScript: linted, typed, joined into one text, light."""

import gzip
import json
import re
import subprocess

import pytest

from bookkit.machine.node_packages import node_command
from xent_lib.explore import _bundle

ROOT = _bundle.FOLDER.parents[1]
HELPERS = {
    "arithmetic",
    "contours",
    "descent_panels",
    "floats",
    "host",
    "parts",
    "rules",
    "temperature",
}
FIGURES = sorted({path.stem for path in _bundle.FOLDER.glob("*.mjs")} - HELPERS)
LARGEST_SCRIPT = 60 * 1024  # bytes, compressed


def node(*arguments, cwd=ROOT, **options):
    return subprocess.run(
        [*node_command(), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def test_eslint_finds_nothing(node_tools):
    config = ROOT / "tests" / "explore" / "eslint.config.mjs"
    command = node_tools / "eslint" / "bin" / "eslint.js"
    found = node(command, "--max-warnings=0", "-c", config, _bundle.FOLDER)
    assert found.returncode == 0, found.stdout + found.stderr


def test_types_hold(node_tools):
    found = node(
        node_tools / "typescript" / "bin" / "tsc", "-p", ROOT / "tests" / "explore"
    )
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("wrong", "tool"),
    [
        ("export const a = /** @type {number} */ (1).length;", "tsc"),
        ("var a = 1;", "eslint"),
    ],
)
def test_a_fault_is_found(node_tools, tmp_path, wrong, tool):
    (tmp_path / "fault.mjs").write_text(f"{wrong}\n")
    if tool == "tsc":
        settings = json.loads((ROOT / "tests/explore/tsconfig.json").read_text())
        (tmp_path / "tsconfig.json").write_text(
            json.dumps(settings | {"include": ["*.mjs"]})
        )
        found = node(node_tools / "typescript" / "bin" / "tsc", "-p", tmp_path)
    else:
        packages = tmp_path / "node_modules"
        packages.symlink_to(node_tools, target_is_directory=True)
        config = tmp_path / "eslint.config.mjs"
        config.write_text((ROOT / "tests/explore/eslint.config.mjs").read_text())
        found = node(
            node_tools / "eslint" / "bin" / "eslint.js", "fault.mjs", cwd=tmp_path
        )
    assert found.returncode != 0 and "fault" in found.stdout


@pytest.mark.parametrize("module", FIGURES)
def test_a_figure_is_an_anywidget_module(module, tmp_path):
    joined = tmp_path / "joined.mjs"
    joined.write_text(_bundle.for_anywidget(module), encoding="utf-8")
    probe = (
        "import(process.argv[1]).then((m) => "
        "console.log(Object.keys(m), typeof m.default.render))"
    )
    found = node("-e", probe, joined.as_uri())
    assert found.stdout.strip() == "[ 'default' ] function", found.stderr


def test_a_page_gets_one_classic_script(tmp_path):
    script = tmp_path / "page.cjs"
    script.write_text(_bundle.for_a_page(FIGURES), encoding="utf-8")
    text = script.read_text(encoding="utf-8")
    assert not re.search(r"^(import|export)\b", text, re.MULTILINE)
    assert node("--check", script).returncode == 0
    for helper in HELPERS:
        assert text.count(f"$.{helper} = ") == 1
    empty_page = "globalThis.document = { querySelectorAll: () => [] };"
    assert node("-e", f"{empty_page} require({json.dumps(str(script))})").stderr == ""


def test_all_figures_their_data_and_the_host_weigh_little():
    script = gzip.compress(_bundle.for_a_page(FIGURES).encode())
    style = gzip.compress((_bundle.FOLDER / "explore.css").read_bytes())
    states = [path.read_bytes() for path in (ROOT / "book/figures").glob("*.json")]
    data = gzip.compress(b"".join(states))
    assert len(states) > 3
    assert len(script) + len(style) + len(data) <= LARGEST_SCRIPT

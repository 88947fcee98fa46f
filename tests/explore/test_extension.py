"""What the build makes of a cell with an interactive figure."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from xent_lib.explore import LossCurve, _bundle

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = f"""
import sys
sys.path.insert(0, {str(ROOT / "book")!r})
extensions = ["myst_nb"]
nb_execution_mode = "off"
html_theme = "basic"


def setup(app):
    from bookkit.pages import anatomy, interactive

    shown = (interactive.open_figure, interactive.close_figure)
    app.add_node(interactive.explore, html=shown)
    app.add_directive("interactive", interactive.InteractiveDirective)
    app.add_transform(anatomy.Anatomy)
    app.connect("source-read", interactive.take_states)
    app.connect("build-finished", lambda app, _: interactive.write(app, app.outdir))
"""


def sphinx(folder):
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-q",
        str(folder / "source"),
        str(folder / "html"),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def build(folder):
    done = sphinx(folder)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A page with a figure and one without, built."""
    folder = tmp_path_factory.mktemp("book")
    source = folder / "source"
    source.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XENT_STORED_OUTPUTS", "1")
        data, _ = LossCurve(
            [0.7, 0.2, 0.1], names=["<rain>", 'the "snow"', "sun"]
        )._repr_mimebundle_()
    cell = nbformat.v4.new_code_cell("LossCurve(...)", execution_count=1)
    cell.outputs = [
        nbformat.v4.new_output("execute_result", data=data, execution_count=1)
    ]
    title = nbformat.v4.new_markdown_cell("# A page")
    caption = nbformat.v4.new_markdown_cell("**Figure 1.1.** A curve.")
    metadata = {
        "kernelspec": {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
    }
    notebook = nbformat.v4.new_notebook(cells=[title, cell, caption], metadata=metadata)
    nbformat.write(notebook, source / "figure.ipynb")
    (source / "index.md").write_text("# Home\n\n```{toctree}\nfigure\n```\n")
    (source / "conf.py").write_text(SETTINGS)
    build(folder)
    return folder


def test_the_still_stands_inside_what_the_script_brings_to_life(book):
    page = BeautifulSoup((book / "html" / "figure.html").read_text(), "html.parser")
    (mount,) = page.select("figure#fig-1-1 > div.explore")
    assert mount["data-module"] == "loss_curve"
    assert mount.find("img")["alt"].startswith("The curve of minus log q")
    assert len(page.select("figure#fig-1-1 > figcaption")) == 1


def test_names_with_quotes_and_brackets_arrive_whole(book):
    page = BeautifulSoup((book / "html" / "figure.html").read_text(), "html.parser")
    assert (
        '"names":["<rain>","the \\"snow\\"","sun"]'
        in page.select_one(".explore")["data-state"]
    )


def test_a_build_in_which_no_page_changed_still_writes_the_script(book):
    script = book / "html" / "_static" / "explore-loss_curve.js"
    assert script.read_text() == _bundle.for_a_page(["loss_curve"])
    script.write_text("an older version")
    build(book)
    assert script.read_text() == _bundle.for_a_page(["loss_curve"])


PLACED = """# A page that is no notebook

```{interactive} loss-curve
:caption: Drag the *point*.
from xent_lib.explore import LossCurve

LossCurve([0.7, 0.2, 0.1])
```
"""


@pytest.fixture
def placed(tmp_path):
    """A book whose page places a stored figure by the code that makes it."""
    source = tmp_path / "source"
    stored = source / "book" / "figures"
    shutil.copytree(ROOT / "book" / "figures", stored)
    (source / "index.md").write_text(PLACED)
    (source / "conf.py").write_text(SETTINGS)
    return tmp_path


def test_a_page_places_a_stored_figure_and_shows_its_code(placed):
    build(placed)
    page = BeautifulSoup((placed / "html" / "index.html").read_text(), "html.parser")
    (mount,) = page.select("figure#fig-loss-curve > div.explore")
    stored = json.loads((ROOT / "book" / "figures" / "loss-curve.json").read_text())
    assert mount["data-module"] == "loss_curve"
    assert json.loads(mount["data-state"]) == stored["state"]
    assert mount.find("img")["alt"] == stored["alt"]
    assert page.select_one("figcaption em").get_text() == "point"
    assert page.select_one("figure + .highlight-python") is not None
    assert (placed / "html" / "_static" / "explore-loss_curve.js").is_file()


def test_a_figure_that_is_not_stored_fails_with_what_to_run(placed):
    text = PLACED.replace("{interactive} loss-curve", "{interactive} no-such-figure")
    (placed / "source" / "index.md").write_text(text)
    done = sphinx(placed)
    assert done.returncode != 0
    assert "no figure no-such-figure is stored: run" in done.stderr

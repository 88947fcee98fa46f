"""What the build makes of a cell with an interactive figure."""

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
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "figures", "interactive"]
nb_execution_mode = "off"
html_theme = "basic"
"""


def build(folder):
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "-q",
        str(folder / "source"),
        str(folder / "html"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
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

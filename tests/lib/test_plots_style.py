"""The figures' one style: files that follow the page, and colours that mean something."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib import font_manager, pyplot, rcParams

from xent_lib.plots import style


def drawing(colour):
    ax = style.new_axes()
    ax.plot([0, 1], [0, 1], color=colour)
    ax.set_xlabel("a < b")
    return ax.figure


def test_figures_are_set_in_the_type_of_the_page():
    label = drawing(style.INK).axes[0].xaxis.label
    found = Path(font_manager.findfont(label.get_fontproperties()))
    assert found.name == "SourceSansPro-Regular.ttf"


def test_without_the_package_of_the_font_figures_are_drawn_all_the_same():
    code = """
import importlib.util as util
find = util.find_spec
util.find_spec = lambda name: None if name.startswith("font_") else find(name)
from xent_lib.plots.style import draw_svg, new_axes
ax = new_axes()
ax.set_xlabel("probability")
print(ax.xaxis.label.get_fontfamily(), "<svg" in draw_svg(ax.figure, "t"))
"""
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "['DejaVu Sans'] True"


def test_every_role_becomes_a_variable_that_a_dark_page_redefines():
    svg = style.draw_svg(drawing(style.LOSS), "a title")
    dark = svg[svg.index("prefers-color-scheme: dark") :]
    for role in style.ROLES:
        assert f"--{role.name}: {role.light};" in svg
        assert f"--{role.name}: {role.dark};" in dark
    assert f"stroke: var(--loss, {style.LOSS})" in svg
    assert f"stroke: {style.LOSS}" not in svg


def test_a_colour_outside_the_palette_is_refused_by_name():
    with pytest.raises(ValueError, match=r"must come from the palette .* got #123456"):
        style.draw_svg(drawing("#123456"), "a title")


def test_the_title_is_the_first_thing_inside_and_is_escaped():
    svg = style.draw_svg(drawing(style.INK), "p < 1 & q")
    assert svg.startswith("<svg")
    assert "<title>p &lt; 1 &amp; q</title>" in svg[: svg.index("<defs>")]
    assert "<metadata>" not in svg


def test_coordinates_are_short_and_glyphs_keep_their_scale():
    svg = style.draw_svg(drawing(style.INK), "a title")
    assert "scale(0.015625)" in svg
    outside = svg.replace("scale(0.015625)", "")
    assert not [word for word in outside.split() if word.startswith("0.00")]


def test_coordinates_are_rounded_to_a_hundredth_of_a_point_and_zero_has_no_sign():
    figure = drawing(style.INK)
    figure.axes[0].set_axis_off()
    canvas = pyplot.figure(figsize=(1, 1))
    canvas.add_artist(
        pyplot.Line2D([-0.00001, 0.123456], [1, 0.5], color=style.INK, linewidth=1)
    )
    path = style.draw_svg(canvas, "a title")
    assert "M 0 0" in path
    assert "L 8.89 36" in path


def test_the_bytes_are_the_same_on_every_run():
    one, other = (drawing(style.TRUTH) for _ in range(2))
    assert style.draw_svg(one, "t") == style.draw_svg(other, "t")
    assert style.draw_png(one) == style.draw_png(other)


def test_panels_share_the_books_width():
    axes = style.new_axes(1, 2, height=2.0)
    assert axes.shape == (2,)
    assert axes[0].figure.get_size_inches() == pytest.approx([style.WIDTH, 2.0])
    assert style.axes_or_new(axes[0]) is axes[0]
    assert isinstance(style.axes_or_new(None, height=1.5), pyplot.Axes)
    assert np.isclose(style.axes_or_new(None, height=1.5).figure.get_figheight(), 1.5)


def test_the_defaults_are_the_books_inside_its_style_and_nobody_elses_outside():
    before = dict(rcParams)
    with style.book_style():
        assert rcParams["text.color"] == style.INK != before["text.color"]
    assert dict(rcParams) == before


def test_every_function_that_draws_does_so_in_the_books_style():
    for path in Path(style.__file__).parent.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("plot_"):
                decorators = [ast.unparse(one) for one in node.decorator_list]
                assert decorators == ["book_style()"], node.name


def test_titles_stand_above_the_panels_row_by_row():
    panels = style.new_axes(2, 1, titles=("above", "below"))
    assert [ax.get_title(loc="left") for ax in panels] == ["above", "below"]

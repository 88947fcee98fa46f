"""How a page becomes plain prose."""

import pytest

from bookkit.commands.corpus import main, sections_of

PAGE = """# A title with `code`

A first sentence of prose, with a number, 0.3567<!-- = surprisal(0.7) -->, that is checked.
It has *emphasis*, a [link](other.md#there) and the plain formula $p = 0.5$. This one has
$\\log q$ and goes. This one calls `softmax(z)` and goes too. The name `digits` stays.

| a table | goes |
|---|---|

$$L = -\\sum_k y_k \\log q_k \\tag{1.1}$$

```python
print("code goes")
```

:::{dropdown} Solution
- An item of a list is a paragraph.
- See {doc}`the notation <notation>` for more, which is a term of {term}`art`.
:::

See also [entropy](#entropy).

Alone.

## Too short

One line.
"""


def test_what_reads_as_sentences_is_kept():
    ((title, prose),) = sections_of(PAGE.replace("with `code`", "of two words"))
    assert title == "A title of two words"
    assert prose.split("\n\n") == [
        "A first sentence of prose, with a number, 0.3567, that is checked. It has emphasis, "
        "a link and the plain formula p = 0.5. The name digits stays.",
        "An item of a list is a paragraph.",
        "See the notation for more, which is a term of art.",
    ]


def test_a_heading_keeps_a_plain_name_and_one_with_more_code_goes_with_its_section():
    assert [title for title, _ in sections_of(PAGE)] == ["A title with code"]
    assert list(sections_of(PAGE.replace("`code`", "`code()`"))) == []


def test_the_book_can_be_frozen_into_another_file(tmp_path, monkeypatch, capsys):
    target = tmp_path / "corpus.txt"
    monkeypatch.setattr("sys.argv", ["corpus", str(target)])
    assert main() == 0
    text = target.read_text("utf-8")
    assert text.startswith(
        "# The short road\n\nA model gives each class a probability."
    )
    assert f"{len(text)} characters" in capsys.readouterr().out


def test_no_file_is_written_unasked(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["corpus"])
    assert main() == 2
    assert "Name the file to write" in capsys.readouterr().err


@pytest.mark.parametrize("mark", ["*", "**", "_", "***"])
def test_emphasis_leaves_its_words(mark):
    words = f"one {mark}two three{mark} four, " * 5
    ((_, prose),) = sections_of(f"# A title\n\n{words}\n")
    assert prose.startswith("one two three four, one two")

"""The page of measurements says what the stored measurements say."""

from __future__ import annotations

from _tools import performance

PAGE = performance.PAGE.read_text(encoding="utf-8")


def test_tables_are_those_of_the_stored_results() -> None:
    assert performance.filled(PAGE) == PAGE


def test_the_figure_is_drawn_from_the_stored_results() -> None:
    assert performance.drawn() == performance.FIGURE.read_text(encoding="utf-8")


def test_what_the_page_says_of_pytorch_and_jax_holds_in_its_results() -> None:
    stored = performance.read("value_and_grad.json")["threads"]
    for lines in stored.values():
        for line in lines:
            _, classes = line["shape"]
            over = {
                name: entry["xent_lib_over_it"]
                for name, entry in line["gradient"].items()
            }
            assert over["PyTorch"] <= (0.5 if classes >= 32000 else 1)
            if classes >= 32000:
                assert over["JAX"] < 1
    assert all(
        line["gradient"]["JAX"]["xent_lib_over_it"] > 1 for line in stored["1"][:5]
    )
    forward = [line["forward"]["PyTorch"]["xent_lib_over_it"] for line in stored["1"]]
    assert sum(ratio > 1 for ratio in forward) > len(forward) / 2
    assert all(line["forward"]["JAX"]["xent_lib_over_it"] > 1 for line in stored["1"])


def test_no_row_of_the_accuracy_table_exceeds_two_units() -> None:
    for table in performance.read("accuracy.json").values():
        for line in table["ulp"].values():
            assert line["xent_lib"] <= 2 and line["xent_lib, fused"] <= 2
        assert max(table["sums"].values()) < 1


def test_the_results_name_no_host_and_no_path() -> None:
    stored = (performance.BENCHMARKS / "value_and_grad.json").read_text("utf-8")
    assert not any(mark in stored for mark in ("/", "\\\\", "@", "host"))

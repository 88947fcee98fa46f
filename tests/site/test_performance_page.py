"""The page of measurements says what the stored measurements say."""

from __future__ import annotations

from typing import Any

from bookkit.commands import performance

PAGE = performance.PAGE.read_text(encoding="utf-8")


def test_tables_are_those_of_the_stored_results() -> None:
    assert performance.filled(PAGE) == PAGE


def test_the_figure_is_drawn_from_the_stored_results() -> None:
    assert performance.drawn() == performance.FIGURE.read_text(encoding="utf-8")


def invented(*ratios: tuple[float, float]) -> Any:
    """Results of two shapes on one thread: a ratio to PyTorch and one to JAX for each."""
    shapes = ((64, 10), (1024, 32000))
    return {
        "threads": {
            "1": [
                {
                    "shape": shape,
                    "gradient": {
                        "PyTorch": {"xent_lib_over_it": eager},
                        "JAX": {"xent_lib_over_it": jax},
                    },
                }
                for shape, (eager, jax) in zip(shapes, ratios, strict=True)
            ]
        }
    }


def test_the_sentence_on_speed_is_made_from_the_results() -> None:
    assert performance.verdict(invented((1, 1.5), (0.4, 0.7)), "gradient") == (
        "On one thread it takes no longer than PyTorch at all shapes (at most 1.00), and "
        "at most 0.40 of its time from 32,000 classes on. It is within 1.5 of the fastest "
        "peer at 2 of 2 shapes."
    )


def test_the_sentence_on_speed_names_the_shapes_that_fall_behind() -> None:
    said = performance.verdict(invented((1.2, 2.5), (0.4, 0.7)), "gradient")
    assert "at 1 of 2 shapes (at most 1.20)" in said
    assert "at 1 of 2 shapes; not at 64 × 10 (2.50 of JAX)." in said


def timed(alone: float, both: float) -> Any:
    """Results of one shape on one thread, in seconds."""
    line = {
        "shape": (1024, 32000),
        "forward": {"xent_lib": {"seconds": alone}},
        "gradient": {"xent_lib": {"seconds": both}},
    }
    return {"threads": {"1": [line]}}


def test_a_time_that_less_work_cannot_take_is_called_disturbed() -> None:
    said = performance.slower_without_gradient(timed(0.0908, 0.0607))
    assert "at 1,024 × 32,000 on one thread (90.8 ms against 60.7 ms)." in said
    said = performance.slower_without_gradient(timed(0.0607, 0.0908))
    assert said == "At no shape did the loss alone take longer than loss and gradient."


def test_no_row_of_the_accuracy_table_exceeds_two_units() -> None:
    for table in performance.read("accuracy.json").values():
        for line in table["ulp"].values():
            assert line["xent_lib"] <= 2 and line["xent_lib, fused"] <= 2
        assert max(table["sums"].values()) < 1


def test_the_results_name_no_host_and_no_path() -> None:
    stored = (performance.BENCHMARKS / "value_and_grad.json").read_text("utf-8")
    assert not any(mark in stored for mark in ("/", "\\\\", "@", "host"))

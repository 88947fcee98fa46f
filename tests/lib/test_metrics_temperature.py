"""The best temperature against SciPy, and the stored logits against the script."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from bookkit.commands.held_out import train
from xent_lib import softmax, softmax_cross_entropy_with_integer_labels
from xent_lib.datasets import digits, overconfident_digits
from xent_lib.metrics import (
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    best_temperature,
    expected_calibration_error,
)


def problems(count=30):
    rng = np.random.default_rng(11)
    for _ in range(count):
        classes = int(rng.integers(2, 8))
        logits = rng.normal(scale=rng.uniform(0.5, 9), size=(120, classes))
        labels = rng.integers(classes, size=120)
        sure = rng.random(120) < rng.uniform(0.3, 0.8)
        labels[sure] = logits.argmax(axis=1)[sure]
        yield logits, labels


def test_scipy_finds_the_same_temperature():
    for logits, labels in [*problems(), overconfident_digits()]:

        def loss(inverse, logits=logits, labels=labels):
            return softmax_cross_entropy_with_integer_labels(
                inverse * logits, labels
            ).mean()

        found = minimize_scalar(
            loss,
            bounds=(1 / HIGHEST_TEMPERATURE, 10),
            options={"xatol": 1e-10},
            method="bounded",
        )
        assert best_temperature(logits, labels) == pytest.approx(1 / found.x, rel=1e-5)


def test_a_step_to_either_side_costs_more():
    logits, labels = overconfident_digits()
    best = best_temperature(logits, labels)
    losses = [
        softmax_cross_entropy_with_integer_labels(logits / t, labels).mean()
        for t in (best * 0.999, best, best * 1.001)
    ]
    assert losses[1] < min(losses[0], losses[2])


def test_scores_twice_as_large_need_twice_the_temperature():
    logits, labels = overconfident_digits()
    once = best_temperature(logits, labels)
    assert best_temperature(2 * logits, labels) == pytest.approx(2 * once)
    assert best_temperature(logits + 100, labels) == pytest.approx(once)


def test_without_a_best_temperature_an_end_of_the_range_is_returned():
    logits = np.eye(3)
    assert best_temperature(logits, [0, 1, 2]) == pytest.approx(LOWEST_TEMPERATURE)
    assert best_temperature(logits, [1, 2, 0]) == pytest.approx(HIGHEST_TEMPERATURE)


def test_the_stored_logits_are_what_the_script_trains():
    logits, labels = train()
    stored, stored_labels = overconfident_digits()
    np.testing.assert_array_equal(stored_labels, labels)
    np.testing.assert_array_equal(labels, digits().y_held_out)
    # Another processor may round a logit to the other side: one decimal's last place.
    np.testing.assert_allclose(stored, logits, atol=0.11)
    assert (stored != logits).mean() < 0.01


def test_the_stored_model_is_over_confident_and_a_temperature_mends_it():
    logits, labels = overconfident_digits()

    def error(temperature):
        q = softmax(logits / temperature)
        return expected_calibration_error(q.argmax(axis=1) == labels, q.max(axis=1))

    assert softmax(logits).max(axis=1).mean() > 0.9
    assert (logits.argmax(axis=1) == labels).mean() < 0.85
    assert error(best_temperature(logits, labels)) < error(1) / 2


@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        (np.float16([[700, 0], [0, 700]]), LOWEST_TEMPERATURE),
        (np.float16([[60000, -60000], [-60000, 60000]]), LOWEST_TEMPERATURE),
        (np.array([[1e307, 0], [0, 1e307]]), LOWEST_TEMPERATURE),
        (np.array([[1.7e308, -1.7e308], [-1.7e308, 1.7e308]]), LOWEST_TEMPERATURE),
        (np.array([[-1.7e308, 1.7e308], [1.7e308, -1.7e308]]), HIGHEST_TEMPERATURE),
    ],
)
def test_logits_near_the_end_of_their_format_have_a_temperature(logits, expected):
    assert best_temperature(logits, [0, 1]) == pytest.approx(expected)


def test_long_doubles_beyond_float64_have_one_too():
    big = np.longdouble(10) ** 400
    if np.isinf(big):
        pytest.skip("long doubles of this machine end where float64 does")
    logits = np.array([[big, 0], [0, big]])
    assert best_temperature(logits, [0, 1]) == pytest.approx(LOWEST_TEMPERATURE)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f4", np.longdouble])
def test_the_format_of_the_logits_does_not_move_the_temperature(dtype):
    for logits, labels in problems(6):
        narrow = logits.astype(dtype)
        wide = best_temperature(narrow.astype(float), labels)
        assert best_temperature(narrow, labels) == pytest.approx(wide, rel=1e-12)


def test_one_huge_row_does_not_hide_what_the_others_say():
    logits, labels = overconfident_digits()
    sure = np.zeros((1, 10))
    sure[0, 3] = 1e300
    both = best_temperature(np.vstack([logits, sure]), np.append(labels, 3))
    assert both == pytest.approx(best_temperature(logits, labels), rel=1e-9)


def test_an_end_may_stand_for_a_temperature_beyond_it():
    # Three right of four with two logits z apart: the best temperature is z / log 3.
    logits = np.array([[1e4, 0.0]] * 4)
    assert best_temperature(logits, [0, 0, 0, 1]) == pytest.approx(HIGHEST_TEMPERATURE)
    best = 1e4 / np.log(3)
    losses = [
        softmax_cross_entropy_with_integer_labels(logits / t, [0, 0, 0, 1]).mean()
        for t in (HIGHEST_TEMPERATURE, 0.99 * best, best, 1.01 * best)
    ]
    assert losses[2] == min(losses)


def test_underflow_is_no_error_even_to_one_who_asked_for_errors():
    logits = [[0.0, -1e5], [3.0, 0.0], [0.0, 1.0]]
    expected = best_temperature(logits, [0, 0, 0])
    with np.errstate(all="raise"):
        assert best_temperature(logits, [0, 0, 0]) == expected


def test_logits_that_are_all_equal_suit_every_temperature_and_the_lowest_is_returned():
    assert best_temperature([[1.0, 1.0], [2.0, 2.0]], [0, 1]) == pytest.approx(0.01)

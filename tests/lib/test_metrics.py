"""Metrics against scikit-learn, and against numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import calibration, metrics

from xent_lib.metrics import (
    accuracy,
    brier_decomposition,
    brier_score,
    calibration_bands,
    calibration_curve,
    confusion_matrix,
    expected_calibration_error,
)

SEEDS = st.integers(0, 2**32 - 1)


def draw(seed, num_examples=60, num_classes=4):
    rng = np.random.default_rng(seed)
    y = np.concatenate(
        [np.arange(num_classes), rng.integers(num_classes, size=num_examples)]
    )
    return rng, y


@given(SEEDS)
def test_accuracy_and_confusion_matrix_are_scikit_learns(seed):
    rng, y = draw(seed)
    guess = rng.integers(4, size=len(y))
    assert accuracy(y, guess) == pytest.approx(metrics.accuracy_score(y, guess))
    counts = confusion_matrix(y, guess, 4)
    np.testing.assert_array_equal(counts, metrics.confusion_matrix(y, guess))


def test_a_class_that_nobody_saw_keeps_its_row_and_column():
    assert confusion_matrix([0, 2], [2, 2], 4).tolist() == [
        [0, 0, 1, 0],
        [0, 0, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 0],
    ]


def test_small_integer_labels_do_not_overflow_the_matrix():
    label = np.array([40], dtype=np.int8)
    assert confusion_matrix(label, label, 50)[40, 40] == 1


@given(SEEDS)
def test_brier_score_is_scikit_learns_for_many_classes(seed):
    rng, y = draw(seed)
    q = rng.dirichlet(np.ones(4), size=len(y))
    expected = metrics.brier_score_loss(y, q, labels=np.arange(4))
    assert brier_score(y, q) == pytest.approx(expected, abs=1e-12)


def test_brier_score_of_the_running_example_by_hand():
    expected = (0.3**2 + 0.2**2 + 0.1**2, 0.7**2 + 0.8**2 + 0.1**2)
    q = [[0.7, 0.2, 0.1]] * 2
    assert brier_score([0, 1], q) == pytest.approx(np.mean(expected), abs=1e-12)


@given(SEEDS, st.integers(1, 12), st.sampled_from(["uniform", "quantile"]))
def test_calibration_curve_is_scikit_learns(seed, n_bins, strategy):
    rng, y = draw(seed, num_classes=2)
    said = rng.random(len(y)).round(rng.integers(1, 4))
    ours = calibration_curve(y, said, n_bins=n_bins, strategy=strategy)
    theirs = calibration.calibration_curve(y, said, n_bins=n_bins, strategy=strategy)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


@given(SEEDS, st.integers(1, 12), st.sampled_from(["uniform", "quantile"]))
def test_expected_calibration_error_weighs_the_curves_gaps_by_bin_size(
    seed, n_bins, strategy
):
    rng, y = draw(seed, num_classes=2)
    said = rng.random(len(y))
    edges = np.linspace(0, 1, n_bins + 1)
    if strategy == "quantile":
        edges = np.quantile(said, edges)
    members = np.searchsorted(edges[1:-1], said)
    gaps = [
        (members == b).mean() * abs(y[members == b].mean() - said[members == b].mean())
        for b in np.unique(members)
    ]
    ours = expected_calibration_error(y, said, n_bins=n_bins, strategy=strategy)
    assert ours == pytest.approx(sum(gaps), abs=1e-12)


def test_a_forecast_that_always_comes_true_is_perfectly_calibrated():
    assert expected_calibration_error([0, 1], [0.0, 1.0]) == 0
    assert expected_calibration_error([True, False], [0.0, 1.0]) == 1


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: accuracy([], []), "y_true must hold at least one example; got none"),
        (
            lambda: accuracy([0, 1], [0]),
            "y_true and y_pred must hold the same number of examples; got 2 and 1",
        ),
        (
            lambda: accuracy([[0]], [0]),
            r"y_true must be one-dimensional; got shape \(1, 1\)",
        ),
        (
            lambda: confusion_matrix([0, 3], [0, 0], 3),
            r"y_true must be between 0 and 2; y_true\[1\] is 3",
        ),
        (
            lambda: confusion_matrix([0], [-1], 3),
            r"y_pred must be between 0 and 2; y_pred\[0\] is -1",
        ),
        (lambda: brier_score([0], [[0.7, 0.2]]), "y_prob must sum to 1"),
        (
            lambda: brier_score([0, 1], [[0.7, 0.3]]),
            "same number of examples; got 2 and 1",
        ),
        (lambda: brier_score([2], [[0.7, 0.3]]), "y_true must be between 0 and 1"),
        (
            lambda: calibration_curve([0, 2], [0.1, 0.2]),
            r"y_true must hold 0 or 1; y_true\[1\] is 2",
        ),
        (
            lambda: calibration_curve([[0]], [0.1]),
            r"y_true must be one-dimensional; got shape \(1, 1\)",
        ),
        (
            lambda: calibration_curve([0], [1.1]),
            r"probabilities must be at most 1; y_prob\[0\] is 1.1",
        ),
        (
            lambda: calibration_curve([0, 1], [0.1]),
            "same number of examples; got 2 and 1",
        ),
        (
            lambda: brier_score([], np.empty((0, 3))),
            "y_true must hold at least one example",
        ),
        (lambda: calibration_curve([], []), "y_true must hold at least one example"),
        (
            lambda: calibration_curve([0], [0.1], n_bins=0),
            "n_bins must be at least 1; got 0",
        ),
        (
            lambda: calibration_curve([0], [0.1], strategy="even"),
            r"strategy must be one of \['uniform', 'quantile'\]; got 'even'",
        ),
        (
            lambda: expected_calibration_error([], []),
            "y_true must hold at least one example",
        ),
    ],
)
def test_bad_input_is_named(call, text):
    with pytest.raises(ValueError, match=text):
        call()


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        (np.float32([[0.9999, 0.0001]]), 2.00033e-8),
        (np.float32([[0.99, 0.01]]), 1.99999805e-4),
        (np.float32([[1 - 2.0**-20, 2.0**-20]]), 2.0**-39),
        (np.array([[1 - 2.0**-40, 2.0**-40]]), 2.0**-79),
        (np.float16([[1 - 2.0**-10, 2.0**-10]]), 2.0**-19),
        (np.array([[0.25, 0.75]], ">f4"), 1.125),
    ],
)
def test_a_brier_score_near_zero_keeps_its_digits(q, expected):
    assert brier_score([0], q) == pytest.approx(expected, rel=3e-6)


def test_a_brier_score_of_many_narrow_rows_is_summed_wide():
    q = np.full((100_000, 2), 0.5, np.float16)
    assert brier_score(np.zeros(100_000, int), q) == 0.5


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
@pytest.mark.parametrize("n_bins", [5, 6, 7, 9, 10, 11, 12, 49])
def test_a_forecast_on_an_edge_belongs_to_the_bin_below_it(dtype, n_bins):
    edges = (np.arange(n_bins + 1) / n_bins).astype(dtype)
    happened = np.arange(n_bins + 1) % 2
    often, said = calibration_curve(happened, edges, n_bins=n_bins)
    # The first bin holds 0 and its own upper end, every other one its upper end.
    wide = edges.astype(float)
    np.testing.assert_allclose(said, [wide[:2].mean(), *wide[2:]], rtol=1e-12)
    np.testing.assert_allclose(often, [0.5, *happened[2:]])


@pytest.mark.parametrize("count", [8, 11, 21, 51, 101])
@pytest.mark.parametrize("n_bins", [2, 3, 5, 7, 10])
def test_a_quantile_that_falls_on_a_forecast_is_that_forecast(count, n_bins):
    said = np.sort(np.random.default_rng(count).random(count))
    edges = [k * (count - 1) / n_bins for k in range(1, n_bins)]
    exact = [k * (count - 1) % n_bins == 0 for k in range(1, n_bins)]
    last = [round(e) if on else int(e) for e, on in zip(edges, exact, strict=True)]
    groups = np.split(said, np.array(last) + 1)
    _, means = calibration_curve(
        np.zeros(count), said, n_bins=n_bins, strategy="quantile"
    )
    np.testing.assert_allclose(means, [group.mean() for group in groups if len(group)])


def test_equal_forecasts_stay_in_one_quantile_bin():
    said = [0.2] * 8 + [0.9] * 2
    _, means = calibration_curve([0] * 10, said, n_bins=5, strategy="quantile")
    np.testing.assert_allclose(means, [0.2, 0.9])


def test_names_of_one_kind_are_compared_whatever_their_format():
    assert accuracy([True, False], [1, 1]) == 0.5
    assert accuracy(np.array(["a", "b"], object), ["a", "a"]) == 0.5
    assert accuracy(np.array([1, 2], ">i2"), [1.0, 2.0]) == 1


def test_objects_that_name_classes_are_compared_as_what_they_name():
    names = np.array([1, True, np.int8(0), 2.0], object)
    assert accuracy(names, [1, 1, 0, 2]) == 1
    assert accuracy(np.array(["a", "b"], object), ["a", "a"]) == 0.5
    often, said = calibration_curve(
        np.array([True, 0, np.bool_(1), 1.0], object), [0.6, 0.7, 0.8, 0.9], n_bins=1
    )
    assert often == 0.75 and said == pytest.approx(0.75)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_a_forecast_on_an_edge_belongs_to_the_lower_bin_in_every_format(dtype):
    for n_bins in range(2, 40):
        for k in range(1, n_bins):
            edge = dtype(k) / dtype(n_bins)
            above = np.nextafter(edge, dtype(1))
            count, said = calibration_curve([1, 0], [edge, above], n_bins=n_bins)
            assert len(count) == len(said) == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_a_forecast_that_is_a_quantile_belongs_to_the_lower_bin(dtype):
    said = np.array([dtype(1) / 10, dtype(3) / 10, dtype(7) / 10])
    often, mean = calibration_curve([1, 0, 1], said, n_bins=2, strategy="quantile")
    assert often.tolist() == [0.5, 1.0]
    np.testing.assert_allclose(mean, [0.2, 0.7], rtol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_parts_add_up_to_the_score_of_forecasts_that_are_equal_within_a_bin(seed):
    rng = np.random.default_rng(seed)
    said = rng.integers(1, 10, 300) / 10 - 0.05  # one value a bin
    y = (rng.random(300) < said**2).astype(int)
    for debiased in (False, True):
        parts = brier_decomposition(y, said, n_bins=10, debiased=debiased)
        total = parts.reliability - parts.resolution + parts.uncertainty
        assert total == pytest.approx(metrics.brier_score_loss(y, said), abs=1e-12)


def test_the_parts_of_two_bins_by_hand():
    # Said 0.25 and 0.75; came true 1 of 2 and 4 of 4, so 5 of 6 of all.
    said, y = [0.25] * 2 + [0.75] * 4, [0, 1, 1, 1, 1, 1]
    parts = brier_decomposition(y, said, n_bins=2)
    expected = (
        (2 * 0.25**2 + 4 * 0.25**2) / 6,
        (2 * (1 / 2 - 5 / 6) ** 2 + 4 * (1 - 5 / 6) ** 2) / 6,
        5 / 6 * 1 / 6,
    )
    assert parts == pytest.approx(expected)
    chance = 2 * (1 / 4) / 1 / 6  # of the first bin; the other has none
    once = 5 / 6 * 1 / 6 / 5
    corrected = brier_decomposition(y, said, n_bins=2, debiased=True)
    shift = (-chance, once - chance, once)
    assert corrected == pytest.approx(tuple(np.add(expected, shift)))


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_debiased_reliability_of_honest_forecasts_is_0_on_average(strategy):
    rng = np.random.default_rng(3)
    said = rng.random(60)
    plain, corrected = (
        np.array(
            [
                brier_decomposition(
                    rng.random(60) < said,
                    said,
                    n_bins=5,
                    strategy=strategy,
                    debiased=debiased,
                ).reliability
                for _ in range(2000)
            ]
        )
        for debiased in (False, True)
    )
    error = corrected.std() / np.sqrt(2000)
    assert abs(corrected.mean()) < 4 * error < plain.mean() / 4


def test_debiased_parts_of_the_sample_are_those_of_the_source_on_average():
    # Two forecasts, drawn alike often: events of 0.2 and 0.6, of which 0.3 and 0.7 are said.
    rng = np.random.default_rng(4)
    found = []
    for _ in range(4000):
        often = rng.choice([0.2, 0.6], 40)
        happened = rng.random(40) < often
        found.append(
            brier_decomposition(happened, often + 0.1, n_bins=2, debiased=True)
        )
    parts = np.array(found)
    error = parts.std(axis=0) / np.sqrt(4000)
    assert np.all(np.abs(parts.mean(axis=0) - (0.01, 0.04, 0.24)) < 4 * error)
    assert np.all(error < 0.001)


def test_an_event_that_always_happens_has_no_uncertainty_and_a_constant_forecast_no_resolution():
    assert brier_decomposition([1, 1, 1], [0.2, 0.8, 0.9])[1:] == (0, 0)
    parts = brier_decomposition([0, 1, 1, 1], [0.5] * 4)
    assert parts == pytest.approx((0.0625, 0, 0.1875))


def test_bands_are_the_quantiles_of_a_binomial_where_forecasts_are_equal():
    rng = np.random.default_rng(5)
    said = np.repeat([0.15, 0.85], [40, 25])
    low, high = calibration_bands(said, n_bins=4, level=0.8, draws=20_000, rng=rng)
    for k, (n, p) in enumerate([(40, 0.15), (25, 0.85)]):
        edges = stats.binom.ppf([0.1, 0.9], n, p)
        assert np.array([low[k], high[k]]) * n == pytest.approx(edges, abs=1)


def test_about_as_many_honest_frequencies_lie_in_the_bands_as_the_level_says():
    rng = np.random.default_rng(6)
    said = rng.random(3000)
    low, high = calibration_bands(said, n_bins=10, strategy="quantile", rng=rng)
    inside = []
    for _ in range(300):
        often, _ = calibration_curve(
            rng.random(3000) < said, said, n_bins=10, strategy="quantile"
        )
        inside.append((low <= often) & (often <= high))
    assert np.mean(inside) == pytest.approx(0.91, abs=0.025)


def test_bands_come_in_the_order_of_the_curve_and_leave_empty_bins_out():
    rng = np.random.default_rng(7)
    said = np.array([0.95, 0.05, 0.93, 0.5, 0.0, 1.0])
    low, high = calibration_bands(said, n_bins=10, rng=rng)
    often, _ = calibration_curve(said.round(), said, n_bins=10)
    assert low.shape == high.shape == often.shape == (3,)
    assert np.all(low <= high) and high[0] < 1 and low[-1] > 0


def test_bands_of_the_same_seed_are_the_same():
    one, other = (
        calibration_bands(np.linspace(0, 1, 50), rng=np.random.default_rng(8))
        for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)


def test_bands_of_certain_forecasts_are_points():
    said = [0.0] * 3 + [1.0] * 4
    low, high = calibration_bands(said, rng=np.random.default_rng(9))
    assert low.tolist() == high.tolist() == [0.0, 1.0]

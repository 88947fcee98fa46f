"""The loop and its rules: against torch, against closed forms, and at every way to end."""

import os
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
import torch

from xent_lib.optim import (
    Adam,
    DivergenceError,
    EarlyStopping,
    GradientDescent,
    History,
    Momentum,
    Newton,
    minibatches,
    minimise,
)

STEEP = np.diag([1.0, 10.0])


def bowl(x):
    """A quadratic with its minimum at (1, -2)."""
    away = x - np.array([1.0, -2.0])
    return 0.5 * float(away @ STEEP @ away), STEEP @ away


def bowl_loss(x):
    return bowl(x)[0]


@pytest.mark.parametrize(
    ("rule", "make_optimiser"),
    [
        (GradientDescent(0.05), lambda p: torch.optim.SGD(p, lr=0.05)),
        (
            Momentum(0.02, decay=0.8),
            lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.8),
        ),
        (Adam(0.1), lambda p: torch.optim.Adam(p, lr=0.1)),
        (
            Adam(0.1, mean_decay=0.5, square_decay=0.9, epsilon=1e-3),
            lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.5, 0.9), eps=1e-3),
        ),
    ],
    ids=["gradient-descent", "momentum", "adam", "adam-other-numbers"],
)
def test_a_rule_takes_the_steps_that_torch_takes(rule, make_optimiser):
    ours = minimise(bowl, [3.0, 3.0], rule, steps=25).parameters
    x = torch.tensor([3.0, 3.0], dtype=torch.float64, requires_grad=True)
    optimiser = make_optimiser([x])
    for _ in range(25):
        optimiser.zero_grad()
        away = x - torch.tensor([1.0, -2.0], dtype=torch.float64)
        (0.5 * away @ torch.tensor(STEEP) @ away).backward()
        optimiser.step()
    np.testing.assert_allclose(ours, x.detach().numpy(), rtol=0, atol=1e-12)


def test_newton_reaches_the_bottom_of_a_parabola_in_one_step():
    rule = Newton(bowl_loss, lambda x: STEEP)
    history = minimise(bowl, [30.0, 40.0], rule, steps=1)
    np.testing.assert_allclose(history.parameters, [1, -2], atol=1e-7)


def test_newton_does_not_move_along_a_flat_direction():
    flat = np.array([[1.0, -1.0], [-1.0, 1.0]])
    rule = Newton(lambda x: 0.5 * float(x @ flat @ x), lambda x: flat)
    x = np.array([3.0, 1.0])
    np.testing.assert_allclose(rule.step(x, flat @ x), [2, 2], atol=1e-6)


def test_newton_halves_a_step_that_would_raise_the_loss():
    def loss(x):
        return float(np.sqrt(1 + x @ x))

    def hessian(x):
        return np.array([[(1 + x[0] ** 2) ** -1.5]])

    x = np.array([2.0])
    moved = Newton(loss, hessian).step(x, x / np.sqrt(1 + x @ x))
    full_step = x * (1 + x @ x)
    assert loss(x - full_step) > loss(x) > loss(moved)


def test_newton_stays_where_no_step_lowers_the_loss():
    rule = Newton(lambda x: float(abs(x[0])), lambda x: np.eye(1))
    assert rule.step(np.array([0.0]), np.array([1.0])).tolist() == [0.0]
    history = minimise(lambda x: (abs(x[0]), np.ones(1)), np.zeros(1), rule, steps=50)
    assert history.finished
    assert history.stopped == "a step no longer changes the parameters"


def test_the_loss_is_recorded_before_each_step():
    history = minimise(bowl, [3.0, 3.0], GradientDescent(0.05), steps=3, keep_path=True)
    assert history.loss == [bowl_loss(x) for x in history.path[:3]]
    assert history.watched_steps == [0, 1, 2, 3]
    assert history.stopped == "took 3 steps"
    assert not history.finished


def test_watching_happens_first_then_every_so_often_and_at_the_end():
    history = minimise(
        bowl,
        [3.0, 3.0],
        GradientDescent(0.05),
        steps=7,
        every=3,
        keep_path=True,
        watch=lambda x: {"x": float(x[0]), "loss": bowl_loss(x)},
    )
    assert history.watched_steps == [0, 3, 6, 7]
    assert history.watched["x"] == [float(x[0]) for x in history.path]
    assert history.watched["loss"][-1] == bowl_loss(history.parameters)


def test_the_start_and_the_rule_given_stay_as_they_were():
    start, rule = np.array([3.0, 3.0]), Adam(0.1)
    first = minimise(bowl, start, rule, steps=5).parameters
    assert start.tolist() == [3, 3]
    assert rule.steps == 0 and rule.mean is None
    assert (minimise(bowl, start, rule, steps=5).parameters == first).all()


@pytest.mark.parametrize("rule", [GradientDescent(0.05), Momentum(0.05), Adam(0.1)])
def test_a_run_resumed_ends_where_an_unbroken_one_does(rule):
    whole = minimise(bowl, [3.0, 3.0], rule, steps=20)
    half = minimise(bowl, [3.0, 3.0], rule, steps=12)
    rest = minimise(bowl, half.parameters, half.rule, steps=8)
    assert (rest.parameters == whole.parameters).all()
    assert half.loss + rest.loss == whole.loss


def test_a_small_gradient_ends_the_run():
    history = minimise(
        bowl, [3.0, 3.0], GradientDescent(0.1), steps=1000, tolerance=1e-3
    )
    assert history.finished
    assert np.abs(bowl(history.parameters)[1]).max() <= 1e-3
    assert len(history.loss) < 1000
    assert history.watched_steps[-1] == len(history.loss) - 1


def test_a_rising_loss_stops_the_run_and_names_learning_rate_and_step():
    with pytest.raises(
        DivergenceError,
        match=r"diverged at step \d+ with GradientDescent\(learning_rate=0\.5\): the loss went "
        r"from 127 to .*; try a smaller learning_rate",
    ) as caught:
        minimise(bowl, [3.0, 3.0], GradientDescent(0.5), steps=1000)
    losses = caught.value.history.loss
    assert losses[-1] > 1000 * losses[0] >= max(losses[:-1])


@pytest.mark.parametrize(
    ("loss", "gradient", "what"),
    [
        (np.nan, 0.0, "the loss is nan"),
        (np.inf, 0.0, "the loss is inf"),
        (1.0, np.nan, "the gradient is not finite"),
        (1.0, 1e308, "a parameter is no longer finite"),
    ],
)
def test_numbers_that_are_not_finite_stop_the_run(loss, gradient, what):
    with pytest.raises(DivergenceError, match=f"diverged at step [01] .*: {what}"):
        minimise(
            lambda x: (loss, np.full(1, gradient)),
            np.ones(1),
            GradientDescent(100.0),
            steps=9,
        )


def test_an_interrupted_run_keeps_what_it_has():
    def impatient(x):
        if len(calls) == 4:
            raise KeyboardInterrupt
        calls.append(x)
        return bowl(x)

    calls = []
    history = minimise(impatient, [3.0, 3.0], GradientDescent(0.05), steps=1000)
    assert history.stopped == "interrupted after 4 steps"
    assert not history.finished
    expected = minimise(bowl, [3.0, 3.0], GradientDescent(0.05), steps=4)
    assert (history.parameters == expected.parameters).all()
    assert history.loss == expected.loss


def test_early_stopping_waits_out_its_patience():
    values = iter([3.0, 2.0, 2.5, 1.0, 1.1, 1.2, 1.3, 0.5])
    history = minimise(
        bowl,
        [3.0, 3.0],
        GradientDescent(0.05),
        steps=100,
        watch=lambda x: {"validation": next(values)},
        stop=EarlyStopping("validation", patience=3),
    )
    assert history.watched["validation"][-1] == 1.3
    assert history.watched_steps[-1] == 6
    assert history.stopped == "validation has been above its minimum 3 times in a row"
    assert history.finished


def test_an_epoch_deals_every_example_once_and_the_next_in_another_order():
    rng = np.random.default_rng(0)
    batches = minibatches(np.arange(10) * 2.0, np.arange(10), 4, rng)
    first, second = ([y for _, y in islice(batches, 3)] for _ in range(2))
    assert [len(y) for y in first] == [4, 4, 2]
    for epoch in (first, second):
        assert sorted(np.concatenate(epoch)) == list(range(10))
    assert (np.concatenate(first) != np.concatenate(second)).any()
    x, y = next(batches)
    assert (x == 2 * y).all()


def test_batches_reach_the_objective_and_their_end_ends_the_run():
    seen = []

    def objective(x, factor):
        seen.append(factor)
        return factor * float(x[0]), np.full(1, factor)

    history = minimise(
        objective, np.ones(1), GradientDescent(0.1), steps=10, batches=[(1.0,), (2.0,)]
    )
    assert seen == [1.0, 2.0]
    assert history.stopped == "took 2 steps"
    np.testing.assert_allclose(history.parameters, 1 - 0.3)


# tqdm reads the environment when it is imported, so each case has a process of its own.
SLOW_RUN = """
import io, sys
from xent_lib.optim import GradientDescent, _progress, minimise

class Screen(io.StringIO):
    def isatty(self):
        return sys.argv[1] == "watched"

if sys.argv[2] == "without tqdm":
    sys.modules["tqdm"] = None
_progress._SECONDS_WITHOUT_A_BAR = 0.0
sys.stderr = Screen()
minimise(lambda x: (float(x[0] ** 2), 2 * x), [3.0], GradientDescent(0.05), steps=3)
print(sys.stderr.getvalue())
"""


def seen_in_a_slow_run(watched="watched", tqdm="with tqdm", **environment):
    inherited = {k: v for k, v in os.environ.items() if k != "TQDM_DISABLE"}
    return subprocess.check_output(
        [sys.executable, "-c", SLOW_RUN, watched, tqdm],
        env=inherited | environment,
        text=True,
    ).strip()


def test_a_long_run_shows_a_bar_in_a_terminal():
    assert "/3" in seen_in_a_slow_run()


def test_no_bar_is_shown_where_tqdm_is_switched_off():
    assert seen_in_a_slow_run(TQDM_DISABLE="1") == ""


def test_no_bar_is_shown_where_nobody_watches():
    assert seen_in_a_slow_run("unwatched") == ""


def test_the_loop_runs_without_tqdm():
    assert seen_in_a_slow_run(tqdm="without tqdm") == ""


def test_histories_do_not_share_their_lists():
    one, other = (History(np.zeros(1), Adam()) for _ in range(2))
    one.loss.append(1.0)
    assert other.loss == []


@pytest.mark.parametrize(
    ("losses", "diverges"),
    [
        ([5.0, 5000.0], False),
        ([5.0, np.nextafter(5000.0, np.inf)], True),
        ([0.5, 1000.0], False),
        ([0.5, np.nextafter(1000.0, np.inf)], True),
        ([0.0, 999.0], False),
        ([-3.0, 3000.0], False),
        ([-3.0, 3000.5], True),
    ],
)
def test_a_loss_may_be_a_thousand_times_the_first_and_no_more(losses, diverges):
    given = iter(losses)

    def run():
        return minimise(
            lambda x: (next(given), np.ones(1)), [0.0], GradientDescent(0.1), steps=2
        )

    if not diverges:
        assert run().loss == losses
        return
    with pytest.raises(DivergenceError, match="the loss went from") as caught:
        run()
    assert caught.value.history.loss == losses


@pytest.mark.parametrize(
    ("values", "patience", "times"),
    [
        ([1.0, np.nan, 0.5, 0.4], 2, None),
        ([np.nan, 1.0], 1, None),
        ([np.nan, 1.0, np.nan], 2, None),
        ([1.0, np.nan, np.nan], 2, 2),
        ([0.5, np.nan, 0.6], 2, 2),
        ([np.nan, np.nan], 3, None),
        ([np.nan, np.nan], 2, 2),
        ([np.nan, np.inf, np.nan], 1, 1),
        ([1.0, 1.0], 1, 1),
    ],
)
def test_nan_is_no_minimum_and_stops_nothing_by_itself(values, patience, times):
    history = History(np.zeros(1), GradientDescent(0.1), watched={"loss": values})
    reason = EarlyStopping("loss", patience)(history)
    if times is None:
        assert reason is None
    else:
        assert reason == f"loss has been above its minimum {times} times in a row"


def test_the_loss_seen_at_the_tolerance_is_recorded_though_no_step_follows():
    history = minimise(bowl, [1.0, -2.0], GradientDescent(0.1), steps=9)
    assert history.loss == [0.0] and history.watched_steps == [0]


def test_stop_is_asked_whenever_the_run_is_watched_except_at_the_end():
    asked = []

    def stop(history):
        asked.append(history.watched_steps[-1])

    history = minimise(
        bowl, [3.0, 3.0], GradientDescent(0.05), steps=6, every=3, stop=stop
    )
    assert asked == [0, 3] and history.watched_steps == [0, 3, 6]


def test_an_interruption_while_watching_leaves_lists_of_one_length():
    calls = []

    def watch(x):
        calls.append(x)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return {"loss": bowl_loss(x)}

    history = minimise(
        bowl, [3.0, 3.0], GradientDescent(0.05), steps=9, watch=watch, keep_path=True
    )
    assert history.stopped == "interrupted after 1 steps"
    assert history.watched_steps == [0, 1]
    assert len(history.path) == len(history.watched["loss"]) == 2


def test_under_a_steady_gradient_momentum_grows_and_adam_keeps_its_step():
    gradient = np.array([0.2, -3.0])
    momentum, adam, x, z = (
        Momentum(0.5, decay=0.75),
        Adam(0.1),
        np.zeros(2),
        np.zeros(2),
    )
    for _ in range(200):
        longer, x = x, momentum.step(x, gradient)
        moved, z = z, adam.step(z, gradient)
        np.testing.assert_allclose(np.abs(z - moved), 0.1, rtol=1e-6)
        assert (np.abs(x - longer) <= 4 * 0.5 * np.abs(gradient) * (1 + 1e-12)).all()
    np.testing.assert_allclose(longer - x, 4 * 0.5 * gradient)


def test_damping_shortens_the_step_in_a_direction_of_little_curvature():
    hessian = np.diag([1.0, 1e-10])
    rule = Newton(lambda x: 0.5 * float(x @ hessian @ x), lambda x: hessian)
    added = 1e-10 * 0.5 * (1 + 1e-10)
    moved = rule.step(np.array([1.0, 1.0]), hessian @ [1.0, 1.0])
    np.testing.assert_allclose(1 - moved, [1, 1e-10 / (1e-10 + added)], rtol=1e-8)


def test_newton_takes_a_step_that_leaves_the_loss_as_it_is():
    rule = Newton(lambda x: 0.0, lambda x: np.eye(1))
    assert rule.step(np.array([1.0]), np.array([0.5])).round(6).tolist() == [0.5]


def test_newton_halves_a_step_39_times_and_then_stays():
    seen = []

    def loss(x):
        seen.append(float(x[0]))
        return float(x[0] != 1)  # lower at 1 alone, which is where it starts

    rule = Newton(loss, lambda x: np.eye(1), damping=0.0)
    assert rule.step(np.array([1.0]), np.array([0.5])).tolist() == [1.0]
    assert len(seen) == 41 and 1 - seen[-1] == 0.5 / 2**39


def test_newton_without_damping_needs_a_matrix_with_an_inverse():
    rule = Newton(lambda x: 0.0, lambda x: np.ones((2, 2)), damping=0.0)
    with pytest.raises(np.linalg.LinAlgError):
        rule.step(np.zeros(2), np.ones(2))


def test_the_first_batch_of_a_pass_makes_the_order_of_all():
    drawn = []

    class Counting(np.random.Generator):
        def permutation(self, x, axis=0):
            drawn.append(x)
            return super().permutation(x, axis)

    batches = minibatches(np.arange(10), np.arange(10), 5, Counting(np.random.PCG64(0)))
    for expected in ([10], [10], [10, 10], [10, 10]):
        next(batches)
        assert drawn == expected


@pytest.mark.parametrize("size", [1e-170, 1e-3, 1.0, 1e200, 1e307])
def test_adam_steps_as_far_whatever_the_size_of_the_gradient(size):
    for dtype, largest in ((np.float32, 1e38), (np.float64, 1e308)):
        gradient = np.array([min(size, largest), -min(size, largest)], dtype)
        if not gradient.all():
            continue
        rule, x = Adam(0.1, epsilon=1e-300), np.array([1.0, 1.0], dtype)
        for _ in range(3):
            x = rule.step(x, gradient)
        np.testing.assert_allclose(x, [0.7, 1.3], rtol=1e-6)
        assert x.dtype == dtype


def test_a_run_whose_gradients_have_no_square_goes_on():
    run = minimise(
        lambda x: (abs(float(x[0])), 1e200 * np.sign(x)), [1.0], Adam(0.1), steps=5
    )
    assert run.stopped == "took 5 steps"
    np.testing.assert_allclose(run.parameters, 0.5)


@pytest.mark.parametrize("kind", [Decimal, Fraction, np.float32, np.longdouble])
@pytest.mark.parametrize(
    "make",
    [
        lambda number: GradientDescent(number("0.125")),
        lambda number: Momentum(number("0.125"), decay=number("0.5")),
        lambda number: Adam(
            number("0.125"), number("0.5"), number("0.75"), number("0.0625")
        ),
    ],
)
def test_a_rule_computes_with_every_kind_of_number_that_it_accepts(make, kind):
    runs = [
        minimise(
            lambda x: (float(x @ x), 2 * x), [1.0, -3.0], make(number), steps=4
        ).parameters
        for number in (kind, float)
    ]
    assert runs[0].dtype == np.float64
    np.testing.assert_array_equal(*runs)


def test_a_rule_that_changes_parameters_in_place_is_followed():
    class InPlace:
        def step(self, parameters, gradient):
            parameters -= 0.25 * gradient
            return parameters

    def objective(x):
        return float(x @ x), 2 * x

    start = np.array([1.0, -3.0])
    found = minimise(objective, start, InPlace(), steps=4, keep_path=True)
    expected = minimise(
        objective, start, GradientDescent(0.25), steps=4, keep_path=True
    )
    np.testing.assert_array_equal(found.path, expected.path)
    assert found.stopped == expected.stopped == "took 4 steps"

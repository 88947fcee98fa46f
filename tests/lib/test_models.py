"""The classifiers: scikit-learn's own checks and solutions, torch's gradients, every bad input."""

import itertools
import pickle
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import check_estimator

from xent_lib import softmax_cross_entropy_with_integer_labels
from xent_lib.datasets import digits
from xent_lib.models import (
    ConvergenceWarning,
    SeparableDataWarning,
    SoftmaxRegression,
    TwoLayerNetwork,
    layers,
    softmax_regression,
    softmax_regression_hessian,
    softmax_regression_value_and_grad,
    two_layer_logits,
    two_layer_network,
    two_layer_start,
    two_layer_value_and_grad,
    with_ones,
)
from xent_lib.optim import Adam, DivergenceError, GradientDescent, Momentum

ON_TORCH = settings(max_examples=25, deadline=None)  # its first calls take long
SEEDS = st.integers(0, 2**32 - 1)
# Skipped by scikit-learn itself where the environment lacks what they try.
OPTIONAL_CHECKS = {"check_array_api_input", "check_classifier_data_not_an_array"}


@pytest.fixture(scope="module")
def split():
    return digits()


def held_out_loss(model, split):
    q = model.predict_proba(split.X_held_out)
    return float(
        softmax_cross_entropy_with_integer_labels(np.log(q), split.y_held_out).mean()
    )


def hits(model, split):
    return int((model.predict(split.X_held_out) == split.y_held_out).sum())


def draw(seed):
    """A small problem: features, labels, sizes (D, H, K), generator."""
    rng = np.random.default_rng(seed)
    n, *sizes = (int(s) for s in rng.integers([1, 1, 1, 2], [9, 5, 5, 6]))
    return (
        rng.normal(size=(n, sizes[0])),
        rng.integers(sizes[2], size=n),
        tuple(sizes),
        rng,
    )


def overlapping(num_classes=2, per_class=30):
    """Points around as many centres, near enough to mix."""
    rng = np.random.default_rng(5)
    y = np.repeat(np.arange(num_classes), per_class)
    centres = rng.normal(size=(num_classes, 2))
    return centres[y] + rng.normal(size=(len(y), 2)), y


@pytest.mark.parametrize(
    "model",
    [
        SoftmaxRegression(),
        SoftmaxRegression(rule=Momentum(0.01), max_iter=200),
        TwoLayerNetwork(epochs=20),
    ],
    ids=["newton", "momentum", "network"],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scikit_learns_own_checks_pass(model):
    results = check_estimator(model, on_fail=None, on_skip=None)
    assert len(results) > 40
    for result in results:
        allowed = (
            {"passed", "skipped"}
            if result["check_name"] in OPTIONAL_CHECKS
            else {"passed"}
        )
        assert result["status"] in allowed, (result["check_name"], result["exception"])


@pytest.mark.parametrize("l2", [1e-2, 1e-3, 1e-4])
def test_the_digits_end_where_logistic_regression_ends(split, l2):
    ours = SoftmaxRegression(l2=l2).fit(split.X_train, split.y_train)
    theirs = LogisticRegression(
        C=1 / (l2 * len(split.X_train)), max_iter=5000, tol=1e-8
    ).fit(split.X_train, split.y_train)
    assert abs(hits(ours, split) - hits(theirs, split)) <= 1
    assert abs(held_out_loss(ours, split) - held_out_loss(theirs, split)) <= 1e-4
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-3)


@pytest.mark.parametrize(
    ("rule", "make_optimiser"),
    [
        (GradientDescent(1.0), lambda p: torch.optim.SGD(p, lr=1.0)),
        (Momentum(0.3), lambda p: torch.optim.SGD(p, lr=0.3, momentum=0.9)),
        (Adam(0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
    ],
    ids=["descent", "momentum", "adam"],
)
def test_torch_from_the_same_start_ends_at_the_same_parameters(
    split, rule, make_optimiser
):
    model = SoftmaxRegression(l2=1e-3, rule=rule, max_iter=50)
    with pytest.warns(ConvergenceWarning):
        model.fit(split.X_train, split.y_train)
    layer = torch.nn.Linear(64, 10, dtype=torch.float64)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimiser = make_optimiser(layer.parameters())
    inputs, target = torch.tensor(split.X_train), torch.tensor(split.y_train)
    for _ in range(50):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(layer(inputs), target)
        (loss + 0.5e-3 * (layer.weight**2).sum()).backward()
        optimiser.step()
    np.testing.assert_allclose(model.coef_, layer.weight.detach(), atol=1e-10)
    np.testing.assert_allclose(model.intercept_, layer.bias.detach(), atol=1e-10)


def test_two_classes_fit_alike_from_one_end_and_the_other():
    X, y = overlapping()
    model = SoftmaxRegression(l2=0.1).fit(X, y)
    mirrored = SoftmaxRegression(l2=0.1).fit(X, 1 - y)
    np.testing.assert_allclose(model.coef_, mirrored.coef_[::-1], atol=1e-6)
    # A symmetric penalty on two rows w and -w is half of scikit-learn's on their difference.
    theirs = LogisticRegression(C=2 / (0.1 * len(X)), tol=1e-10).fit(X, y)
    np.testing.assert_allclose(
        model.predict_proba(X), theirs.predict_proba(X), atol=1e-5
    )


def test_any_rule_ends_at_newtons_weights():
    X, y = overlapping(num_classes=3)
    newton = SoftmaxRegression(l2=0.05).fit(X, y)
    for rule in (GradientDescent(0.5), Momentum(0.1), Adam(0.02)):
        model = SoftmaxRegression(l2=0.05, rule=rule, max_iter=20_000).fit(X, y)
        np.testing.assert_allclose(model.coef_, newton.coef_, atol=1e-4)
        # Adam scales each bias on its own and so drifts along the flat direction.
        centred = model.intercept_ - model.intercept_.mean()
        np.testing.assert_allclose(centred, newton.intercept_, atol=1e-4)


def test_separable_data_without_a_penalty_stop_with_a_warning():
    X, y = [[-2.0], [-1.0], [1.0], [2.0]], ["no", "no", "yes", "yes"]
    for rule in (None, GradientDescent(0.1)):
        with pytest.warns(
            SeparableDataWarning,
            match=r"linearly separable: all examples are classified correctly after \d+ steps.*"
            "Set l2 above 0",
        ):
            model = SoftmaxRegression(l2=0.0, rule=rule).fit(X, y)
        assert model.n_iter_ < 20
        assert model.predict(X).tolist() == y


def three_corners(wrong=0):
    """Three classes at the corners of a lopsided triangle; ``wrong`` labels are false."""
    corners = np.array([[1.0, 0.0], [-0.2, 0.9], [-0.7, -1.1]])
    y = np.array([2, 0, 1, 1, 0, 2, 0])
    X = corners[y]
    y[:wrong] = (y[:wrong] + 1) % 3
    return X, y


def test_three_classes_are_separable_until_one_label_is_false():
    with pytest.warns(SeparableDataWarning):
        model = SoftmaxRegression(l2=0.0).fit(*three_corners())
    assert model.predict(three_corners()[0]).tolist() == three_corners()[1].tolist()
    with pytest.warns(ConvergenceWarning) as caught:
        SoftmaxRegression(l2=0.0, max_iter=3, tol=0.0).fit(*three_corners(wrong=1))
    assert [w.category for w in caught] == [ConvergenceWarning]


def test_overlapping_data_without_a_penalty_reach_their_minimum():
    X, y = overlapping()
    model = SoftmaxRegression(l2=0.0).fit(X, y)
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(X, y)
    difference = model.coef_[1] - model.coef_[0]
    np.testing.assert_allclose(difference, theirs.coef_[0], atol=1e-4)


def test_one_point_on_the_boundary_of_two_classes_is_not_called_separable():
    X, y = np.array([[-1.0], [0.0], [0.0], [1.0]]), [0, 0, 1, 1]
    with pytest.warns(ConvergenceWarning, match="took 5 steps") as caught:
        SoftmaxRegression(l2=0.0, max_iter=5, tol=0.0).fit(X, y)
    assert [w.category for w in caught] == [ConvergenceWarning]


def test_too_few_steps_are_reported():
    X, y = overlapping()
    with pytest.warns(
        ConvergenceWarning,
        match=r"did not reach a minimum: took 2 steps; the loss is 0\.\d+",
    ):
        model = SoftmaxRegression(rule=GradientDescent(0.1), max_iter=2).fit(X, y)
    assert model.n_iter_ == 2 and len(model.loss_curve_) == 2


def test_a_learning_rate_that_diverges_is_named():
    X, y = overlapping()
    with pytest.raises(DivergenceError, match=r"step \d+ with .*learning_rate=1000000"):
        SoftmaxRegression(rule=GradientDescent(1e6)).fit(1e3 * X, y)


@pytest.mark.parametrize(
    "model", [SoftmaxRegression(), TwoLayerNetwork()], ids=["linear", "network"]
)
@pytest.mark.parametrize(
    ("X", "y", "error", "text"),
    [
        (
            [[1.0, np.nan], [0, 0]],
            [0, 1],
            ValueError,
            r"X must be finite.*X\[0, 1\] is nan",
        ),
        ([[1.0, 0], [-np.inf, 0]], [0, 1], ValueError, r"X\[1, 0\] is -inf"),
        (np.zeros((0, 2)), [], ValueError, "X must hold at least one example"),
        (np.zeros((2, 0)), [0, 1], ValueError, "one example and one feature"),
        ([1.0, 2.0], [0, 1], ValueError, r"two-dimensional, .* got shape \(2,\)"),
        (
            [[1.0], [2.0]],
            [0, 0],
            ValueError,
            "y must hold at least 2 classes; got 1 class only",
        ),
        (
            [[1.0], [2.0]],
            [0],
            ValueError,
            "X and y must hold the same number of examples",
        ),
        ([[1.0], [2.0]], [0.5, 1], ValueError, r"Unknown label type: .*y\[0\] is 0.5"),
        ([[1.0], [2.0]], [0, np.nan], ValueError, r"y must be finite.*y\[1\] is nan"),
        (
            [[1.0], [2.0]],
            [[0, 1], [1, 0]],
            ValueError,
            r"y must be one-dimensional; got shape \(2, 2\)",
        ),
        ([[1.0], [2.0]], None, ValueError, "requires y to be passed"),
        ([["a"], ["b"]], [0, 1], TypeError, "X must hold real numbers"),
    ],
)
def test_bad_training_data_are_named(model, X, y, error, text):
    with pytest.raises(error, match=text):
        clone(model).fit(X, y)


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (SoftmaxRegression(l2=-1.0), "l2 must be finite and at least 0; got -1.0"),
        (SoftmaxRegression(tol=-1.0), "tol must be finite and at least 0; got -1.0"),
        (SoftmaxRegression(max_iter=0), "steps must be at least 1; got 0"),
        (TwoLayerNetwork(l2=-1.0), "l2 must be finite and at least 0"),
        (TwoLayerNetwork(epochs=0), "epochs must be at least 1"),
        (TwoLayerNetwork(hidden_size=0), "hidden_size must be at least 1"),
        (TwoLayerNetwork(batch_size=0), "batch_size must be at least 1"),
    ],
)
def test_bad_arguments_are_named(model, text):
    with pytest.raises(ValueError, match=text):
        model.fit([[0.0], [1.0]], [0, 1])


def test_asking_before_fitting_or_with_other_features_is_refused():
    with pytest.raises(
        NotFittedError, match="this SoftmaxRegression is not fitted yet"
    ):
        SoftmaxRegression().predict([[1.0]])
    model = SoftmaxRegression().fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(
        ValueError, match="X has 2 features, but SoftmaxRegression is expecting 1"
    ):
        model.predict([[1.0, 2.0]])
    with pytest.raises(ValueError, match="has no parameter 'C'; it has"):
        model.set_params(C=1.0)


def test_models_work_where_scikit_learn_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    model = SoftmaxRegression().fit([[0.0], [1.0]], ["no", "yes"])
    assert model.predict([[2.0]]).tolist() == ["yes"]
    with pytest.raises(ValueError, match="not fitted yet"):
        SoftmaxRegression().predict([[1.0]])


def test_class_names_come_back_and_probabilities_follow_their_order():
    X, y = overlapping(num_classes=3)
    names = np.array(["snow", "rain", "sun"])[y]
    model = SoftmaxRegression().fit(X, names)
    assert model.classes_.tolist() == ["rain", "snow", "sun"]
    q = model.predict_proba(X)
    np.testing.assert_allclose(q.sum(axis=1), 1)
    assert (model.classes_[q.argmax(axis=1)] == model.predict(X)).all()
    assert model.score(X, names) == (model.predict(X) == names).mean() > 0.5
    np.testing.assert_allclose(
        np.exp(model.decision_function(X)) / q,
        np.exp(model.decision_function(X)).sum(axis=1, keepdims=True) * np.ones((1, 3)),
    )


def test_the_decision_between_two_classes_is_the_log_odds_of_the_second():
    X, y = overlapping()
    model = SoftmaxRegression().fit(X, y)
    q = model.predict_proba(X)
    np.testing.assert_allclose(model.decision_function(X), np.log(q[:, 1] / q[:, 0]))


def test_a_fitted_model_survives_pickling_and_prints_its_arguments():
    X, y = overlapping()
    model = SoftmaxRegression(l2=0.5).fit(X, y)
    assert (pickle.loads(pickle.dumps(model)).coef_ == model.coef_).all()
    assert (
        repr(model) == "SoftmaxRegression(l2=0.5, rule=None, max_iter=1000, tol=1e-06)"
    )


@ON_TORCH
@given(SEEDS)
def test_the_linear_gradient_is_autograds(seed):
    features, labels, (d, _, k), rng = draw(seed)
    weights, l2 = rng.normal(size=(d + 1, k)), rng.random()
    value, gradient = softmax_regression_value_and_grad(
        weights, with_ones(features), labels, l2
    )
    w = torch.tensor(weights, requires_grad=True)
    logits = torch.tensor(features) @ w[:-1] + w[-1]
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
    loss = loss + 0.5 * l2 * (w[:-1] ** 2).sum()
    loss.backward()
    assert value == pytest.approx(loss.item(), abs=1e-12)
    np.testing.assert_allclose(gradient, w.grad.numpy(), atol=1e-12)


@ON_TORCH
@given(SEEDS)
def test_the_hessian_is_autograds(seed):
    features, labels, (d, _, k), rng = draw(seed)
    weights, l2 = rng.normal(size=(d + 1, k)), rng.random()
    ours = softmax_regression_hessian(weights, with_ones(features), l2)

    def objective(flat):
        w = flat.reshape(d + 1, k)
        logits = torch.tensor(features) @ w[:-1] + w[-1]
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
        return loss + 0.5 * l2 * (w[:-1] ** 2).sum()

    theirs = torch.autograd.functional.hessian(objective, torch.tensor(weights.ravel()))
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-12)


def test_without_a_penalty_named_there_is_none():
    features, labels, (d, _, k), rng = draw(5)
    weights, rows = rng.normal(size=(d + 1, k)), with_ones(features)
    value, gradient = softmax_regression_value_and_grad(weights, rows, labels)
    unpenalised = softmax_regression_value_and_grad(weights, rows, labels, 0.0)
    assert value == unpenalised[0]
    np.testing.assert_array_equal(gradient, unpenalised[1])
    np.testing.assert_array_equal(
        softmax_regression_hessian(weights, rows),
        softmax_regression_hessian(weights, rows, 0.0),
    )


@pytest.mark.parametrize("gap", [0, 1, 5, 10, 20, 30, 40, 300])
def test_the_hessian_of_a_sure_forecast_keeps_its_digits(gap):
    one = np.array([[1.0]])
    small = np.exp(-float(gap))
    expected = small / (1 + small) ** 2
    hessian = softmax_regression_hessian(np.array([[float(gap), 0.0]]), one)
    np.testing.assert_allclose(
        hessian, expected * np.array([[1, -1], [-1, 1]]), rtol=2e-15
    )
    third = softmax_regression_hessian(np.array([[float(gap), 0.0, -1.0]]), one)
    np.testing.assert_allclose(third.sum(axis=1) / np.diag(third), 0, atol=1e-15)
    np.testing.assert_array_equal(third, third.T)


def test_the_hessian_is_flat_where_one_number_is_added_to_all_biases():
    features, _, (d, _, k), rng = draw(3)
    direction = np.zeros((d + 1, k))
    direction[-1] = 1
    hessian = softmax_regression_hessian(
        rng.normal(size=(d + 1, k)), with_ones(features), 1.0
    )
    np.testing.assert_allclose(hessian @ direction.ravel(), 0, atol=1e-15)


@ON_TORCH
@given(SEEDS)
def test_back_propagation_is_autograds(seed):
    features, labels, sizes, rng = draw(seed)
    parameters = rng.normal(size=two_layer_start(sizes, rng).shape)
    l2 = rng.random()
    value, gradient = two_layer_value_and_grad(parameters, features, labels, sizes, l2)
    flat = torch.tensor(parameters, requires_grad=True)
    cut = (sizes[0] + 1) * sizes[1]
    first = flat[:cut].reshape(sizes[0] + 1, sizes[1])
    second = flat[cut:].reshape(sizes[1] + 1, sizes[2])
    hidden = torch.relu(torch.tensor(features) @ first[:-1] + first[-1])
    logits = hidden @ second[:-1] + second[-1]
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
    loss = loss + 0.5 * l2 * (flat**2).sum()
    loss.backward()
    assert value == pytest.approx(loss.item(), abs=1e-12)
    np.testing.assert_allclose(gradient, flat.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(
        two_layer_logits(parameters, features, sizes),
        logits.detach().numpy(),
        atol=1e-12,
    )


def test_layers_are_views_that_share_every_parameter_once():
    parameters = np.zeros(5 * 3 + 4 * 2)
    first, second = layers(parameters, (4, 3, 2))
    first += 1
    second += 2
    assert np.bincount(parameters.astype(int)).tolist() == [0, 15, 8]


def test_the_network_starts_at_the_loss_of_a_uniform_guess(split):
    start = two_layer_start((64, 32, 10), np.random.default_rng(0))
    loss, _ = two_layer_value_and_grad(
        start, split.X_train, split.y_train, (64, 32, 10)
    )
    assert loss == pytest.approx(np.log(10), abs=1e-12)
    first, second = layers(start, (64, 32, 10))
    assert first[:-1].std() == pytest.approx(np.sqrt(2 / 64), rel=0.05)
    assert not first[-1].any() and not second.any()


def test_the_network_learns_what_no_linear_model_can():
    X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), [0, 1, 1, 0]
    assert TwoLayerNetwork(epochs=100).fit(X, y).score(X, y) == 1
    assert SoftmaxRegression().fit(X, y).score(X, y) < 1


def test_the_networks_seed_fixes_what_it_learns():
    X, y = overlapping()
    one, again, other = (
        TwoLayerNetwork(random_state=s, epochs=3).fit(X, y).parameters_
        for s in (0, 0, 1)
    )
    assert (one == again).all() and (one != other).any()


class Interrupting(GradientDescent):
    """Presses Control-C at the third step."""

    taken = 0

    def step(self, parameters, gradient):
        self.taken += 1
        if self.taken == 3:
            raise KeyboardInterrupt
        return super().step(parameters, gradient)


@pytest.mark.parametrize("kind", [SoftmaxRegression, TwoLayerNetwork])
def test_an_interrupted_fit_says_so_and_can_be_used(kind):
    X, y = overlapping()
    with pytest.warns(ConvergenceWarning, match="interrupted after 2 steps"):
        model = kind(rule=Interrupting(0.1)).fit(X, y)
    assert model.n_iter_ == 2
    assert model.predict(X).shape == y.shape


def test_fitting_the_network_warns_of_nothing(split):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TwoLayerNetwork(epochs=1).fit(split.X_train, split.y_train)


def one_feature(mean=0.0, sd=1.0):
    """A feature that tells two classes apart up to logistic noise."""
    rng = np.random.default_rng(1)
    u = rng.standard_normal(300)
    y = (u + rng.logistic(size=300) > 0).astype(int)
    return (mean + sd * u)[:, None], y


UNITS = [
    (1e3, 1.0),
    (1.6e9, 1e5),
    (-1e12, 1e3),
    (0.0, 1e-9),
    (0.0, 1e-200),
    (0.0, 1e300),
    (-3e5, 1e-3),
]


@pytest.mark.parametrize(("mean", "sd"), UNITS)
def test_neither_mean_nor_unit_of_a_feature_matters_without_a_penalty(mean, sd):
    plain = SoftmaxRegression(l2=0).fit(*one_feature())
    X, y = one_feature(mean, sd)
    moved = SoftmaxRegression(l2=0).fit(X, y)
    assert moved.n_iter_ == plain.n_iter_
    assert moved.loss_curve_[-1] == pytest.approx(plain.loss_curve_[-1], rel=1e-7)
    slope = (moved.coef_[1] - moved.coef_[0]) * sd
    assert slope == pytest.approx(plain.coef_[1] - plain.coef_[0], rel=1e-6)
    np.testing.assert_allclose(
        moved.predict_proba(X), plain.predict_proba(one_feature()[0]), atol=1e-6
    )


def test_the_loss_of_a_feature_far_from_zero_is_logistic_regressions():
    X, y = one_feature()
    theirs = LogisticRegression(C=np.inf, tol=1e-12).fit(X, y)
    for mean, sd in UNITS:
        moved = SoftmaxRegression(l2=0).fit(*one_feature(mean, sd))
        slope = (moved.coef_[1] - moved.coef_[0]) * sd
        np.testing.assert_allclose(slope, theirs.coef_[0], rtol=1e-5)


@pytest.mark.parametrize("spread", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("mean", [0.0, 1e5, -3e7])
def test_features_of_very_different_units_meet_their_penalty(mean, spread):
    rng = np.random.default_rng(8)
    X, y = overlapping(num_classes=3)
    X = np.column_stack([X, rng.normal(size=len(X))])
    units = np.array([spread, 1.0, 1 / spread])
    l2 = 0.01
    ours = SoftmaxRegression(l2=l2).fit(mean + X * units, y)
    # The same objective in the plain units: each weight's penalty divided by its unit squared.
    rows, labels = with_ones(X - X.mean(axis=0)), y
    pull = np.append(l2 / units**2, 0.0)[:, None]

    def objective(flat):
        w = flat.reshape(4, 3)
        value, gradient = softmax_regression_value_and_grad(w, rows, labels)
        return (
            value + 0.5 * (pull * w * w).sum(),
            (gradient + pull * w).ravel(),
        )

    found = minimize(objective, np.zeros(12), jac=True, method="BFGS", tol=1e-10)
    assert ours.loss_curve_[-1] == pytest.approx(found.fun, rel=1e-7)


def test_a_constant_feature_keeps_weights_of_zero():
    X, y = overlapping()
    X = np.column_stack([X, np.full(len(X), 0.1), np.zeros(len(X))])
    for l2 in (0.0, 0.1):
        model = SoftmaxRegression(l2=l2).fit(X, y)
        assert (model.coef_[:, 2:] == 0).all()
        plain = SoftmaxRegression(l2=l2).fit(X[:, :2], y)
        np.testing.assert_allclose(model.coef_[:, :2], plain.coef_, atol=1e-10)


QUASI = np.array([[-2.0], [-1.0], [0.0], [0.0], [1.0], [2.0]]), [0, 0, 0, 1, 1, 1]


def one_class_apart():
    """Two classes that overlap, and a third far from both."""
    rng = np.random.default_rng(6)
    X = np.vstack([rng.normal(size=(40, 2)), rng.normal(size=(20, 2)) + [30, 0]])
    return X, np.append(rng.integers(2, size=40), np.full(20, 2))


@pytest.mark.parametrize("tol", [1e-2, 1e-6, 1e-12])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("data", [QUASI, one_class_apart()], ids=["line", "third"])
def test_data_separable_in_part_are_reported(data, scale, tol):
    X, y = data
    with pytest.warns(SeparableDataWarning, match="at least in part"):
        model = SoftmaxRegression(l2=0.0, tol=tol).fit(scale * X + scale, y)
    assert model.score(scale * X + scale, y) > 0.6


@pytest.mark.parametrize(
    "rule", [None, Adam(1.0), Momentum(1.0), GradientDescent(1.0)], ids=repr
)
def test_a_fit_without_a_tolerance_is_not_silent_about_them(rule):
    for X, y in (QUASI, one_class_apart()):
        with pytest.warns(ConvergenceWarning):
            SoftmaxRegression(l2=0.0, rule=rule, tol=0.0).fit(X, y)


@pytest.mark.parametrize(
    "rule", [Adam(1.0), Momentum(1.0), GradientDescent(50.0)], ids=repr
)
def test_another_rule_that_ends_on_data_separable_in_part_is_reported(rule):
    with pytest.warns(SeparableDataWarning, match="at least in part"):
        SoftmaxRegression(l2=0.0, rule=rule, max_iter=5000).fit(*QUASI)


@pytest.mark.parametrize("scale", [1e-7, 1e-9, 1e-200])
@pytest.mark.parametrize("l2", [0.0, 1e-3])
@pytest.mark.parametrize("rule", [None, GradientDescent(1.0), Adam(0.1)], ids=repr)
def test_tiny_features_are_fitted_or_reported(rule, l2, scale):
    X, y = scale * np.array([[-2.0], [-1.0], [1.0], [2.0]]), [0, 0, 1, 1]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = SoftmaxRegression(l2=l2, rule=rule).fit(X, y)
    said = [w for w in caught if issubclass(w.category, ConvergenceWarning)]
    assert said or (model.predict(X) == y).all()
    if rule is None:
        assert (model.predict(X) == y).all()


def test_overlap_far_smaller_than_the_spread_is_no_separation():
    X = np.array([[-1.0], [-1e-6], [1e-6], [1.0]])
    model = SoftmaxRegression(l2=0.0).fit(X, [0, 1, 0, 1])
    # -2 / (1 + e^d) + 2e-6 / (1 + e^(-1e-6 d)) = 0
    difference = model.coef_[1, 0] - model.coef_[0, 0]
    assert difference == pytest.approx(np.log(2 / 1e-6), rel=1e-4)


def test_a_weak_penalty_of_separable_data_is_followed_to_its_minimum():
    X, y = [[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1]
    model = SoftmaxRegression(l2=1e-12).fit(X, y)
    difference = model.coef_[1, 0] - model.coef_[0, 0]
    # -1 / (2 (1 + e^d)) - 2 / (2 (1 + e^(2 d))) + l2 d / 2 = 0, the second term far smaller
    assert 1 / (1 + np.exp(difference)) == pytest.approx(1e-12 * difference, rel=1e-4)


def interrupted(*arguments, **options):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("kind", "module", "name"),
    [
        (SoftmaxRegression, softmax_regression, "softmax_regression_value_and_grad"),
        (SoftmaxRegression, softmax_regression, "softmax_regression_hessian"),
        (TwoLayerNetwork, two_layer_network, "two_layer_value_and_grad"),
    ],
)
def test_a_fit_interrupted_in_its_first_call_leaves_the_old_model_or_none(
    kind, module, name, monkeypatch
):
    X, y = overlapping()
    fitted, fresh = kind().fit(X, y), kind()
    before = fitted.predict_proba(X)
    monkeypatch.setattr(module, name, interrupted)
    for model in (fitted, fresh):
        with pytest.warns(ConvergenceWarning, match="interrupted after 0 steps"):
            model.fit(-X, np.array(["a", "b"])[y])
    np.testing.assert_array_equal(fitted.predict_proba(X), before)
    assert fitted.classes_.tolist() == [0, 1]
    with pytest.raises(NotFittedError, match="not fitted yet"):
        fresh.predict(X)


@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_a_fit_interrupted_while_its_result_is_checked_says_so(l2, monkeypatch):
    X, y = overlapping()
    model = SoftmaxRegression(l2=l2, rule=GradientDescent(1.0), tol=1e-4).fit(X, y)
    before = model.predict_proba(X)
    objective = softmax_regression._StandardisedObjective
    honest = objective.value_and_grad

    def fit_and_count(last):
        calls = itertools.count(1)

        def interrupting(self, weights):
            if next(calls) == last:
                raise KeyboardInterrupt
            return honest(self, weights)

        monkeypatch.setattr(objective, "value_and_grad", interrupting)
        model.fit(X, y)
        return next(calls) - 1

    total = fit_and_count(last=0)
    assert total > 3
    for last in range(1, total + 1):
        with pytest.warns(
            ConvergenceWarning,
            match="interrupted after .* while the result was checked",
        ):
            fit_and_count(last)
    np.testing.assert_array_equal(model.predict_proba(X), before)


@pytest.mark.parametrize("kind", [SoftmaxRegression, TwoLayerNetwork])
@pytest.mark.parametrize("when", ["data", "learnt"])
def test_a_fit_interrupted_before_or_after_the_steps_leaves_the_old_model(
    kind, when, monkeypatch
):
    X, y = overlapping()
    model = kind().fit(X, y)
    before = model.predict_proba(X)
    name = "_check_training_data" if when == "data" else "_learn"
    monkeypatch.setattr(kind, name, interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(np.hstack([X, X]), np.array(["a", "b"])[y])
    np.testing.assert_array_equal(model.predict_proba(X), before)
    assert model.n_features_in_ == 2


@pytest.mark.parametrize("kind", [SoftmaxRegression, TwoLayerNetwork])
def test_a_fit_that_diverges_leaves_the_old_model_or_none(kind):
    X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    model, fresh = kind().fit(X, [0, 0, 1, 1]), kind()
    before = model.predict_proba(X)
    for one in (model, fresh):
        one.rule = GradientDescent(1e9)
        with pytest.raises(DivergenceError):
            one.fit(1e3 * X, ["a", "b", "c", "a"])
    np.testing.assert_array_equal(model.predict_proba(X), before)
    assert model.predict(X).tolist() == [0, 0, 1, 1]
    with pytest.raises(ValueError, match="not fitted yet"):
        fresh.predict(X)


@pytest.mark.parametrize("kind", [SoftmaxRegression, TwoLayerNetwork])
@pytest.mark.parametrize(
    ("mistake", "text"),
    [
        (([[1.0], [np.nan]], [0, 1]), "X must be finite"),
        (([[1.0], [2.0]], [0]), "same number of examples"),
        (([[1.0]], ["a"]), "at least 2 classes"),
    ],
)
def test_a_fit_that_is_refused_leaves_the_old_model(kind, mistake, text):
    X, y = overlapping()
    model = kind().fit(X, y)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=text):
        model.fit(*mistake)
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is before[name] for name in before)


def test_a_warning_turned_into_an_error_leaves_the_old_model():
    X, y = overlapping()
    model = SoftmaxRegression().fit(X, y)
    before = model.predict_proba(X)
    model.max_iter = 1
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        with pytest.raises(ConvergenceWarning):
            model.fit(X, 1 - y)
    np.testing.assert_array_equal(model.predict_proba(X), before)


@pytest.mark.parametrize("kind", [SoftmaxRegression, TwoLayerNetwork])
@pytest.mark.parametrize("dtype", [bool, object, np.int8, ">f4", np.longdouble])
def test_a_table_of_yes_and_no_is_a_table_of_numbers(kind, dtype):
    X = np.array([[True, False], [False, True], [True, True], [False, False]])
    y = [1, 0, 1, 0]
    table = X.astype(dtype)
    plain, model = kind().fit(X.astype(float), y), kind().fit(table, y)
    np.testing.assert_array_equal(
        model.predict_proba(table), plain.predict_proba(X.astype(float))
    )
    assert model.predict(X.tolist()).tolist() == y


def test_a_rule_that_ends_for_want_of_a_unit_is_reported():
    X, y = overlapping()
    with pytest.warns(
        ConvergenceWarning, match="by the spread of a feature, the slope"
    ):
        SoftmaxRegression(rule=GradientDescent(1.0)).fit(1e-9 * X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SoftmaxRegression(rule=GradientDescent(0.5), max_iter=20_000).fit(X, y)

"""The figures compute what the library computes."""

import numpy as np
import pytest
from scipy.special import softmax

from xent_lib import (
    cross_entropy,
    entropy,
    kl_divergence,
    logsumexp,
    one_hot,
    softmax_cross_entropy,
    surprisal,
)
from xent_lib.datasets import overconfident_digits
from xent_lib.explore import Calibration, Descent, Memory
from xent_lib.explore.descent import RULES
from xent_lib.gradients import softmax_cross_entropy_grad
from xent_lib.metrics import best_temperature, calibration_curve

STATES = 300
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def distributions(rng, classes, count=STATES):
    """Spread out, near a corner, and with zeros."""
    spread = softmax(
        rng.normal(scale=rng.uniform(0.1, 8, (count, 1)), size=(count, classes)),
        axis=-1,
    )
    spread[:: count // 20] = np.eye(classes)[rng.integers(classes, size=20)]
    return spread


def test_entropies_and_divergence(javascript, rng):
    p, q = distributions(rng, 3), distributions(rng, 3)
    pairs = list(zip(p.tolist(), q.tolist(), strict=True))
    calls = [["entropy", one] for one, _ in pairs]
    calls += [["crossEntropy", *pair] for pair in pairs]
    calls += [["klDivergence", *pair] for pair in pairs]
    found = np.reshape(javascript("arithmetic", calls), (3, STATES))
    np.testing.assert_allclose(found[0], entropy(p), **CLOSE)
    np.testing.assert_allclose(found[1], cross_entropy(p, q), **CLOSE)
    np.testing.assert_allclose(found[2], kl_divergence(p, q), **CLOSE)


def test_surprisal_of_everything_from_the_impossible_to_the_certain(javascript, rng):
    p = np.concatenate([[0.0, 1.0, 1e-300], rng.random(STATES)])
    found = javascript("arithmetic", [["surprisal", value] for value in p.tolist()])
    np.testing.assert_allclose(found, surprisal(p), **CLOSE)


def test_moving_one_probability_leaves_the_others_their_proportions(javascript, rng):
    before = distributions(rng, 4)
    index, value = rng.integers(4, size=STATES), rng.random(STATES)
    calls = [
        ["withProbability", row, int(k), float(v)]
        for row, k, v in zip(before.tolist(), index, value, strict=True)
    ]
    after = np.array(javascript("arithmetic", calls))
    np.testing.assert_allclose(after.sum(-1), 1, **CLOSE)
    np.testing.assert_allclose(after[np.arange(STATES), index], value, **CLOSE)
    for one, other, k in zip(before, after, index, strict=True):
        kept = np.delete(one, k)
        shares = kept / kept.sum() if kept.sum() else np.full(3, 1 / 3)
        np.testing.assert_allclose(
            np.delete(other, k), shares * (1 - other[k]), **CLOSE
        )


def test_loss_curve(javascript, rng):
    q, truth = distributions(rng, 3), rng.integers(3, size=STATES)
    calls = [
        ["compute", {"q": row, "truth": int(k)}]
        for row, k in zip(q.tolist(), truth, strict=True)
    ]
    found = javascript("loss_curve", calls)
    y = np.eye(3)[truth]
    np.testing.assert_allclose([f["loss"] for f in found], cross_entropy(y, q), **CLOSE)
    np.testing.assert_allclose([f["prices"] for f in found], surprisal(q), **CLOSE)
    np.testing.assert_allclose(
        [sum(f["terms"]) for f in found], cross_entropy(y, q), **CLOSE
    )


def test_simplex(javascript, rng):
    p, q = distributions(rng, 3), distributions(rng, 3)
    pairs = list(zip(p.tolist(), q.tolist(), strict=True))
    alone = javascript(
        "simplex", [["compute", {"p": one, "q": []}] for one, _ in pairs]
    )
    np.testing.assert_allclose([f["entropy"] for f in alone], entropy(p), **CLOSE)
    np.testing.assert_allclose([sum(f["terms"]) for f in alone], entropy(p), **CLOSE)
    both = javascript("simplex", [["compute", {"p": a, "q": b}] for a, b in pairs])
    np.testing.assert_allclose(
        [f["crossEntropy"] for f in both], cross_entropy(p, q), **CLOSE
    )
    np.testing.assert_allclose(
        [f["divergence"] for f in both], kl_divergence(p, q), **CLOSE
    )
    np.testing.assert_allclose(
        [sum(f["terms"]) for f in both], cross_entropy(p, q), **CLOSE
    )


def test_a_point_dragged_anywhere_is_a_distribution_near_the_hand(javascript, rng):
    inside = distributions(rng, 3)
    outside = rng.normal(scale=2, size=(STATES, 3))
    outside[:, 2] = 1 - outside[:, 0] - outside[:, 1]
    calls = [["nearest", row] for row in np.concatenate([inside, outside]).tolist()]
    found = np.array(javascript("simplex", calls))
    np.testing.assert_allclose(found.sum(-1), 1, **CLOSE)
    assert found.min() >= 0
    assert np.abs(found[:STATES] - inside).max() <= 0.0101


def test_level_lines_lie_where_the_library_has_the_level(javascript, rng):
    alone, levels = (
        javascript("simplex", [["levelLines", [0.2, 0.3, 0.5], []]])[0],
        [0.2, 0.4, 0.6, 0.8, 1],
    )
    check_levels(np.reshape(alone, (-1, 3)), entropy, levels)
    p = [0.5, 0.25, 0.25]
    (lines,) = javascript("simplex", [["levelLines", p, [1.0, 0.0, 0.0]]])
    levels = entropy(p) + np.array([0.05, 0.2, 0.5, 1, 2])
    check_levels(
        np.reshape(lines, (-1, 3)),
        lambda q: cross_entropy(np.broadcast_to(p, q.shape), q),
        levels,
    )


def check_levels(points, function, levels):
    away = points[points.min(-1) > 0.05]
    values = function(away / away.sum(-1, keepdims=True))
    distance = np.abs(values[:, None] - np.asarray(levels)).min(-1)
    assert len(away) > 100
    assert distance.max() < 0.01


def test_softmax_and_logsumexp_far_from_zero_and_near(javascript, rng):
    x = rng.normal(scale=rng.choice([0.01, 1, 50, 800], (STATES, 1)), size=(STATES, 5))
    rows = x.tolist()
    found = javascript("arithmetic", [["softmax", row] for row in rows])
    np.testing.assert_allclose(found, softmax(x, axis=-1), **CLOSE)
    found = javascript("arithmetic", [["logsumexp", row] for row in rows])
    np.testing.assert_allclose(found, logsumexp(x), **CLOSE)


def logit_states(rng, count=STATES):
    for _ in range(count):
        classes = int(rng.integers(3, 11))
        yield {
            "logits": rng.uniform(-6, 6, classes).tolist(),
            "truth": int(rng.integers(classes)),
            "temperature": float(10 ** rng.uniform(-1, 1)),
            "shift": float(rng.integers(-800, 801)),
            "precision": "float64",
        }


def test_logits(javascript, rng):
    states = list(logit_states(rng))
    found = javascript("logits", [["compute", state] for state in states])
    for state, one in zip(states, found, strict=True):
        scores = (np.array(state["logits"]) + state["shift"]) / state["temperature"]
        y = one_hot(state["truth"], len(scores))
        loss = softmax_cross_entropy(scores, y)
        np.testing.assert_allclose(one["q"], softmax(scores), **CLOSE)
        np.testing.assert_allclose(
            one["gradient"], softmax_cross_entropy_grad(scores, y), **CLOSE
        )
        np.testing.assert_allclose([one["loss"], one["stable"]["loss"]], loss, **CLOSE)


def test_half_precision_rounds_as_numpy_does(javascript, rng):
    sizes = 2.0 ** rng.uniform(-26, 17, 2000)
    x = np.concatenate(
        [sizes, -sizes, [0.0, 65504, 65519.9, 65520, 2**-25, 1.5 * 2**-24, 2049, 2051]]
    )
    with np.errstate(over="ignore"):
        expected = x.astype(np.float16).astype(float)
    found = javascript("floats", [["toHalf", value] for value in x.tolist()])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("precision", ["float16", "float32", "float64"])
@pytest.mark.parametrize("maximum_first", [False, True])
def test_programs_break_where_numpy_breaks(javascript, rng, precision, maximum_first):
    dtype = np.dtype(precision)
    edge = np.log(float(np.finfo(dtype).max))
    scores = rng.normal(size=(STATES, 4)) + rng.uniform(
        -2 * edge, 2 * edge, (STATES, 1)
    )
    truth = rng.integers(4, size=STATES)
    calls = [
        ["lossIn", row, int(k), precision, maximum_first]
        for row, k in zip(scores.tolist(), truth, strict=True)
    ]
    found = javascript("floats", calls)
    rows = np.arange(STATES)
    with np.errstate(all="ignore"):
        z = scores.astype(dtype)
        z = z - z.max(-1, keepdims=True) if maximum_first else z
        exponentials = np.exp(z)
        total = exponentials.sum(-1)
        share = exponentials[rows, truth] / total
        loss = np.log(total) - z[rows, truth] if maximum_first else -np.log(share)
    ulps = {
        "rtol": 8 * float(np.finfo(dtype).eps),
        "atol": 8 * float(np.finfo(dtype).eps),
    }
    for name, expected in (("total", total), ("share", share), ("loss", loss)):
        np.testing.assert_allclose(
            [one[name] for one in found], expected.astype(float), **ulps
        )
    broken = ~np.isfinite(loss)
    assert broken.any() != maximum_first


def test_surprisal_strip(javascript, rng):
    lengths = rng.integers(1, 40, STATES)
    texts = [rng.gamma(1.0, rng.uniform(0.1, 4), n) for n in lengths]
    characters = rng.integers(1, 200, STATES)
    calls = [
        ["compute", {"surprisals": text.tolist(), "characters": int(count)}]
        for text, count in zip(texts, characters, strict=True)
    ]
    for found, text, count in zip(
        javascript("surprisal_strip", calls), texts, characters, strict=True
    ):
        q = np.exp(-text)
        sure = np.stack([q, 1 - q], axis=-1)
        labels = one_hot(np.zeros(len(q), int), 2)
        prices = cross_entropy(labels, sure)
        running = [np.exp(prices[:k].mean()) for k in range(1, len(q) + 1)]
        np.testing.assert_allclose(found["loss"], prices.mean(), **CLOSE)
        np.testing.assert_allclose(found["running"], running, **CLOSE)
        np.testing.assert_allclose(found["perplexity"], running[-1], **CLOSE)
        bits = surprisal(q, base=2).sum() / count
        np.testing.assert_allclose(found["bits"], bits, **CLOSE)


def test_a_forecast_in_the_strip_is_a_distribution_with_what_came(javascript, rng):
    q = np.sort(distributions(rng, 30), axis=-1)[:, ::-1]
    came = rng.integers(30, size=STATES)
    vocabulary = [f"w{k}" for k in range(30)]
    calls = []
    for row, token in zip(q, came, strict=True):
        top = [number for k in range(8) for number in (k, 1e4 * float(row[k]))]
        price = float(surprisal(max(row[token], 1e-300)))
        read = {"top": top, "vocabulary": vocabulary, "token": int(token)}
        calls.append(["forecast", read | {"surprisal": price, "size": 30}])
    found = javascript("surprisal_strip", calls)
    for one, row, token in zip(found, q, came, strict=True):
        total = sum(line["share"] for line in one["rows"]) + one["rest"]
        np.testing.assert_allclose(total, 1, **CLOSE)
        (true,) = (line for line in one["rows"] if line["came"])
        assert true["word"] == vocabulary[token]
        np.testing.assert_allclose(true["share"], row[token], **CLOSE)
        assert len(one["rows"]) + one["others"] == 30
        assert len(one["rows"]) == (8 if token < 8 else 9)


def calibration_states(rng, count=STATES):
    """The stored logits, and others: few and many, in doubt and sure, of every bin count."""
    stored = Calibration()
    for index in range(count):
        settings = {
            "temperature": float(10 ** rng.uniform(-1, 1.5)),
            "n_bins": int(rng.integers(1, 21)),
        }
        if index % 10 == 0:
            yield {"logits": stored.logits, "labels": stored.labels} | settings
            continue
        examples, classes = int(rng.integers(1, 40)), int(rng.integers(2, 11))
        scale = rng.choice([0.0, 0.5, 4, 60])
        yield {
            "logits": rng.normal(scale=scale, size=(examples, classes)).tolist(),
            "labels": rng.integers(classes, size=examples).tolist(),
        } | settings


def test_calibration(javascript, rng):
    states = list(calibration_states(rng))
    found = javascript("temperature", [["compute", state] for state in states])
    for state, one in zip(states, found, strict=True):
        figure = Calibration(**state)
        np.testing.assert_allclose(
            [one["logLoss"], one["accuracy"], one["error"]],
            [figure.log_loss, figure.accuracy, figure.calibration_error],
            **CLOSE,
        )
        right = np.argmax(state["logits"], axis=1) == state["labels"]
        confidence = figure.q.max(axis=1)
        often, said = calibration_curve(right, confidence, n_bins=state["n_bins"])
        bins = [bin_ for bin_ in one["bins"] if bin_["count"]]
        assert len(one["bins"]) == state["n_bins"]
        for key, expected in (("right", often), ("said", said)):
            means = [bin_[key] / bin_["count"] for bin_ in bins]
            np.testing.assert_allclose(means, expected, **CLOSE)


def test_best_temperature(javascript, rng):
    problems = [overconfident_digits()]
    for _ in range(40):
        logits = rng.normal(scale=rng.uniform(0.5, 9), size=(60, 4))
        labels = logits.argmax(axis=1)
        labels[:25] = rng.integers(4, size=25)
        problems.append((logits, labels))
    calls = [["bestTemperature", z.tolist(), y.tolist()] for z, y in problems]
    found = javascript("temperature", calls)
    expected = [best_temperature(z, y) for z, y in problems]
    np.testing.assert_allclose(found, expected, **CLOSE)


def test_memory(javascript, rng):
    states = [
        {
            "num_tokens": int(2 ** rng.uniform(0, 20)),
            "num_features": int(2 ** rng.uniform(0, 14)),
            "num_classes": int(2 ** rng.uniform(0, 20)),
            "precision": str(rng.choice(["float32", "bfloat16"])),
            "chunk_size": int(2 ** rng.uniform(0, 16)),
            "ranks": int(2 ** rng.uniform(0, 7)),
        }
        for _ in range(STATES)
    ]
    found = javascript("memory", [["compute", state] for state in states])
    for state, ways in zip(states, found, strict=True):
        figure = Memory(**state)
        for one, (way, terms) in zip(ways, figure.terms.items(), strict=True):
            assert one["way"] == way
            assert one["terms"] == list(terms.values())
            assert one["total"] == figure.peaks[way]


def walks(rng, count, fastest, most_steps):
    """Figures with data of their own, none separable without doubt."""
    for k in range(count):
        size = int(rng.integers(4, 30))
        features = rng.normal(size=(size, 2)) @ rng.normal(size=(2, 2))
        yield Descent(
            features,
            rng.integers(2, size=size),
            rule=RULES[k % len(RULES)],
            learning_rate=float(10 ** rng.uniform(-2, np.log10(fastest))),
            start=rng.uniform(-4, 4, 2),
            steps=int(rng.integers(most_steps + 1)),
            l2=float(10 ** rng.uniform(-2, 0)),
        )


def test_descent_walks_where_the_library_walks(javascript, rng):
    figures = list(walks(rng, STATES, fastest=1, most_steps=120))
    found = javascript("descent", [["compute", figure.state] for figure in figures])
    for figure, one in zip(figures, found, strict=True):
        np.testing.assert_allclose(one["path"], figure.path, **CLOSE)
        np.testing.assert_allclose(one["loss"], figure.loss, **CLOSE)
        np.testing.assert_allclose(one["lowest"]["at"], figure.bottom, **CLOSE)
        np.testing.assert_allclose(
            one["lowest"]["curvatures"],
            figure.curvatures_at(figure.bottom),
            **CLOSE,
        )


def test_descent_with_any_learning_rate_takes_the_same_first_steps(javascript, rng):
    """A few only: a run that is thrown about magnifies the last bit of every sum."""
    figures = list(walks(rng, STATES, fastest=1000, most_steps=3))
    found = javascript("descent", [["compute", figure.state] for figure in figures])
    for figure, one in zip(figures, found, strict=True):
        np.testing.assert_allclose(one["path"], figure.path, **CLOSE)


def test_descent_ends_where_the_library_ends_a_run(javascript, rng):
    features, labels = rng.normal(size=(12, 2)), rng.integers(2, size=12)
    ends = {("gradient descent", 1000.0): "diverged", ("Newton", 1.0): "settled"}
    ends |= {("momentum", 1000.0): "diverged", ("Adam", 1000.0): "diverged"}
    for (rule, rate), end in ends.items():
        figure = Descent(features, labels, rule=rule, learning_rate=rate, steps=200)
        (one,) = javascript("descent", [["compute", figure.state]])
        assert one["end"] == end
        assert len(one["path"]) == len(figure.path) < 20


def test_level_lines_of_a_loss_lie_where_it_has_the_level(javascript):
    figure = Descent([[1, 0], [0, 1], [1, 1], [-1, 0.5]], [0, 1, 1, 0])
    (pieces,) = javascript("descent_panels", [["levelLines", figure.state, 4, 5]])
    points, loss = np.reshape(pieces, (-1, 2)), figure._objective().value_and_grad
    above = np.array([loss(point)[0] for point in points]) - loss(figure.bottom)[0]
    levels = np.array([0.01, 0.03, 0.1, 0.3, 1, 3])
    distance = np.abs(above[:, None] - levels) / levels
    assert distance.min(axis=1).max() < 0.1
    assert set(distance.argmin(axis=1)) == set(range(len(levels)))
    assert np.abs(points).max(axis=0) == pytest.approx([4, 5])


@pytest.mark.parametrize(("rule", "most"), [("gradient descent", 2), ("momentum", 3.8)])
def test_a_rate_above_the_limit_is_explained_with_the_limit(javascript, rule, most):
    features = [[1, 0], [0.5, 1], [1, 1], [-1, 0.5]]
    figure = Descent(features, [0, 1, 1, 0], rule=rule, l2=0.1, start=(1, 1), steps=9)
    steepest = figure.curvatures_at(figure.bottom)[0]
    for over, limit, curvature in (
        (1.5, most / steepest, steepest),
        (1.5 * steepest / 0.1, most / 0.1, 0.1),
    ):
        figure.learning_rate = over * most / steepest
        (found,) = javascript("descent", [["compute", figure.state]])
        (said,) = javascript("descent", [["verdict", figure.state, found]])
        assert f"η = {figure.learning_rate:.3g} is above" in said["words"]
        assert f"/ c = {limit:.3g}" in said["words"]
        assert f"c = {curvature:.3g}" in said["words"]

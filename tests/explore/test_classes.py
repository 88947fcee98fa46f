"""The Python side: state that is checked, a still, an output that never differs."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from traitlets import TraitError

import xent_lib.explore
from xent_lib.explore import (
    Calibration,
    Descent,
    Logits,
    LossCurve,
    Memory,
    Simplex,
    SurprisalStrip,
)
from xent_lib.explore._base import MIME
from xent_lib.explore._passages import TOP, book_texts, read_texts
from xent_lib.memory import loss_memory
from xent_lib.plots.style import ROLES
from xent_lib.text import BytePairTokenizer, NgramModel

WIDGET = "application/vnd.jupyter.widget-view+json"
MADE = {
    "Calibration": Calibration,
    "Calibration of a model of one's own": lambda: Calibration(
        [[2.0, 0.0], [0.0, 1.0]], [0, 0], temperature=2.0, n_bins=5, shown=True
    ),
    "Memory": lambda: Memory(512, 64, 1000, precision="bfloat16", ranks=3, card=0.5),
    "Descent": lambda: descent(rule="momentum", steps=5),
    "Logits": lambda: Logits(np.log([7.0, 2.0, 1.0]), shift=3.0, precision="float16"),
    "Simplex": lambda: Simplex([0.7, 0.2, 0.1], names=["rain", "snow", "sun"]),
    "Simplex with a forecast": lambda: Simplex([0.5, 0.25, 0.25], [0.7, 0.2, 0.1]),
    "LossCurve": lambda: LossCurve([0.7, 0.2, 0.1], truth=1),
    "SurprisalStrip": lambda: SurprisalStrip(position=5),
}


def descent(**settings):
    features = [[-1.0, 0.0], [1.0, 1.0], [2.0, 0.0], [1.0, -1.0], [-1.0, -0.5]]
    return Descent(features, [0, 1, 1, 0, 1], **settings)


each_figure = pytest.mark.parametrize("make", MADE.values(), ids=MADE)


def test_every_figure_is_tried_here():
    figures = set(xent_lib.explore.__all__) - {"Quiz"}
    assert {name.split()[0] for name in MADE} == figures


@each_figure
def test_the_stored_output_is_the_same_every_time(make, monkeypatch):
    monkeypatch.setenv("XENT_STORED_OUTPUTS", "1")
    one, other = make()._repr_mimebundle_()[0], make()._repr_mimebundle_()[0]
    assert one == other
    assert set(one) == {MIME, "image/svg+xml", "image/png", "text/plain"}
    assert one["text/plain"].startswith("Figure: ")
    assert one[MIME] == {"module": make().module, "state": make().state}


@each_figure
def test_a_live_notebook_gets_the_widget_besides(make, monkeypatch):
    monkeypatch.setenv("XENT_STORED_OUTPUTS", "1")
    stored = make()._repr_mimebundle_()[0]
    monkeypatch.delenv("XENT_STORED_OUTPUTS")
    figure = make()
    live = figure._repr_mimebundle_()[0]
    assert live.pop(WIDGET)["model_id"] == figure.model_id
    assert live == stored


@each_figure
def test_reset_knows_the_state_that_was_given(make):
    figure = make()
    first = figure.state
    assert figure.initial == first
    if "truth" in first:
        figure.truth = 0 if figure.truth else 1
        assert figure.state != first
    assert figure.initial == first


@each_figure
def test_a_figure_says_how_it_stands(make):
    figure = make()
    assert repr(figure).startswith(type(figure).__name__ + "(")
    assert all(key in repr(figure) for key in figure.state)


def test_the_library_can_be_had_without_anywidget():
    probe = "import sys; import xent_lib; print('anywidget' in sys.modules)"
    said = subprocess.check_output([sys.executable, "-c", probe], text=True)
    assert said.strip() == "False"


def test_the_palette_is_the_one_of_every_figure():
    style = (xent_lib.explore._bundle.FOLDER / "explore.css").read_text()
    for role in ROLES:
        if role.name not in ("grey", "faint", "paper"):
            assert f"light-dark({role.light}, {role.dark})" in style, role


def test_loss_curve_follows_what_python_sets():
    curve = LossCurve([0.7, 0.2, 0.1], names=["rain", "snow", "sun"])
    curve.q = [0.5, 0.25, 0.25]
    assert curve.loss == pytest.approx(np.log(2))
    assert curve.initial["q"] == [0.7, 0.2, 0.1]
    assert "rain happened, at a loss of 0.6931" in curve.still().alt


def test_loss_curve_of_an_impossible_truth_is_infinite_and_can_be_drawn():
    curve = LossCurve([0.0, 1.0], truth=0)
    assert curve.loss == np.inf
    assert "inf" in curve.still().alt


def test_a_distribution_set_later_is_checked_too():
    curve = LossCurve([0.7, 0.3])
    with pytest.raises(ValueError, match="q must sum to 1"):
        curve.q = [0.7, 0.7]
    with pytest.raises(ValueError, match="truth must be between 0 and 1"):
        curve.truth = 5
    assert curve.state["q"] == [0.7, 0.3]


def test_logits_hold_probabilities_gradient_and_loss():
    figure = Logits(np.log([7.0, 2.0, 1.0]), names=["rain", "snow", "sun"])
    np.testing.assert_allclose(figure.q, [0.7, 0.2, 0.1])
    np.testing.assert_allclose(figure.gradient, [-0.3, 0.2, 0.1])
    assert figure.loss == pytest.approx(0.3567, abs=5e-5)
    figure.temperature = 0.5
    np.testing.assert_allclose(figure.q, np.array([49, 4, 1]) / 54)
    assert "rain happened, at a loss of 0.0972 nats" in figure.still().alt


def test_logits_set_later_are_checked_too():
    figure = Logits([0.0, 0.0, 0.0])
    for name, value in (("logits", [1.0]), ("truth", 9), ("temperature", -1.0)):
        with pytest.raises(ValueError, match=name):
            setattr(figure, name, value)
    with pytest.raises(TraitError, match="float8"):
        figure.precision = "float8"


def test_simplex_has_two_parts_of_a_price():
    figure = Simplex([0.5, 0.25, 0.25], [0.7, 0.2, 0.1], names=["rain", "snow", "sun"])
    assert figure.cross_entropy == pytest.approx(figure.entropy + figure.kl_divergence)
    assert (
        "Entropy 1.0397, divergence 0.1166, cross entropy 1.1563" in figure.still().alt
    )
    figure.p = figure.q
    assert figure.kl_divergence == 0


def test_simplex_of_one_distribution_pays_its_entropy():
    figure = Simplex([0.7, 0.2, 0.1])
    assert figure.q == []
    assert figure.cross_entropy == figure.entropy == pytest.approx(0.8018, abs=5e-5)
    assert "of entropy 0.8018 nats" in figure.still().alt


def test_simplex_set_later_is_checked_too():
    figure = Simplex([0.7, 0.2, 0.1])
    for name in ("p", "q"):
        with pytest.raises(ValueError, match=f"{name} must hold 3 classes"):
            setattr(figure, name, [0.5, 0.5])


@pytest.fixture(scope="module")
def small():
    """A tokeniser and two models of one line, and what they make of two texts."""
    tokenizer = BytePairTokenizer(4).fit("low lower lowest low")
    tokens, size = tokenizer.encode("low lower lowest low"), 260
    models = {f"{n}": NgramModel(n, size).fit(tokens) for n in (1, 3)}
    texts = {"seen": "low lower", "not seen": "slow"}
    return texts, tokenizer, models


def test_a_strip_of_the_book_is_made_from_the_corpus_alone():
    figure = SurprisalStrip()
    assert figure.data == book_texts()
    assert figure.data["models"] == ["unigram", "bigram", "trigram", "5-gram"]
    perplexities = {}
    for text in ("held out", "trained on"):
        for model in figure.data["models"]:
            figure.text, figure.model = text, model
            perplexities[text, model] = round(figure.perplexity, 1)
    assert perplexities == {
        ("held out", "unigram"): 419.7,
        ("held out", "bigram"): 112.0,
        ("held out", "trigram"): 94.0,
        ("held out", "5-gram"): 100.7,
        ("trained on", "unigram"): 360.7,
        ("trained on", "bigram"): 23.2,
        ("trained on", "trigram"): 6.8,
        ("trained on", "5-gram"): 2.4,
    }


def test_a_strip_keeps_what_the_models_say(small):
    texts, tokenizer, models = small
    data = read_texts(*small)
    for shown, text in zip(data["texts"], texts.values(), strict=True):
        tokens = tokenizer.encode(text)
        assert "".join(data["vocabulary"][t] for t in shown["tokens"]) == text
        for k, model in enumerate(models.values()):
            np.testing.assert_allclose(
                shown["surprisals"][k], model.surprisal(tokens), atol=5e-5
            )
            for place, token in enumerate(tokens):
                forecast = np.exp(model.log_prob(tokens[:place]))
                assert (
                    shown["ranks"][k][place] == 1 + (forecast > forecast[token]).sum()
                )
                numbers = shown["top"][k][place]
                kept = np.sort(forecast)[::-1][:TOP]
                np.testing.assert_allclose(
                    np.array(numbers[1::2]) / 10_000, kept, atol=5.1e-5
                )
                for index, share in zip(numbers[::2], kept, strict=True):
                    (one,) = tokenizer.encode(data["vocabulary"][index])[:1]
                    assert forecast[one] == pytest.approx(share)


def test_a_strip_follows_what_python_sets(small):
    texts, tokenizer, models = small
    figure = SurprisalStrip(*small, text="seen", model="3", position=2)
    prices = models["3"].surprisal(tokenizer.encode(texts["seen"]))
    assert figure.loss == pytest.approx(prices.mean(), abs=5e-5)
    assert figure.perplexity == pytest.approx(np.exp(prices.mean()), rel=1e-4)
    assert figure.bits_per_character == pytest.approx(
        prices.sum() / np.log(2) / 9, rel=1e-4
    )
    assert figure.running_perplexity[-1] == pytest.approx(figure.perplexity)
    assert figure.running_perplexity[0] == pytest.approx(np.exp(prices[0]), rel=1e-4)
    assert len(figure.forecast) == TOP and sum(figure.forecast.values()) <= 1
    figure.text = "not seen"
    assert figure.position <= len(figure.surprisals) - 1
    assert '"slow" token by token' in figure.still().alt
    figure.model = "1"
    assert "under the 1 model" in figure.still().alt


@pytest.mark.parametrize(
    ("given", "settings", "error", "message"),
    [
        (2, {}, ValueError, "texts, tokenizer and models belong together"),
        (
            3,
            {"text": "no"},
            ValueError,
            r"text must be one of \['seen', 'not seen'\]; got 'no'",
        ),
        (3, {"model": "2"}, ValueError, r"model must be one of \['1', '3'\]; got '2'"),
        (3, {"position": 99}, ValueError, "position must be between 0 and"),
        (3, {"position": 0.5}, Exception, "position"),
    ],
)
def test_a_strip_refuses_what_makes_no_sense(small, given, settings, error, message):
    with pytest.raises(error, match=message):
        SurprisalStrip(*small[:given], **settings)


@pytest.mark.parametrize(
    ("texts", "models", "error", "message"),
    [
        ({}, None, ValueError, "texts must hold at least one text"),
        ({"a": ""}, None, ValueError, r"texts\['a'\] must hold at least one token"),
        ({"a": 1}, None, TypeError, r"texts\['a'\] must be a string; got int"),
        (None, {}, ValueError, "models must hold at least one model"),
    ],
)
def test_a_strip_needs_something_to_read(small, texts, models, error, message):
    given = (
        small[0] if texts is None else texts,
        small[1],
        small[2] if models is None else models,
    )
    with pytest.raises(error, match=message):
        SurprisalStrip(*given)


def test_calibration_follows_its_temperature():
    figure = Calibration()
    first = figure.calibration_error
    figure.temperature = figure.best_temperature
    assert figure.calibration_error < first / 2
    assert figure.log_loss == pytest.approx(0.5819, abs=5e-5)
    assert "at temperature 2.78: log loss 0.582 nats" in figure.still().alt


def test_calibration_of_a_model_of_one_s_own():
    logits = np.log([[9.0, 1.0]] * 4)
    figure = Calibration(logits, [0, 0, 0, 1])
    assert figure.best_temperature == pytest.approx(2.0)
    assert figure.accuracy == 0.75
    assert figure.calibration_error == pytest.approx(0.15)


def test_calibration_set_later_is_checked_too():
    figure = Calibration()
    for name, value in (("temperature", -1.0), ("n_bins", 30)):
        with pytest.raises(ValueError, match=name):
            setattr(figure, name, value)


def test_memory_counts_what_the_library_counts():
    figure = Memory(512, 64, 1000, precision="bfloat16", chunk_size=32, ranks=2)
    terms = loss_memory(512, 64, 1000, bytes_per_number=2, chunk_size=32, ranks=2)
    assert figure.terms == terms
    assert figure.peaks["chunked"] == sum(terms["chunked"].values())
    figure.num_tokens = 1024
    assert figure.peaks["chunked"] > sum(terms["chunked"].values())
    assert "1,024 tokens over 1,000 classes" in figure.still().alt


@pytest.mark.parametrize(
    ("name", "value"),
    [("num_tokens", 0), ("num_features", -1), ("ranks", 0), ("card", 0.0)],
)
def test_memory_refuses_what_makes_no_sense(name, value):
    with pytest.raises(ValueError, match=name):
        Memory(**{name: value})
    figure = Memory()
    with pytest.raises(ValueError, match=name):
        setattr(figure, name, value)
    with pytest.raises(TraitError, match="float8"):
        figure.precision = "float8"


def test_descent_walks_by_the_rules_of_the_library():
    figure = descent(learning_rate=0.5, start=(2.0, -1.0), steps=2, l2=0.1)
    weights = np.array([2.0, -1.0])
    features, labels = np.array(figure.features), np.array(figure.labels)
    for before, after in pairwise(figure.path):
        np.testing.assert_allclose(before, weights)
        rain = 1 / (1 + np.exp(-features @ weights))
        gradient = features.T @ (rain - labels) / 5 + 0.1 * weights
        weights = weights - 0.5 * gradient
        np.testing.assert_allclose(after, weights)
    assert len(figure.path) == 3


def test_descent_knows_the_bottom_and_how_curved_it_is():
    figure = descent(rule="Newton", steps=30, l2=0.1)
    np.testing.assert_allclose(figure.path[-1], figure.bottom, atol=1e-5)
    assert len(figure.path) < 12
    features = np.array(figure.features)
    at_zero = features.T @ features / 20 + 0.1 * np.eye(2)
    np.testing.assert_allclose(
        figure.curvatures_at([0, 0]), np.linalg.eigvalsh(at_zero)[::-1]
    )
    assert figure.loss < descent(steps=0, l2=0.1).loss == pytest.approx(np.log(2))


def test_descent_that_diverges_keeps_the_path_until_then():
    figure = descent(learning_rate=1000.0, steps=200)
    assert len(figure.path) < 20
    assert figure.loss > 1000
    assert f"{len(figure.path) - 1} steps of gradient descent" in figure.still().alt


def test_descent_set_later_is_checked_too():
    figure = descent()
    for name, value in (
        ("start", [9.0, 0.0]),
        ("learning_rate", 0.0),
        ("steps", -1),
    ):
        with pytest.raises(ValueError, match=name):
            setattr(figure, name, value)
    with pytest.raises(TraitError, match="Nesterov"):
        figure.rule = "Nesterov"

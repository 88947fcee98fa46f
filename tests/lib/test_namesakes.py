"""Names that SciPy or scikit-learn have too: what differs is so, and the docstring says it."""

import inspect

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import scipy.stats
import sklearn.calibration
import sklearn.exceptions
import sklearn.metrics
from numpy.testing import assert_allclose
from numpydoc.docscrape import NumpyDocString

import xent_lib
from bookkit.pages.library import read_library
from xent_lib import entropy, log_softmax, logsumexp, softmax
from xent_lib.metrics import calibration_curve, confusion_matrix
from xent_lib.models import ConvergenceWarning

THEIRS = (
    scipy.optimize,
    scipy.special,
    scipy.stats,
    sklearn.calibration,
    sklearn.exceptions,
    sklearn.metrics,
)
NAMESAKES = sorted(
    {
        (module.name, name)
        for module in read_library()
        for name in module.entries
        if any(hasattr(their, name) for their in THEIRS)
    }
)
TABLE = np.array([[0.0, 1.0], [2.0, 0.0]])


@pytest.mark.parametrize(("module", "name"), NAMESAKES)
def test_the_docstring_names_its_namesake_before_anything_else(module, name):
    thing = getattr(__import__(module, fromlist=[name]), name)
    doc = NumpyDocString(inspect.getdoc(thing))
    first = "\n".join(doc["Extended Summary"]).split("\n\n")[0]
    assert "scipy" in first or "scikit-learn" in first


def test_the_list_of_namesakes_holds_those_that_are_known():
    names = {name for _, name in NAMESAKES}
    assert {"softmax", "logsumexp", "entropy", "calibration_curve"} <= names


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_the_last_axis_is_taken_and_not_all_entries(name):
    own, theirs = getattr(xent_lib, name), getattr(scipy.special, name)
    assert_allclose(own(TABLE), theirs(TABLE, axis=-1))
    assert not np.allclose(own(TABLE), theirs(TABLE))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("scores", [[np.inf, 0.0], [-np.inf, -np.inf]])
def test_what_has_no_softmax_is_an_error_and_not_nan(name, scores):
    with np.errstate(invalid="ignore"):
        assert np.isnan(getattr(scipy.special, name)(scores)).any()
    with pytest.raises(ValueError, match="x must be"):
        getattr(xent_lib, name)(scores)


def test_nothing_has_no_sum_of_exponentials():
    assert scipy.special.logsumexp([]) == -np.inf
    with pytest.raises(ValueError, match="at least one class"):
        logsumexp([])


def test_an_entropy_normalises_nothing_and_takes_the_last_axis():
    halves, shares = [0.35, 0.1, 0.05], [0.7, 0.2, 0.1]
    assert scipy.stats.entropy(halves) == pytest.approx(entropy(shares))
    with pytest.raises(ValueError, match="p must sum to 1"):
        entropy(halves)
    p = [[0.7, 0.3], [0.5, 0.5]]
    assert_allclose(entropy(p), scipy.stats.entropy(p, axis=-1))
    assert not np.allclose(entropy(p), scipy.stats.entropy(p))


def test_a_confusion_matrix_counts_indices_alone_and_keeps_the_unseen_class():
    assert sklearn.metrics.confusion_matrix([0, 2], [2, 2]).shape == (2, 2)
    assert confusion_matrix([0, 2], [2, 2], 3).shape == (3, 3)
    with pytest.raises(TypeError, match="y_true must be integer class indices"):
        confusion_matrix(["a"], ["b"], 2)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_the_bins_of_a_calibration_curve_are_scikit_learns(strategy):
    rng = np.random.default_rng(5)
    said, happened = rng.random(60), rng.integers(2, size=60)
    own = calibration_curve(happened, said, n_bins=7, strategy=strategy)
    theirs = sklearn.calibration.calibration_curve(
        happened, said, n_bins=7, strategy=strategy
    )
    assert_allclose(own, theirs)


def test_a_filter_for_scikit_learns_warning_does_not_catch_this_one():
    theirs = sklearn.exceptions.ConvergenceWarning
    assert not issubclass(ConvergenceWarning, theirs)
    assert not issubclass(theirs, ConvergenceWarning)


def test_a_log_softmax_is_the_logarithm_of_the_softmax_of_the_same_axis():
    assert_allclose(log_softmax(TABLE), np.log(softmax(TABLE)))

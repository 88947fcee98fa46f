"""The loop that follows a rule downhill, the history it keeps, and what ends it; chapter 7."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from xent_lib._validation import (
    FloatArray,
    check_choice,
    check_finite,
    check_not_negative,
    check_positive_integer,
)
from xent_lib.optim._progress import with_bar
from xent_lib.optim.batches import Batch
from xent_lib.optim.rules import Rule

Objective = Callable[..., tuple[float, FloatArray]]

_DIVERGED_BEYOND = 1000.0  # times the first loss


class DivergenceError(ArithmeticError):
    """The loss left the range of useful numbers.

    :func:`minimise` raises it when a loss, a gradient or a parameter is not finite, or when a
    loss is more than 1000 times the first one, or above 1000 where the first lies between -1
    and 1. It is an ``ArithmeticError``.

    Attributes
    ----------
    history : History
        The run as far as it came, the loss that was too large included.
    """

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history


@dataclass
class History:
    """What happened in a run of :func:`minimise`, and where it ended.

    Attributes
    ----------
    parameters : ndarray
        Where the run ended.
    rule : Rule
        The rule with its memory as the run left it; with ``parameters`` it resumes the run,
        unless Control-C fell into a step and left that memory half changed.
    loss : list of float
        The objective before each step, on that step's batch. It holds one more, of a step not
        taken or not finished, where the run ended at the tolerance, by a loss or gradient
        that was no use, or by Control-C within a step.
    watched_steps : list of int
        How many steps had been taken each time ``watch`` was called.
    watched : dict of str to list of float
        What ``watch`` returned, by name.
    path : list of ndarray
        The parameters each time ``watch`` was called, where they were asked for.
    stopped : str
        Why the run ended.
    finished : bool
        Whether it ended for want of anything left to do: at the tolerance, where steps
        change nothing, or because ``stop`` said so.
    """

    parameters: FloatArray
    rule: Rule
    loss: list[float] = field(default_factory=list)
    watched_steps: list[int] = field(default_factory=list)
    watched: dict[str, list[float]] = field(default_factory=dict)
    path: list[FloatArray] = field(default_factory=list)
    stopped: str = ""
    finished: bool = False


@dataclass(frozen=True)
class EarlyStopping:
    """Stop once a watched number has not fallen for a while.

    NaN is no minimum: it counts as one more look at which none was reached.

    Parameters
    ----------
    name : str
        A name that ``watch`` returns, usually the loss on validation data.
    patience : int
        The run stops when the number has failed this many times in a row to fall below its
        lowest value so far.

    Raises
    ------
    TypeError
        If ``patience`` is not an integer.
    ValueError
        If ``patience`` is below 1, or, when the run is watched, ``watch`` returns no ``name``.

    Notes
    -----
    Chapter 7 uses it. The parameters at the minimum are in ``history.path`` if
    ``minimise(..., keep_path=True)`` recorded them; the run itself goes on past them. Time and
    memory grow linearly with how often the run has been watched.

    Examples
    --------
    >>> from xent_lib.optim import GradientDescent
    >>> history = History(np.zeros(1), GradientDescent(0.1), watched={"loss": [2.0, 1.0, 1.1, 1.2]})
    >>> EarlyStopping("loss", patience=2)(history)
    'loss has been above its minimum 2 times in a row'
    """

    name: str
    patience: int

    def __post_init__(self) -> None:
        check_positive_integer("patience", self.patience)

    def __call__(self, history: History) -> str | None:
        """Return a reason to stop, or None."""
        check_choice("name", self.name, history.watched)
        values = np.asarray(history.watched[self.name], dtype=np.float64)
        numbers = np.flatnonzero(~np.isnan(values))
        since = len(values)
        if len(numbers):
            since -= 1 + int(numbers[np.argmin(values[numbers])])
        if since < self.patience:
            return None
        return f"{self.name} has been above its minimum {since} times in a row"


def minimise(
    objective: Objective,
    start: ArrayLike,
    rule: Rule,
    *,
    steps: int,
    batches: Iterable[Batch] | None = None,
    tolerance: float = 0.0,
    watch: Callable[[FloatArray], dict[str, float]] | None = None,
    every: int = 1,
    keep_path: bool = False,
    stop: Callable[[History], str | None] | None = None,
) -> History:
    r"""Follow a rule downhill from ``start``.

    Each step computes the loss and its gradient, :math:`g = \nabla L(\theta)`, and lets the
    rule choose the next :math:`\theta`. Control-C during the steps ends the run early and
    returns what is there.

    Parameters
    ----------
    objective : callable
        ``objective(parameters, *batch)`` returns the loss and its gradient.
    start : array_like, any shape
        The first parameters, computed with in their own floating format; not changed.
    rule : Rule
        For instance ``GradientDescent(0.5)``; copied first, so one rule serves many runs.
    steps : int
        The most steps to take.
    batches : iterable of tuple, optional
        Arguments of ``objective`` for each step, for instance from
        :func:`minibatches`; none by default. The run ends when they do.
    tolerance : float, default 0.0
        Stop once no entry of the gradient is larger than this.
    watch : callable, optional
        ``watch(parameters)`` returns named numbers to record, for instance held-out losses.
    every : int, default 1
        Watch before the first step, after every ``every`` steps, and at the end.
    keep_path : bool, default False
        Record the parameters whenever the run is watched.
    stop : callable, optional
        ``stop(history)`` returns a reason to stop or None; asked whenever the run is watched,
        except at the end.

    Returns
    -------
    History
        ``minimise(objective, history.parameters, history.rule, ...)`` resumes it.
        ``history.stopped`` says why it ended.

    Raises
    ------
    DivergenceError
        If the loss, the gradient or a parameter is not finite, or the loss exceeds 1000 times
        the size of its first value (or 1000, where that size is below 1).
    TypeError
        If ``start`` does not hold real numbers or has a mask, a count is not an integer, or
        ``tolerance`` is no number.
    ValueError
        If ``start`` is not finite, a count is below 1, or ``tolerance`` is negative or not finite.

    Notes
    -----
    Chapter 7 builds it. Time: that of at most ``steps`` calls of ``objective`` and
    ``rule.step``. Memory: that of one such call, and a copy of the parameters each time they
    are watched where ``keep_path`` is set.

    Examples
    --------
    >>> from xent_lib.optim import GradientDescent
    >>> def parabola(x):
    ...     return float(((x - 3) ** 2).sum()), 2 * (x - 3)
    >>> minimise(parabola, [0.0], GradientDescent(0.25), steps=50).parameters.round(4).tolist()
    [3.0]
    """
    steps = check_positive_integer("steps", steps)
    every = check_positive_integer("every", every)
    tolerance = check_not_negative("tolerance", tolerance)
    parameters = check_finite("start", start).copy()
    history = History(parameters, copy.deepcopy(rule))

    def look(step: int) -> None:
        seen = watch(history.parameters) if watch else {}
        history.watched_steps.append(step)
        if keep_path:
            history.path.append(history.parameters)
        for name, value in seen.items():
            history.watched.setdefault(name, []).append(value)

    step = 0
    try:
        for batch in with_bar(
            itertools.repeat(()) if batches is None else batches, steps
        ):
            if step % every == 0:
                look(step)
                reason = stop(history) if stop else None
                if reason:
                    history.stopped, history.finished = reason, True
                    break
            loss, gradient = objective(history.parameters, *batch)
            history.loss.append(float(loss))
            _check_progress(history, gradient, step)
            if np.abs(gradient).max(initial=0) <= tolerance:
                history.stopped = f"no gradient entry is above {tolerance:g}"
                history.finished = True
                break
            before = history.parameters
            with np.errstate(over="ignore", invalid="ignore"):
                # A copy, so that a rule may change its parameters in place.
                history.parameters = history.rule.step(before.copy(), gradient)
            step += 1
            if not np.isfinite(history.parameters).all():
                raise _diverged(history, "a parameter is no longer finite", step)
            if np.array_equal(history.parameters, before) and batches is None:
                history.stopped = "a step no longer changes the parameters"
                history.finished = True
                break
        else:
            history.stopped = f"took {step} steps"
    except KeyboardInterrupt:
        history.stopped = f"interrupted after {step} steps"
        history.finished = False
    if history.watched_steps[-1:] != [step]:
        look(step)
    return history


def _check_progress(history: History, gradient: FloatArray, step: int) -> None:
    loss, first = history.loss[-1], history.loss[0]
    if not np.isfinite(loss):
        raise _diverged(history, f"the loss is {loss:g}", step)
    if not np.isfinite(gradient).all():
        raise _diverged(history, "the gradient is not finite", step)
    if loss > _DIVERGED_BEYOND * max(1.0, abs(first)):
        raise _diverged(history, f"the loss went from {first:.4g} to {loss:.4g}", step)


def _diverged(history: History, what: str, step: int) -> DivergenceError:
    history.stopped = f"diverged at step {step}"
    return DivergenceError(
        f"the run diverged at step {step} with {history.rule!r}: {what}; "
        "try a smaller learning_rate",
        history,
    )

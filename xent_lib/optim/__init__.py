"""Finding the parameters with the lowest loss: one loop, four rules; taught in chapter 7.

A rule turns parameters and a gradient into new parameters. :func:`minimise` calls an objective
and a rule in turn, and keeps a history. Parameters are one array of any shape.

Each rule is a small object with one method, ``step(parameters, gradient)``, that returns new
parameters. What a rule remembers between steps it keeps in itself. Stochastic gradient descent
is :class:`GradientDescent` on mini-batches.
"""

from xent_lib.optim.batches import minibatches
from xent_lib.optim.rules import Adam, GradientDescent, Momentum, Newton, Rule
from xent_lib.optim.runs import DivergenceError, EarlyStopping, History, minimise

__all__ = [
    "Adam",
    "DivergenceError",
    "EarlyStopping",
    "GradientDescent",
    "History",
    "Momentum",
    "Newton",
    "Rule",
    "minibatches",
    "minimise",
]

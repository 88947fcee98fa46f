"""Figures to touch: one Python class and one JavaScript module each.

In a live notebook anywidget hosts the module and its state is read and set from Python. In the
built book a small host of the book's own mounts the same module. Each chapter says which it
uses, and ends with its quiz, which is a class and a module too and no figure. Importing this
needs anywidget and matplotlib, so ``import xent_lib`` leaves it out.
"""

from xent_lib.explore.calibration import Calibration
from xent_lib.explore.descent import Descent
from xent_lib.explore.logits import Logits
from xent_lib.explore.loss_curve import LossCurve
from xent_lib.explore.memory_sizes import Memory
from xent_lib.explore.quiz import Quiz
from xent_lib.explore.simplex import Simplex
from xent_lib.explore.surprisal_strip import SurprisalStrip

__all__ = [
    "Calibration",
    "Descent",
    "Logits",
    "LossCurve",
    "Memory",
    "Quiz",
    "Simplex",
    "SurprisalStrip",
]

"""The book's figures: ``plot_*(..., ax=None)`` draws what it is given and returns the Axes.

No function here computes a loss; the chapters compute and these draw.
"""

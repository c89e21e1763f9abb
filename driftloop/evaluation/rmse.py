"""Root mean squared error."""

import numpy as np

from driftloop.evaluation.weighted import Floats, Weighted


def rmse(truth: Floats, predicted: Floats) -> Weighted:
    """sqrt(mean (y - f)^2), of float64[n] each, in the target's unit; less is better.

    Squared error is the proper score of a mean: Gneiting, "Making and evaluating point forecasts",
    J. Am. Statist. Assoc. 106 (2011).
    """
    errors = (truth - predicted) ** 2

    def root(weights: Floats) -> float:
        total = weights.sum()
        return float(np.sqrt(weights @ errors / total)) if total > 0 else float("nan")

    return root

"""Root mean squared error: the proper score of a regression."""

import numpy as np

from driftloop.evaluation.weighted import Floats, WeightedScore


def rmse(ground_truth: Floats, predicted: Floats) -> WeightedScore:
    """sqrt(mean (y - f)^2), in the target's unit; less is better.

    Squared error is the proper score of a mean: Gneiting, "Making and evaluating point forecasts",
    J. Am. Statist. Assoc. 106 (2011).

    Args:
        ground_truth: True values, float64[n].
        predicted: Predicted values, float64[n].
    """
    squared_errors = (ground_truth - predicted) ** 2

    def root_of_mean(weights: Floats) -> float:
        total = weights.sum()
        return float(np.sqrt(weights @ squared_errors / total)) if total > 0 else float("nan")

    return root_of_mean

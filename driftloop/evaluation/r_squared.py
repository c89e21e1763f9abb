"""Coefficient of determination: the ranking score of a regression."""

from driftloop.evaluation.weighted import Floats, WeightedScore


def r_squared(ground_truth: Floats, predicted: Floats) -> WeightedScore:
    """1 - sum (y - f)^2 / sum (y - mean y)^2; more is better.

    A prediction that is always the mean has an R2 of 0. NaN where the ground truth does not vary.
    Draper and Smith, Applied Regression Analysis (1998), section 1.3.

    Args:
        ground_truth: True values, float64[n].
        predicted: Predicted values, float64[n].
    """
    squared_errors = (ground_truth - predicted) ** 2

    def explained_share(weights: Floats) -> float:
        total = weights.sum()
        if total == 0:
            return float("nan")
        variation = float(weights @ (ground_truth - weights @ ground_truth / total) ** 2)
        return 1 - float(weights @ squared_errors) / variation if variation > 0 else float("nan")

    return explained_share

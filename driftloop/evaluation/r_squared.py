"""Coefficient of determination."""

from driftloop.evaluation.weighted import Floats, Weighted


def r_squared(truth: Floats, predicted: Floats) -> Weighted:
    """1 - sum (y - f)^2 / sum (y - mean y)^2, of float64[n] each.

    0 is what always predicting the mean would reach. Draper and Smith, Applied Regression Analysis
    (1998), section 1.3. NaN where the truth does not vary.
    """
    errors = (truth - predicted) ** 2

    def share(weights: Floats) -> float:
        total = weights.sum()
        if total == 0:
            return float("nan")
        spread = float(weights @ (truth - weights @ truth / total) ** 2)
        return 1 - float(weights @ errors) / spread if spread > 0 else float("nan")

    return share

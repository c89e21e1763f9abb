"""Bias sum (y - f) / n, in the target's unit: above 0, predictions are too low. The sum is exact.

It is the error with the sign of y - f, the "mean bias" of forecast verification being its negative
(Jolliffe and Stephenson, "Forecast Verification", 2012, section 5.3).
"""

from driftloop.confidence_intervals import mean_interval
from driftloop.outcomes.exact_sums import to_float
from driftloop.outcomes.score_sums import RegressionSums, ScoreValue


def bias(sums: RegressionSums) -> ScoreValue:
    """The mean of y - f."""
    if not sums.rows > 0:
        return ScoreValue.not_defined("no record has a label")
    return ScoreValue(to_float(sums.moment("error")) / sums.rows)


def bias_interval(
    sums: RegressionSums, z: float, design_effect: float
) -> tuple[float, float] | None:
    """The normal interval of the mean; None with fewer than two rows."""
    total, squares = (to_float(sums.moment(one)) for one in ("error", "squared_error"))
    return mean_interval(total, squares, sums.rows, z, design_effect)

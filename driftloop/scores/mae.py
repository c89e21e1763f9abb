"""Mean absolute error sum |y - f| / n, in the target's unit. Less is better.

The proper score of a median: Gneiting, "Making and evaluating point forecasts", J. Am. Statist.
Assoc. 106 (2011). The sum is exact.
"""

from driftloop.confidence_intervals import mean_interval
from driftloop.outcomes.exact_sums import to_float
from driftloop.outcomes.score_sums import RegressionSums, ScoreValue


def mae(sums: RegressionSums) -> ScoreValue:
    """The mean of |y - f|."""
    if not sums.rows > 0:
        return ScoreValue.not_defined("no record has a label")
    return ScoreValue(to_float(sums.moment("absolute_error")) / sums.rows)


def mae_interval(
    sums: RegressionSums, z: float, design_effect: float
) -> tuple[float, float] | None:
    """The normal interval of the mean; None with fewer than two rows."""
    total, squares = (to_float(sums.moment(one)) for one in ("absolute_error", "squared_error"))
    return mean_interval(total, squares, sums.rows, z, design_effect)

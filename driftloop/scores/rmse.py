"""Root mean squared error sqrt(sum e^2 / n), e = y - f, in the target's unit. Less is better.

Squared error is the proper score of a mean: Gneiting, "Making and evaluating point forecasts",
J. Am. Statist. Assoc. 106 (2011). The sum is exact.
"""

from driftloop.confidence_intervals import mean_interval
from driftloop.outcomes.exact_sums import to_float
from driftloop.outcomes.score_sums import RegressionSums, ScoreValue


def rmse(sums: RegressionSums) -> ScoreValue:
    """The root of the mean."""
    if not sums.rows > 0:
        return ScoreValue.not_defined("no record has a label")
    return ScoreValue((to_float(sums.moment("squared_error")) / sums.rows) ** 0.5)


def rmse_interval(
    sums: RegressionSums, z: float, design_effect: float
) -> tuple[float, float] | None:
    """The roots of the normal interval of the mean of e^2; None with fewer than two rows."""
    squares = to_float(sums.moment("squared_error")), to_float(sums.moment("error_power_4"))
    interval = mean_interval(*squares, sums.rows, z, design_effect)
    if interval is None:
        return None
    return max(0.0, interval[0]) ** 0.5, interval[1] ** 0.5

"""Brier score: the mean squared difference of probability and outcome. Less is better.

Brier, "Verification of forecasts expressed in terms of probability", Mon. Weather Rev. 78 (1950).
Convention of scikit-learn: (p - y)^2 of the positive class of two, the sum over classes of several.
So it is 0 to 1 for two classes, and 0 to 2 for more. Each row's value is rounded to a multiple of
2^-20.
"""

from driftloop.confidence_intervals import mean_interval
from driftloop.outcomes.fixed_point import MEAN_ERROR
from driftloop.outcomes.score_sums import BinarySums, MulticlassSums, ScoreValue


def brier(sums: BinarySums | MulticlassSums) -> ScoreValue:
    """The mean over rows."""
    losses = sums.total_losses if isinstance(sums, BinarySums) else sums.losses
    if losses is None:
        return ScoreValue.not_defined("the probabilities of the classes are not known")
    if sums.outside:
        return ScoreValue.not_defined(f"scores that are no probabilities: {sums.outside:,}")
    if not sums.rows > 0:
        return ScoreValue.not_defined("no record has a label")
    return ScoreValue(float(losses[2] / sums.rows), MEAN_ERROR)


def brier_interval(
    sums: BinarySums | MulticlassSums, z: float, design_effect: float
) -> tuple[float, float] | None:
    """The normal interval of the mean; None with fewer than two rows."""
    losses = sums.total_losses if isinstance(sums, BinarySums) else sums.losses
    if losses is None:
        return None
    return mean_interval(float(losses[2]), float(losses[3]), sums.rows, z, design_effect)

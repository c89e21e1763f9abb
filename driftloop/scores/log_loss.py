"""Logarithmic score: the mean of -ln p(true class). Less is better.

Good, "Rational decisions", J. R. Statist. Soc. B 14 (1952). Probabilities are clipped to 2^-52, as
scikit-learn does. Each row's loss is rounded to a multiple of 2^-20.
"""

from driftloop.confidence_intervals import mean_interval
from driftloop.outcomes.fixed_point import MEAN_ERROR
from driftloop.outcomes.score_sums import BinarySums, MulticlassSums, ScoreValue


def log_loss(sums: BinarySums | MulticlassSums) -> ScoreValue:
    """The mean loss, 0 to 36.04."""
    losses = sums.total_losses if isinstance(sums, BinarySums) else sums.losses
    if losses is None:
        return ScoreValue.not_defined("the probabilities of the classes are not known")
    if sums.outside:
        return ScoreValue.not_defined(f"scores that are no probabilities: {sums.outside:,}")
    if not sums.rows > 0:
        return ScoreValue.not_defined("no record has a label")
    return ScoreValue(float(losses[0] / sums.rows), MEAN_ERROR)


def log_loss_interval(
    sums: BinarySums | MulticlassSums, z: float, design_effect: float
) -> tuple[float, float] | None:
    """The normal interval of the mean; None with fewer than two rows."""
    losses = sums.total_losses if isinstance(sums, BinarySums) else sums.losses
    if losses is None:
        return None
    return mean_interval(float(losses[0]), float(losses[1]), sums.rows, z, design_effect)

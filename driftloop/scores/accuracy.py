"""Accuracy: the share of rows whose predicted class is the true one. Exact."""

from driftloop.confidence_intervals import wilson_interval
from driftloop.outcomes.score_sums import BinarySums, MulticlassSums, ScoreValue


def accuracy(sums: BinarySums | MulticlassSums) -> ScoreValue:
    """Right rows / all rows."""
    if not sums.rows > 0:
        return ScoreValue.not_defined("no record has a label")
    return ScoreValue(_right(sums) / sums.rows)


def accuracy_interval(
    sums: BinarySums | MulticlassSums, z: float, design_effect: float
) -> tuple[float, float] | None:
    """Wilson's interval."""
    return wilson_interval(_right(sums), sums.rows, z, design_effect)


def _right(sums: BinarySums | MulticlassSums) -> float:
    if isinstance(sums, BinarySums):
        return sums.true_positives + sums.true_negatives
    return float(sums.right.sum())

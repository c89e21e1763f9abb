"""Precision: the share of rows predicted positive that are positive. Exact.

Of several classes: the mean over the classes that are predicted (macro).
"""

from driftloop.confidence_intervals import wilson_interval
from driftloop.outcomes.score_sums import BinarySums, MulticlassSums, ScoreValue


def precision(sums: BinarySums) -> ScoreValue:
    """tp / (tp + fp)."""
    predicted = sums.true_positives + sums.false_positives
    if not predicted > 0:
        return ScoreValue.not_defined("no labeled record is predicted positive")
    return ScoreValue(sums.true_positives / predicted)


def macro_precision(sums: MulticlassSums) -> ScoreValue:
    """The mean of each class's precision."""
    predicted = sums.predicted > 0
    if not predicted.any():
        return ScoreValue.not_defined("no record has a label")
    return ScoreValue(float((sums.right[predicted] / sums.predicted[predicted]).mean()))


def precision_interval(
    sums: BinarySums, z: float, design_effect: float
) -> tuple[float, float] | None:
    """Wilson's interval."""
    predicted = sums.true_positives + sums.false_positives
    return wilson_interval(sums.true_positives, predicted, z, design_effect)

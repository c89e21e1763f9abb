"""Recall, the true positive rate: the share of positive rows that are predicted positive. Exact.

Of several classes: the mean over the classes that have rows (macro).
"""

from driftloop.confidence_intervals import wilson_interval
from driftloop.outcomes.score_sums import BinarySums, MulticlassSums, ScoreValue


def recall(sums: BinarySums) -> ScoreValue:
    """tp / (tp + fn)."""
    if not sums.positives > 0:
        return ScoreValue.not_defined("no record is labeled positive")
    return ScoreValue(sums.true_positives / sums.positives)


def macro_recall(sums: MulticlassSums) -> ScoreValue:
    """The mean of each class's recall."""
    labeled = sums.labeled > 0
    if not labeled.any():
        return ScoreValue.not_defined("no record has a label")
    return ScoreValue(float((sums.right[labeled] / sums.labeled[labeled]).mean()))


def recall_interval(sums: BinarySums, z: float, design_effect: float) -> tuple[float, float] | None:
    """Wilson's interval."""
    return wilson_interval(sums.true_positives, sums.positives, z, design_effect)

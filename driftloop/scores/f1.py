"""F1: the harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn). Exact.

van Rijsbergen, "Information Retrieval" (1979), chapter 7. Of several classes: the mean over the
classes that have rows or are predicted (macro).

The variance is by the delta method on the multinomial counts: with D = 2 tp + fp + fn the
derivatives are 2 (fp + fn) / D^2 by tp, and -2 tp / D^2 by fp and by fn. F1 does not change with
the number of rows, so that no other term remains (Takahashi et al., "Confidence interval for
micro-averaged F1 and macro-averaged F1 scores", Appl. Intell. 52, 2022).
"""

from driftloop.outcomes.score_sums import BinarySums, MulticlassSums, ScoreValue


def f1(sums: BinarySums) -> ScoreValue:
    """F1 in [0, 1]."""
    size = 2 * sums.true_positives + sums.false_positives + sums.false_negatives
    if not size > 0:
        return ScoreValue.not_defined("no record is positive or predicted positive")
    return ScoreValue(2 * sums.true_positives / size)


def macro_f1(sums: MulticlassSums) -> ScoreValue:
    """The mean of each class's F1."""
    size = sums.labeled + sums.predicted
    used = size > 0
    if not used.any():
        return ScoreValue.not_defined("no record has a label")
    return ScoreValue(float((2 * sums.right[used] / size[used]).mean()))


def f1_interval(sums: BinarySums, z: float, design_effect: float) -> tuple[float, float] | None:
    """F1 plus and minus z standard errors; None where F1 is 0 or 1."""
    tp, errors = sums.true_positives, sums.false_positives + sums.false_negatives
    if not tp > 0 or not errors > 0:
        return None
    size = 2 * tp + errors
    variance = tp * (2 * errors / size**2) ** 2 + errors * (2 * tp / size**2) ** 2
    half = z * (variance * design_effect) ** 0.5
    return 2 * tp / size - half, 2 * tp / size + half

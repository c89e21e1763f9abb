"""Area under the ROC curve: P(score of a positive > score of a negative) + P(equal) / 2.

The Mann-Whitney form: Hanley and McNeil, "The meaning and use of the area under a ROC curve",
Radiology 143 (1982). On cells in ascending order it is

    A = sum_j p_j (Q_j + q_j / 2)

with p_j and q_j the shares of the positives and of the negatives in a cell, and Q_j the share of
the negatives below it. The order of rows is not known in cells whose rows may have several scores.
Each of their p_j q_j pairs of shares counts as half, and is between 0 and 1, so that A is within
sum p_j q_j / 2 over these cells. The error bound is therefore from the data themselves.

Of several classes: the mean over the classes of each against all others (Provost and Domingos,
"Well-trained PETs", 2001), without classes that no row, or every row, is of.

The variance is that of DeLong et al., "Comparing the areas under two or more correlated receiver
operating characteristic curves", Biometrics 44 (1988), with the mid-ranks of cells.
"""

import numpy as np

from driftloop.outcomes.score_sums import BinarySums, ClassCells, MulticlassSums, ScoreValue

ONE_CLASS = "all labels are of one class"


def roc_auc(sums: BinarySums) -> ScoreValue:
    """A in [0, 1]."""
    return _area(sums.cells)


def macro_roc_auc(sums: MulticlassSums) -> ScoreValue:
    """The mean of A over classes."""
    if not sums.cells:
        return ScoreValue.not_defined("the probabilities of the classes are not known")
    areas = [_area(cells) for cells in sums.cells]
    defined = [(area.value, area.bound) for area in areas if area.value is not None]
    if not defined:
        return ScoreValue.not_defined(ONE_CLASS)
    values, bounds = zip(*defined, strict=True)
    return ScoreValue(float(np.mean(values)), float(np.mean(bounds)))


def delong_interval(sums: BinarySums, z: float, design_effect: float) -> tuple[float, float] | None:
    """A plus and minus z standard errors; None with fewer than two rows of a class, or if A is 0 or
    1, where the variance says nothing."""
    negatives, positives = sums.cells.counts
    m, n = negatives.sum(), positives.sum()
    if n < 2 or m < 2:
        return None
    share_below = (np.cumsum(negatives) - negatives / 2) / m
    share_above = 1 - (np.cumsum(positives) - positives / 2) / n
    area = float(positives @ share_below / n)
    variance = positives @ (share_below - area) ** 2 / n / (n - 1)
    variance += negatives @ (share_above - area) ** 2 / m / (m - 1)
    half = z * float(np.sqrt(variance * design_effect))
    return (area - half, area + half) if half > 0 else None


def _area(cells: ClassCells) -> ScoreValue:
    negatives, positives = cells.counts
    pairs = float(negatives.sum()) * float(positives.sum())
    if not pairs > 0:
        return ScoreValue.not_defined(ONE_CLASS)
    below = np.cumsum(negatives) - negatives
    ordered = float(positives @ (below + negatives / 2))
    unknown = float(positives[cells.spread] @ negatives[cells.spread])
    return ScoreValue(ordered / pairs, unknown / pairs / 2)

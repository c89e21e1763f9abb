"""Area under the receiver operating characteristic curve."""

import numpy as np
from numpy.typing import NDArray

from driftloop.evaluation.weighted import Floats, Weighted


def roc_auc(positive: NDArray[np.bool_], scores: Floats) -> Weighted:
    """P(score of a positive > score of a negative) + P(equal) / 2, of bool[n] and float64[n].

    The Mann-Whitney form: Hanley and McNeil, "The meaning and use of the area under a ROC curve",
    Radiology 143 (1982). NaN where a class has no weight.
    """
    _, groups = np.unique(scores, return_inverse=True)

    def area(weights: Floats) -> float:
        up = np.bincount(groups, weights * positive)
        down = np.bincount(groups, weights * ~positive)
        pairs = up.sum() * down.sum()
        if pairs == 0:
            return float("nan")
        below = np.cumsum(down) - down
        return float((up * (below + down / 2)).sum() / pairs)

    return area

"""Area under the receiver operating characteristic curve.

Area under the ROC curve of several classes.
"""

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


def macro_roc_auc(codes: NDArray[np.int64], probabilities: Floats) -> Weighted:
    """The mean over classes of each one's area against the rest, each class counting the same.

    ``codes`` int64[n] number the columns of ``probabilities`` float64[n, k]. Provost and Domingos,
    "Well-trained PETs" (2001), in the unweighted form of scikit-learn's ``average="macro",
    multi_class="ovr"``. Classes without a row in the sample are left out.
    """
    areas = [
        roc_auc(codes == code, np.ascontiguousarray(probabilities[:, code]))
        for code in range(probabilities.shape[1])
    ]

    def mean(weights: Floats) -> float:
        found = np.array([area(weights) for area in areas])
        return float(np.nanmean(found)) if np.isfinite(found).any() else float("nan")

    return mean

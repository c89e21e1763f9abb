"""Area under the receiver operating characteristic curve, of two classes and of several."""

import numpy as np
from numpy.typing import NDArray

from driftloop.evaluation.weighted import Floats, WeightedScore


def roc_auc(is_positive: NDArray[np.bool_], scores: Floats) -> WeightedScore:
    """P(score of a positive > score of a negative) + P(equal) / 2; more is better.

    The Mann-Whitney form: Hanley and McNeil, "The meaning and use of the area under a ROC curve",
    Radiology 143 (1982). NaN where the total weight of a class is 0.

    Args:
        is_positive: Whether a row is of the positive class, bool[n].
        scores: Predicted scores of the positive class, float64[n].
    """
    _, groups = np.unique(scores, return_inverse=True)

    def area(weights: Floats) -> float:
        positives = np.bincount(groups, weights * is_positive)
        negatives = np.bincount(groups, weights * ~is_positive)
        pairs = positives.sum() * negatives.sum()
        if pairs == 0:
            return float("nan")
        negatives_below = np.cumsum(negatives) - negatives
        return float((positives * (negatives_below + negatives / 2)).sum() / pairs)

    return area


def macro_roc_auc(codes: NDArray[np.int64], probabilities: Floats) -> WeightedScore:
    """The unweighted mean over classes of each class's ROC AUC against all others; more is better.

    Provost and Domingos, "Well-trained PETs" (2001), in the form of scikit-learn's
    ``average="macro", multi_class="ovr"``. The mean excludes classes without a row in the sample.

    Args:
        codes: Codes of the true classes, which are columns of ``probabilities``, int64[n].
        probabilities: Predicted probabilities by class, float64[n, classes].
    """
    areas = [
        roc_auc(codes == code, np.ascontiguousarray(probabilities[:, code]))
        for code in range(probabilities.shape[1])
    ]

    def mean_area(weights: Floats) -> float:
        by_class = np.array([area(weights) for area in areas])
        return float(np.nanmean(by_class)) if np.isfinite(by_class).any() else float("nan")

    return mean_area

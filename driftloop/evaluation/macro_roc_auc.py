"""Area under the ROC curve of several classes."""

import numpy as np
from numpy.typing import NDArray

from driftloop.evaluation.roc_auc import roc_auc
from driftloop.evaluation.weighted import Floats, Weighted


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

"""Scores if every record without a label had the worst label, or the best one.

Manski, "Nonparametric bounds on treatment effects", Am. Econ. Rev. 80 (1990): what can be said of a
mean of which some values are missing, without any assumption on which ones.
"""

import numpy as np

from driftloop.outcomes import BinaryBinning, OutcomeBinning
from driftloop.performance.daily_outcomes import LabeledPredictions

_SMALLEST = 2.0**-52
"""Probabilities are clipped to it, as log-loss clips them."""


def assumption_free_bounds(
    binning: OutcomeBinning, rows: LabeledPredictions
) -> dict[str, tuple[float, float]]:
    """The lowest and highest value by score, of a binary model; empty for other models.

    Only means over records have such bounds: log-loss, Brier score and accuracy.
    """
    if not isinstance(binning, BinaryBinning):
        return {}
    scored = ~np.isnan(rows.records.predictions)
    scores, labels = rows.records.predictions[scored], rows.labels[scored]
    if not len(scores) or (scores < 0).any() or (scores > 1).any():
        return {}
    clipped = np.clip(scores, _SMALLEST, 1 - _SMALLEST)
    positive = scores >= binning.decision_threshold
    losses = {
        "log_loss": (-np.log(clipped), -np.log1p(-clipped)),
        "brier": ((1 - scores) ** 2, scores**2),
        "accuracy": (positive.astype(float), (~positive).astype(float)),
    }
    return {name: _bounds(labels, *pair) for name, pair in losses.items()}


def _bounds(
    labels: np.ndarray, if_positive: np.ndarray, if_negative: np.ndarray
) -> tuple[float, float]:
    known = np.where(labels == 1, if_positive, if_negative)
    missing = np.isnan(labels)
    low = np.where(missing, np.minimum(if_positive, if_negative), known)
    high = np.where(missing, np.maximum(if_positive, if_negative), known)
    return float(np.sort(low).mean()), float(np.sort(high).mean())

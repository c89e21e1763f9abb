"""Logarithmic score: the proper score of class probabilities."""

import numpy as np
from numpy.typing import NDArray

from driftloop.evaluation.weighted import Floats, WeightedScore

MIN_PROBABILITY = float(np.finfo(np.float64).eps)
"""Probabilities are clipped to at least this: the loss of a probability of 0 is infinite."""


def log_loss(codes: NDArray[np.int64], probabilities: Floats) -> WeightedScore:
    """Mean of -ln p(true class); less is better.

    Good, "Rational decisions", J. R. Statist. Soc. B 14 (1952); clipped as scikit-learn does.

    Args:
        codes: Codes of the true classes, int64[n].
        probabilities: Predicted probabilities by class, float64[n, classes].
    """
    clipped = np.clip(probabilities, MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    normalized = clipped / clipped.sum(axis=1, keepdims=True)
    losses = -np.log(normalized[np.arange(len(codes)), codes])

    def weighted_mean(weights: Floats) -> float:
        total = weights.sum()
        return float(weights @ losses / total) if total > 0 else float("nan")

    return weighted_mean

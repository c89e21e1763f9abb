"""Logarithmic score: the proper score of class probabilities."""

import numpy as np
from numpy.typing import NDArray

from driftloop.evaluation.weighted import Floats, Weighted

SMALLEST = float(np.finfo(np.float64).eps)
"""Probabilities are kept this far from 0 and 1, or one sure error would cost infinitely much."""


def log_loss(codes: NDArray[np.int64], probabilities: Floats) -> Weighted:
    """Mean of -ln p(true class), of int64[n] and float64[n, k]; less is better.

    Good, "Rational decisions", J. R. Statist. Soc. B 14 (1952); clipped as scikit-learn does.
    """
    clipped = np.clip(probabilities, SMALLEST, 1 - SMALLEST)
    shares = clipped / clipped.sum(axis=1, keepdims=True)
    losses = -np.log(shares[np.arange(len(codes)), codes])

    def mean(weights: Floats) -> float:
        total = weights.sum()
        return float(weights @ losses / total) if total > 0 else float("nan")

    return mean

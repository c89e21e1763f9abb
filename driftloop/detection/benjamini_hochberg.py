"""The false discovery rate over many tests, optionally weighted.

Sources: Benjamini and Hochberg, "Controlling the false discovery rate", J. R. Stat. Soc. B 57
(1995); with weights Genovese, Roeder and Wasserman, "False discovery control with p-value
weighting", Biometrika 93 (2006).

``scipy.stats.false_discovery_control`` gives the same q-values (a property test holds this to it).
It is not used here because the Lambda function ``detect`` imports this module, and importing
``scipy.stats`` would add 0.4 s to its cold start.
"""

from collections.abc import Sequence

import numpy as np


def q_values(p_values: Sequence[float]) -> list[float]:
    """The smallest false discovery rate at which each hypothesis is rejected."""
    count = len(p_values)
    descending = np.argsort(p_values, kind="stable")[::-1]
    ranks = np.arange(count, 0, -1)
    scaled = np.asarray(p_values, dtype=np.float64)[descending] * count / ranks
    q = np.empty(count)
    q[descending] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return [float(value) for value in q]


def weights(feature_weights: Sequence[float]) -> list[float]:
    """Weights in proportion to the given ones, with a mean of 1; all 1 where all are 0."""
    mean = sum(feature_weights) / max(len(feature_weights), 1)
    return [weight / mean if mean else 1.0 for weight in feature_weights]


def weighted_p_value(p_value: float, weight: float, rate: float) -> float:
    """p / w, which the procedure takes in place of p; infinite where the weight is 0.

    A p-value above ``rate`` is never lowered: no weight may reject a hypothesis that would not be
    rejected as the only one.

    Args:
        p_value: p.
        weight: w, 0 or more, with a mean of 1 over all tests.
        rate: The false discovery rate.
    """
    if not weight:
        return float("inf")
    weighted = p_value / weight
    return weighted if p_value <= rate else max(p_value, weighted)


def cutoff(p_values: Sequence[float], rate: float) -> float:
    """The largest p-value that is rejected at a false discovery rate.

    It is max(rejected, 1) * rate / count, so that it is positive where nothing is rejected.
    """
    count = len(p_values)
    if not count:
        return 0.0
    rejected = sum(q <= rate for q in q_values(p_values))
    return max(rejected, 1) * rate / count

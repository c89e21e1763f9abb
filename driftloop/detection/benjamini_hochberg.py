"""The false discovery rate over many tests.

Benjamini and Hochberg, "Controlling the false discovery rate", J. R. Stat. Soc. B 57 (1995);
with weights Genovese, Roeder and Wasserman, "False discovery control with p-value weighting",
Biometrika 93 (2006).
"""

from collections.abc import Sequence

import numpy as np


def q_values(p_values: Sequence[float]) -> list[float]:
    """The smallest rate at which each hypothesis is rejected."""
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")[::-1]
    ranks = np.arange(count, 0, -1)
    stepped = np.minimum.accumulate(np.asarray(p_values, dtype=np.float64)[order] * count / ranks)
    found = np.empty(count)
    found[order] = np.minimum(stepped, 1.0)
    return [float(q) for q in found]


def weights(importances: Sequence[float]) -> list[float]:
    """Weights in proportion to importances, with a mean of 1; all 1 where no one has any."""
    mean = sum(importances) / max(len(importances), 1)
    return [importance / mean if mean else 1.0 for importance in importances]


def weighted_p_value(p_value: float, weight: float, rate: float) -> float:
    """p / w, which the procedure takes in place of p; infinite where the weight is 0.

    A p-value above ``rate`` stays at least what it is: no weight makes a discovery of one that
    would be none as the only test.
    """
    if not weight:
        return float("inf")
    lightened = p_value / weight
    return lightened if p_value <= rate else max(p_value, lightened)


def cutoff(p_values: Sequence[float], rate: float) -> float:
    """The bound that a p-value must not exceed to be rejected: (rejected or 1) * rate / count."""
    count = len(p_values)
    if not count:
        return 0.0
    rejected = sum(q <= rate for q in q_values(p_values))
    return max(rejected, 1) * rate / count

"""The false discovery rate over many tests.

Benjamini and Hochberg, "Controlling the false discovery rate", J. R. Stat. Soc. B 57 (1995).
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


def cutoff(p_values: Sequence[float], rate: float) -> float:
    """The bound that a p-value must not exceed to be rejected: (rejected or 1) * rate / count."""
    count = len(p_values)
    if not count:
        return 0.0
    rejected = sum(q <= rate for q in q_values(p_values))
    return max(rejected, 1) * rate / count

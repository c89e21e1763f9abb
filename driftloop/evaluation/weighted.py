"""What all scores have in common: prepared once, then evaluated on weights of the rows.

A bootstrap sample is nothing but how often each row was drawn, so that what is costly (sorting)
is done once and not for every sample.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Weighted = Callable[[Floats], float]
"""A score as a function of row weights float64[n] >= 0; NaN where it is not defined."""


def unweighted(score: Weighted, rows: int) -> float:
    """The score on the rows as they are."""
    return score(np.ones(rows))

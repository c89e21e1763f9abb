"""The form of all scores: prepared once, then computed for any weights of the rows.

A bootstrap resample is a count per row of how often it was drawn. Expensive work such as sorting is
therefore done once, and not once per resample.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WeightedScore = Callable[[Floats], float]
"""A score as a function of row weights float64[n] >= 0; NaN where the score is not defined."""


def unweighted(score: WeightedScore, rows: int) -> float:
    """The score with a weight of 1 for each of ``rows`` rows."""
    return score(np.ones(rows))

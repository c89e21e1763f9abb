"""How two numeric columns go together, free of how each lies: shares by fifths of either."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

QUINTILES = 5

Floats = NDArray[np.float64]


def quintile_table(first: Floats, second: Floats) -> dict[str, Any]:
    """``records`` with both values, and their ``shares`` by fifth of the first (rows, low to high)
    and of the second (columns).

    Both are float64[n], NaN where a value is missing. Fifths are of the side's own records, ties
    by their middle rank: columns that don't hang together have about 4% everywhere.
    """
    both = ~(np.isnan(first) | np.isnan(second))
    records = int(np.count_nonzero(both))
    cells = _quintile(first[both]) * QUINTILES + _quintile(second[both])
    counts = np.bincount(cells, minlength=QUINTILES**2).reshape(QUINTILES, QUINTILES)
    return {"records": records, "shares": (counts / max(records, 1)).tolist()}


def _quintile(values: Floats) -> NDArray[np.int64]:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / max(len(values), 1)
    found: NDArray[np.int64] = np.minimum(middle * QUINTILES, QUINTILES - 1).astype(np.int64)[
        places
    ]
    return found

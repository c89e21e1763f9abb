"""Association with a partner: the day's table against the reference's under the day's margins.

The reference's table is raked to the margins of the day (Deming and Stephan, Ann. Math. Stat. 11,
1940), which keeps its odds ratios: a change of one column alone is no change of association. The
distance is Hellinger's, less what chance alone would give (see ``shares``).
"""

import numpy as np

from driftloop.daily.column_day import ColumnDay
from driftloop.daily.day import Counts
from driftloop.profile.numeric.precision import Floats

MIN_RECORDS = 20
"""Records that a table must have."""

MIN_MARGIN = 5
"""Records of the day that a row or column of the table must have to be compared."""

_ITERATIONS = 15
_SMALL = 1e-9


def association(day: ColumnDay) -> float | None:
    """The largest distance over the partners."""
    distances = [table_distance(pair.reference, pair.current) for pair in day.tables]
    found = [distance for distance in distances if distance is not None]
    return max(found) if found else None


def table_distance(reference: Counts, current: Counts) -> float | None:
    """sqrt(max(0, 2 - 2 sum sqrt(p q) - (r - 1)(c - 1) / (4 n))), q raked to the margins of p.

    Args:
        reference: Counts of the reference, int64[6, 6].
        current: Counts of the day, int64[6, 6].

    Returns:
        The distance; None where the day has too few records.
    """
    if current.sum() < MIN_RECORDS:
        return None
    rows = (current.sum(axis=1) >= MIN_MARGIN) & (reference.sum(axis=1) > 0)
    columns = (current.sum(axis=0) >= MIN_MARGIN) & (reference.sum(axis=0) > 0)
    table = current[rows][:, columns].astype(np.float64)
    n = float(table.sum())
    if min(table.shape) < 2 or n < MIN_RECORDS:
        return 0.0
    q = rake(reference[rows][:, columns] + 0.5, table)
    dof = (table.shape[0] - 1) * (table.shape[1] - 1)
    overlap = float(np.sqrt(table * q).sum()) / n
    return float(np.sqrt(max(0.0, 2 - 2 * overlap - dof / 4 / n)))


def rake(reference: Floats, target: Floats) -> Floats:
    """The reference with the margins of the target, float64[r, c] each."""
    q = reference / reference.sum() * target.sum()
    for _ in range(_ITERATIONS):
        q = q * (target.sum(axis=1) / np.maximum(q.sum(axis=1), _SMALL))[:, None]
        q = q * (target.sum(axis=0) / np.maximum(q.sum(axis=0), _SMALL))[None, :]
    return np.asarray(q)

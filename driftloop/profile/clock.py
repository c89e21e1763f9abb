"""Whether the time of the request decides a part of the calendar of a date.

The weekday of yesterday's orders is that of yesterday: in a window of one hour all have the same,
which is no drift. So is, less visibly, that of deadlines one to thirty days ahead, since thirty is
no whole number of weeks. Such a part depends on the same part of the request's own time.
"""

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]

MOVED = 0.05
"""Effect w, on average over the clock's positions, from which a part is moved by the clock: a
quarter of the default floor of drift."""

MIN_AT_ONE = 20
"""Rows of one position of the clock, of which half must be known to compare them."""

NORMAL_99 = 2.326
"""Quantile of the normal distribution at 99%."""


def depends_on_request_time(positions: Codes, parts: Codes, count: int) -> bool:
    """Whether parts int64[n] of a calendar of ``count`` depend on the clock's own int64[n].

    Training data that has seen half of the clock's positions shows it itself: the chi-square
    statistic of parts by positions. Else ages are taken to be the same whenever they are looked at,
    so that the parts stay where they are only if ages fall evenly into the cycle. Both need an
    excess of the statistic over its freedom of ``MOVED`` squared for each row, and 99% sureness.
    """
    table = np.bincount(positions * count + parts, minlength=count**2).reshape(count, count)
    known = table[table.sum(axis=1) >= MIN_AT_ONE]
    if 2 * len(known) < count:
        known = np.array([np.bincount((positions - parts) % count, minlength=count)])
        expected = np.full((1, count), known.sum() / count)
        dof = count - 1
    else:
        known = known[:, known.sum(axis=0) > 0]
        expected = np.outer(known.sum(axis=1), known.sum(axis=0)) / known.sum()
        dof = (known.shape[0] - 1) * (known.shape[1] - 1)
    rows = int(known.sum())
    if not rows or not dof:
        return False
    statistic = float(((known - expected) ** 2 / expected).sum())
    return statistic - dof >= MOVED**2 * rows and statistic > chi_square_critical_value(dof)


def chi_square_critical_value(dof: int) -> float:
    """The chi-square distribution's 99% quantile (Wilson and Hilferty, PNAS 17, 1931)."""
    spread = 2 / (9 * dof)
    return float(dof * (1 - spread + NORMAL_99 * spread**0.5) ** 3)

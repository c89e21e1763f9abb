"""How a numeric column of training data tells that its rows were counted, or follow time.

What is meant by these, and why, stands in :mod:`driftloop.profile.feature_screening`.

Whether the time of the request decides a part of the calendar of a date.

The weekday of yesterday's orders is that of yesterday: in a window of one hour all have the same,
which is no drift. So is, less visibly, that of deadlines one to thirty days ahead, since thirty is
no whole number of weeks. Such a part depends on the same part of the request's own time.
"""

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.numeric.precision import MAX_INTEGER, Floats

MIN_ROWS = 100
"""Rows with a value, without which nothing is left out."""

BLOCKS = 20
MIDDLE_QUANTILES = (0.1, 0.9)
MIN_STEP_RATIO = 0.25
"""Part of the median step between blocks, below which the first or the last one is a rest."""

MIN_DISTINCT_SHARE = 0.99
"""Distinct values for each row, of row numbers."""

MIN_RANGE_SHARE = 0.2
"""Part of the whole numbers in their range that row numbers make up. As many random draws would
repeat a tenth of their values, and not a hundredth."""

MAX_STRAY_SHARE = 0.01
"""Part of the values at either end that may be no row numbers: 0 or -1 for unknown, say."""

MAX_RATE_RATIO = 3.0
"""Times the smallest growth from block to block that the largest may be, of a steady rate."""

CENTURY = (946_684_800.0, 4_102_444_800.0)
"""2000 to 2100, in seconds since 1970."""


def is_monotone_in_time(values: Floats) -> bool:
    """Whether values float64[n], in the order of time, all rise or all fall with it."""
    finite = values[np.isfinite(values)]
    return len(finite) >= MIN_ROWS and _follows(finite)


def is_row_number(values: Floats) -> bool:
    """Whether values float64[n], in any order, are distinct whole numbers with few gaps."""
    finite = values[np.isfinite(values)]
    distinct = _whole_numbers(finite)
    if len(finite) < MIN_ROWS or len(distinct) < MIN_DISTINCT_SHARE * len(finite):
        return False
    return _has_few_gaps(distinct)


def is_epoch_time(values: Floats) -> bool:
    """Whether values float64[n] count seconds, or parts of them, since 1970 and are of this
    century."""
    finite = values[np.isfinite(values)]
    return len(finite) > 0 and any(
        CENTURY[0] * parts <= finite.min() and finite.max() <= CENTURY[1] * parts
        for parts in (1.0, 1e3, 1e6, 1e9)
    )


def is_counter(values: Floats) -> bool:
    """Whether values in order are whole numbers with few gaps that grow at a steady rate."""
    finite = values[np.isfinite(values)]
    distinct = _whole_numbers(finite)
    if len(finite) < MIN_ROWS or len(distinct) < MIN_ROWS or not _has_few_gaps(distinct):
        return False
    steps = np.abs(np.diff(np.median(_blocks(finite), axis=1)))
    return bool(steps.max() <= MAX_RATE_RATIO * steps.min())


def _whole_numbers(values: Floats) -> NDArray[np.int64]:
    """Those of finite float64[n] that are whole, distinct and ascending."""
    whole = (values == np.rint(values)) & (np.abs(values) < MAX_INTEGER)
    return np.unique(values[whole]).astype(np.int64)


def _has_few_gaps(distinct: NDArray[np.int64]) -> bool:
    stray = int(MAX_STRAY_SHARE * len(distinct))
    inner = distinct[stray : len(distinct) - stray]
    steps = (inner[-1] - inner[0]) // np.gcd.reduce(np.diff(inner))
    return bool(len(inner) > MIN_RANGE_SHARE * steps)


def _blocks(values: Floats) -> Floats:
    return values[: len(values) // BLOCKS * BLOCKS].reshape(BLOCKS, -1)


def _follows(values: Floats) -> bool:
    """Whether values rise, or fall, from block to block."""
    blocks = _blocks(values)
    with np.errstate(over="ignore", invalid="ignore"):  # of values near the largest float64
        low, middle, high = np.quantile(
            blocks, (MIDDLE_QUANTILES[0], 0.5, MIDDLE_QUANTILES[1]), axis=1
        )
        steps = np.abs(np.diff(middle))
    if min(steps[0], steps[-1]) < MIN_STEP_RATIO * np.median(steps):
        return False
    # neighbors may overlap a little where rows arrive out of turn; every second block may not
    rising, falling = low[2:] > high[:-2], high[2:] < low[:-2]
    return bool(max(np.count_nonzero(rising), np.count_nonzero(falling)) >= BLOCKS - 2 - 1)


Codes = NDArray[np.int64]

MIN_DEPENDENCE = 0.05
"""Effect w, on average over the clock's positions, from which a part is moved by the clock: a
quarter of the default floor of drift."""

MIN_ROWS_PER_POSITION = 20
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
    known = table[table.sum(axis=1) >= MIN_ROWS_PER_POSITION]
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
    return statistic - dof >= MIN_DEPENDENCE**2 * rows and statistic > chi_square_critical_value(
        dof
    )


def chi_square_critical_value(dof: int) -> float:
    """The chi-square distribution's 99% quantile (Wilson and Hilferty, PNAS 17, 1931)."""
    spread = 2 / (9 * dof)
    return float(dof * (1 - spread + NORMAL_99 * spread**0.5) ** 3)

"""Tests whether the values of a training column are numbers of rows, or depend on time.

:mod:`driftloop.profile.feature_screening` explains why such columns are excluded. Also tests
whether the time of the request determines a part of the calendar of a date: the weekday of
yesterday's orders is that of yesterday, so in a window of one hour all orders have the same, which
is not drift. The same holds, less visibly, for deadlines one to thirty days ahead, since thirty
days are no whole number of weeks. Such a part depends on the same part of the request's own time.
"""

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.numeric.precision import MAX_INTEGER, Floats

Positions = NDArray[np.int64]

MIN_ROWS = 100
"""Rows with a value that a column needs to be excluded: fewer show nothing for certain."""

BLOCKS = 20
"""Blocks of equal size into which rows are divided by time."""

MIDDLE_QUANTILES = (0.1, 0.9)
"""Quantiles between which the middle 80% of the values are."""

MIN_STEP_RATIO = 0.25
"""The first and the last step between blocks, relative to the median step. A smaller one means that
the column has come to rest, as half a cycle does."""

MIN_DISTINCT_SHARE = 0.99
"""Distinct values per row of row numbers."""

MIN_RANGE_SHARE = 0.2
"""Share of the integers in their range that row numbers make up. As many random draws would repeat
a tenth of their values, and row numbers repeat less than a hundredth."""

MAX_STRAY_SHARE = 0.01
"""Share of the values at each end that may be no row numbers, such as 0 or -1 for unknown."""

MAX_RATE_RATIO = 3.0
"""The largest growth from block to block relative to the smallest one, for a steady rate."""

CENTURY = (946_684_800.0, 4_102_444_800.0)
"""2000 to 2100, in seconds since 1970."""


MIN_DEPENDENCE = 0.05
"""Cohen's w, on average over the positions of the clock, from which a part depends on the time of
the request: a quarter of the default minimum effect size."""

MIN_ROWS_PER_POSITION = 20
"""Rows that a position of the clock needs to be compared; half of the positions must have them."""

NORMAL_99 = 2.326
"""99% quantile of the standard normal distribution."""


def is_monotone_in_time(values: Floats) -> bool:
    """Whether values, float64[n] sorted by time, all rise or all fall with it."""
    finite = values[np.isfinite(values)]
    return len(finite) >= MIN_ROWS and _is_monotone_by_block(finite)


def is_row_number(values: Floats) -> bool:
    """Whether values, float64[n] in any order, are distinct integers with few gaps."""
    finite = values[np.isfinite(values)]
    distinct = _distinct_integers(finite)
    if len(finite) < MIN_ROWS or len(distinct) < MIN_DISTINCT_SHARE * len(finite):
        return False
    return _has_few_gaps(distinct)


def is_epoch_time(values: Floats) -> bool:
    """Whether values, float64[n], are epoch times of this century, in seconds to nanoseconds."""
    finite = values[np.isfinite(values)]
    return len(finite) > 0 and any(
        CENTURY[0] * parts <= finite.min() and finite.max() <= CENTURY[1] * parts
        for parts in (1.0, 1e3, 1e6, 1e9)
    )


def is_counter(values: Floats) -> bool:
    """Whether values, float64[n] in order, are integers with few gaps and a steady rate."""
    finite = values[np.isfinite(values)]
    distinct = _distinct_integers(finite)
    if len(finite) < MIN_ROWS or len(distinct) < MIN_ROWS or not _has_few_gaps(distinct):
        return False
    steps = np.abs(np.diff(np.median(_blocks(finite), axis=1)))
    return bool(steps.max() <= MAX_RATE_RATIO * steps.min())


def depends_on_request_time(positions: Positions, parts: Positions, part_count: int) -> bool:
    """Whether a date's parts of the calendar depend on the same part of the request's time.

    Training data that covers half of the clock's positions shows it directly: by the chi-square
    statistic of parts by positions. Otherwise, the distribution of ages is assumed to be the same
    at any time, so that the parts are independent of it only if ages are uniform over the cycle.
    Both tests require that the statistic exceeds its degrees of freedom by at least
    ``MIN_DEPENDENCE`` squared per row, and its 99% quantile.

    Args:
        positions: Parts of the request times, int64[n].
        parts: Parts of the dates, int64[n].
        part_count: Number of parts in the cycle.
    """
    table = np.bincount(positions * part_count + parts, minlength=part_count**2).reshape(
        part_count, part_count
    )
    counts = table[table.sum(axis=1) >= MIN_ROWS_PER_POSITION]
    if 2 * len(counts) < part_count:
        counts = np.array([np.bincount((positions - parts) % part_count, minlength=part_count)])
        expected = np.full((1, part_count), counts.sum() / part_count)
        dof = part_count - 1
    else:
        counts = counts[:, counts.sum(axis=0) > 0]
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
        dof = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    rows = int(counts.sum())
    if not rows or not dof:
        return False
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return statistic - dof >= MIN_DEPENDENCE**2 * rows and statistic > chi_square_critical_value(
        dof
    )


def chi_square_critical_value(dof: int) -> float:
    """The chi-square distribution's 99% quantile (Wilson and Hilferty, PNAS 17, 1931)."""
    scaled_variance = 2 / (9 * dof)
    return float(dof * (1 - scaled_variance + NORMAL_99 * scaled_variance**0.5) ** 3)


def _distinct_integers(values: Floats) -> NDArray[np.int64]:
    """int64[k]: the distinct integers among finite values float64[n], ascending."""
    is_whole = (values == np.rint(values)) & (np.abs(values) < MAX_INTEGER)
    return np.unique(values[is_whole]).astype(np.int64)


def _has_few_gaps(distinct: NDArray[np.int64]) -> bool:
    stray_count = int(MAX_STRAY_SHARE * len(distinct))
    without_stray = distinct[stray_count : len(distinct) - stray_count]
    steps = (without_stray[-1] - without_stray[0]) // np.gcd.reduce(np.diff(without_stray))
    return bool(len(without_stray) > MIN_RANGE_SHARE * steps)


def _blocks(values: Floats) -> Floats:
    return values[: len(values) // BLOCKS * BLOCKS].reshape(BLOCKS, -1)


def _is_monotone_by_block(values: Floats) -> bool:
    """Whether values rise, or fall, from block to block."""
    blocks = _blocks(values)
    with np.errstate(over="ignore", invalid="ignore"):  # of values near the largest float64
        low, medians, high = np.quantile(
            blocks, (MIDDLE_QUANTILES[0], 0.5, MIDDLE_QUANTILES[1]), axis=1
        )
        steps = np.abs(np.diff(medians))
    if min(steps[0], steps[-1]) < MIN_STEP_RATIO * np.median(steps):
        return False
    # neighboring blocks may overlap a little, if rows arrive out of order; every second one may not
    rising, falling = low[2:] > high[:-2], high[2:] < low[:-2]
    return bool(max(np.count_nonzero(rising), np.count_nonzero(falling)) >= BLOCKS - 2 - 1)

"""How finely a numeric column must be compared, read off the reference.

Six significant digits forgive the way through text and float32, and hide nothing in most columns.
In a column whose spread is small against its size (1.7e9 plus some seconds) they would put much of
the reference into one knot. There the unit is the widest power of ten at which no knot stands for
more than a small share of values that differ. A column of which nearly all values are integers has
1 at most: these are compared exactly, and a stray fraction or outlier changes nothing for others.
"""

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.significant import DIGITS, Floats, power_below, round_to_resolution

NEARLY_ALL = 0.95
"""Share of integers from which on they are compared exactly."""

MAX_INTEGER = 2.0**53
"""From here on float64 can't hold every integer, and is an integer whatever it was meant to be."""

FEW_ROWS = 5
"""Rows that may lie in one knot though they differ, however few there are: they move no verdict."""

ROUND_OFF = 2.0**-23
"""Relative distance of values that float32 makes one."""

FORMS = 4
"""Distinct values within ``ROUND_OFF`` of each other that may be one number in several forms: as
float64, as float32, and as the text of either. More are values of their own, unless within
``JITTER``, the round-off of some float64 additions."""

JITTER = 2.0**-48


def is_integral(ordered: Floats) -> bool:
    """Whether at least ``NEARLY_ALL`` of finite float64[n] are integers; true of none."""
    whole = (ordered == np.rint(ordered)) & (np.abs(ordered) < MAX_INTEGER)
    return bool(not len(ordered) or np.mean(whole) >= NEARLY_ALL)


def coarsest_resolution(ordered: Floats, *, integral: bool, split_points: int) -> float:
    """The widest unit, a power of ten or infinity, for finite float64[n >= 1], ascending.

    At most the larger of 1/``split_points`` and ``FEW_ROWS`` values of a knot differ.
    """
    unit = 1.0 if integral else np.inf
    while (hidden := _largest_hidden(ordered, unit, split_points)) is not None:
        finer = min(_tenth(_unit_at(hidden)), _tenth(unit))
        if finer >= unit:
            break  # the smallest magnitudes can't be cut further
        unit = finer
    return unit


def _largest_hidden(ordered: Floats, unit: float, split_points: int) -> float | None:
    """The largest magnitude at which too many values that differ are one in this unit."""
    starts = np.flatnonzero(np.diff(round_to_resolution(ordered, unit=unit), prepend=-np.inf))
    ends = np.append(starts[1:], len(ordered))
    many = ends - starts > max(len(ordered) / split_points, FEW_ROWS)
    starts, ends = starts[many], ends[many]
    hidden = ordered[starts[values_differ(ordered, starts, ends)]]
    return float(np.abs(hidden).max()) if len(hidden) else None


def _unit_at(size: float) -> float:
    return float(power_below(np.array([size]), DIGITS - 1)[0])


def _tenth(unit: float) -> float:
    """The power of ten below, or the unit itself where that is infinite."""
    return unit if np.isinf(unit) else float(power_below(np.array([unit]), 1)[0])


def values_differ(
    ordered: Floats, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which slices of ascending float64[n] hold values that differ by more than round-off, bool[k].

    ``starts`` and ``ends`` int64[k] may be equal, for slices without a value.
    """
    place = np.cumsum(np.diff(ordered, prepend=ordered[0]) > 0)
    first, last = np.minimum(starts, len(ordered) - 1), np.maximum(ends - 1, 0)
    low, high = ordered[first], ordered[last]
    size = np.maximum(np.abs(low), np.abs(high)) / 2
    width = high / 2 - low / 2  # halves, since the whole could overflow
    forms = place[last] - place[first] + 1
    many = (width > size * JITTER) & (forms > FORMS)
    return np.asarray((ends > starts) & (many | (width > size * ROUND_OFF)), dtype=np.bool_)

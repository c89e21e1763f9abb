"""How finely a numeric column must be compared, read off the reference.

Six significant digits forgive the way through text and float32, and hide nothing in most columns.
In a column whose spread is small against its size (1.7e9 plus some seconds) they would put much of
the reference into one knot. There the unit is the widest power of ten at which no knot stands for
more than a small share of values that differ. A column of which nearly all values are integers has
1 at most: these are compared exactly, and a stray fraction or outlier changes nothing for others.

What values were rounded to: multiples of a step, or so many significant digits.

Values to six significant digits: what the way through text and float32 leaves intact.

A value read back from ``float32`` text differs from the training data's in its last digits, and in
a column with atoms (prices, 1/k) that alone makes a Kolmogorov-Smirnov distance of 0.09 to 0.17.
So a value is compared by the interval of numbers that it stands for, on both sides alike. Where
six digits would hide how a column lies (1.7e9 plus some seconds), its unit is finer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIGNIFICANT_DIGITS = 6
MAX_FLOAT = float(np.finfo(np.float64).max)
"""What an infinity is compared as: above, or below, all that is finite."""

Floats = NDArray[np.float64]

_MIN_EXPONENT = -302
_MANTISSA = 2.0**52
# a table, since log10 and power differ in their last bit from one processor to the next
_POWERS = np.array([float(f"1e{e}") for e in range(_MIN_EXPONENT, 309)])


def round_to_resolution(values: Floats, *, resolution: float = np.inf) -> Floats:
    """float64[n] to six significant digits, or to multiples of ``unit`` where these are finer.

    ``unit`` is a power of ten, or infinity. What float64 can't hold more coarsely stays as it is.
    """
    size = np.abs(values)
    exponent = np.minimum(
        _exponent(size) - (SIGNIFICANT_DIGITS - 1), _exponent(np.array([resolution]))
    )
    with np.errstate(over="ignore", invalid="ignore"):
        fine = np.rint(values * _power(-exponent)) / _power(-exponent)
        coarse = np.rint(values / _power(exponent)) * _power(exponent)
        whole = size >= _power(exponent) * _MANTISSA
    nearest = np.where(exponent < 0, fine, coarse)
    kept = np.where((size < _POWERS[SIGNIFICANT_DIGITS - 1]) | whole, values, nearest)
    return np.clip(kept, -MAX_FLOAT, MAX_FLOAT) + 0.0  # makes -0.0 the same value as 0.0


def rounding_intervals(
    split_points: Floats, *, resolution: float = np.inf
) -> tuple[Floats, Floats]:
    """The half-open interval [low, high) of numbers that each rounded value stands for.

    ``split_points`` are ascending. The unit below a power of ten is a tenth of the one above it,
    so an
    interval need not be symmetric. Intervals of neighbors never overlap.
    """
    size = np.abs(split_points)
    outward, inward = (
        half_resolution(size, resolution),
        half_resolution(np.nextafter(size, 0.0), resolution),
    )
    positive = split_points > 0
    with np.errstate(over="ignore"):
        low = split_points - np.where(positive, inward, outward)
        high = np.maximum(
            split_points + np.where(positive, outward, inward), np.nextafter(split_points, np.inf)
        )
    high[:-1] = np.minimum(high[:-1], low[1:])
    return low, high


def _exponent(size: Floats) -> NDArray[np.int64]:
    """The decimal exponent of each magnitude, not below that of the smallest tabled power."""
    index = np.searchsorted(_POWERS, size, side="right") - 1
    return np.maximum(index, 0) + _MIN_EXPONENT


def _power(exponent: NDArray[np.int64]) -> Floats:
    """Ten to the exponent, clipped to the table."""
    return np.asarray(
        _POWERS[np.clip(exponent - _MIN_EXPONENT, 0, len(_POWERS) - 1)], dtype=np.float64
    )


def power_below(size: Floats, digits: int) -> Floats:
    """The power of ten that is ``digits`` digits below the first one of each magnitude."""
    return _power(_exponent(size) - digits)


def half_resolution(size: Floats, resolution: float = np.inf) -> Floats:
    """Half of one in the sixth significant digit, or of ``unit`` where that is finer; 0 where a
    magnitude is too small to be cut."""
    half = np.minimum(power_below(size, SIGNIFICANT_DIGITS - 1), resolution) / 2
    return np.where(size < _POWERS[SIGNIFICANT_DIGITS - 1], 0.0, half)


MIN_INTEGER_SHARE = 0.95
"""Share of integers from which on they are compared exactly."""

MAX_INTEGER = 2.0**53
"""From here on float64 can't hold every integer, and is an integer whatever it was meant to be."""

MIN_HIDDEN_VALUES = 5
"""Rows that may lie in one knot though they differ, however few there are: they move no verdict."""

FLOAT32_ROUNDING = 2.0**-23
"""Relative distance of values that float32 makes one."""

MAX_FORMS = 4
"""Distinct values within ``ROUND_OFF`` of each other that may be one number in several forms: as
float64, as float32, and as the text of either. More are values of their own, unless within
``JITTER``, the round-off of some float64 additions."""

FLOAT64_ROUNDING = 2.0**-48


def is_mostly_integer(ordered: Floats) -> bool:
    """Whether at least ``NEARLY_ALL`` of finite float64[n] are integers; true of none."""
    whole = (ordered == np.rint(ordered)) & (np.abs(ordered) < MAX_INTEGER)
    return bool(not len(ordered) or np.mean(whole) >= MIN_INTEGER_SHARE)


def coarsest_resolution(ordered: Floats, *, is_integer: bool, max_split_points: int) -> float:
    """The widest unit, a power of ten or infinity, for finite float64[n >= 1], ascending.

    At most the larger of 1/``split_points`` and ``FEW_ROWS`` values of a knot differ.
    """
    unit = 1.0 if is_integer else np.inf
    while (hidden := _largest_hidden(ordered, unit, max_split_points)) is not None:
        finer = min(_tenth(_unit_at(hidden)), _tenth(unit))
        if finer >= unit:
            break  # the smallest magnitudes can't be cut further
        unit = finer
    return unit


def _largest_hidden(ordered: Floats, unit: float, split_points: int) -> float | None:
    """The largest magnitude at which too many values that differ are one in this unit."""
    starts = np.flatnonzero(np.diff(round_to_resolution(ordered, resolution=unit), prepend=-np.inf))
    ends = np.append(starts[1:], len(ordered))
    many = ends - starts > max(len(ordered) / split_points, MIN_HIDDEN_VALUES)
    starts, ends = starts[many], ends[many]
    hidden = ordered[starts[values_differ(ordered, starts, ends)]]
    return float(np.abs(hidden).max()) if len(hidden) else None


def _unit_at(size: float) -> float:
    return float(power_below(np.array([size]), SIGNIFICANT_DIGITS - 1)[0])


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
    many = (width > size * FLOAT64_ROUNDING) & (forms > MAX_FORMS)
    return np.asarray((ends > starts) & (many | (width > size * FLOAT32_ROUNDING)), dtype=np.bool_)


SAMPLE_TOLERANCE = 2e-7
"""Relative error of a sampled value, which is kept in float32."""


@dataclass(frozen=True, slots=True)
class RoundingGrid:
    """All multiples of ``step``; where that is None, all numbers of so many significant digits."""

    step: float | None = None
    digits: int | None = None

    def __str__(self) -> str:
        if self.step is not None:
            return f"multiples of {self.step:g}"
        return f"numbers of {self.digits} significant digit{'' if self.digits == 1 else 's'}"

    def spacing(self, values: Floats) -> Floats:
        """How far apart neighbors lie at each of finite float64[n]."""
        if self.step is not None:
            return np.full(len(values), self.step)
        return power_below(np.abs(values), (self.digits or SIGNIFICANT_DIGITS) - 1)

    def is_evident(self, values: Floats) -> bool:
        """Whether nearly all of float64[n] could lie off it in six significant digits."""
        small = np.abs(values) < 10.0 ** (SIGNIFICANT_DIGITS - 1) * self.spacing(values)
        return bool(np.mean(small) >= MIN_INTEGER_SHARE)

    def contains(self, values: Floats) -> NDArray[np.bool_]:
        """Which of finite float64[n] lie on it, bool[n]."""
        steps = values / self.spacing(values)
        return np.asarray(np.abs(steps - np.rint(steps)) <= SAMPLE_TOLERANCE * np.abs(steps))

    def neighbors(self, values: Floats) -> tuple[Floats, Floats]:
        """The neighbors below each of finite float64[n], and at or above it."""
        spacing = self.spacing(values)
        steps = np.ceil(values / spacing)
        return (steps - 1) * spacing, steps * spacing

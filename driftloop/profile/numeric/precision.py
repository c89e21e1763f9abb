"""The precision to which a numeric column is compared: rounding, resolution, rounding grids.

Text and float32 keep six significant digits of a value. A value read back from ``float32`` text
differs from the training data's in its last digits; in a column with repeated values (prices, 1/k),
that alone makes a Kolmogorov-Smirnov distance of 0.09 to 0.17. So a value is compared by the
interval of numbers that it stands for, on both sides: by its first six significant digits. In most
columns this hides nothing.

In a column whose spread is small relative to its magnitude (1.7e9 plus some seconds), six digits
would put much of the reference into one split point. There the resolution is the coarsest power of
ten at which no split point stands for more than a small share of different values. A column of
nearly only integers has a resolution of at most 1: integers are compared exactly, and a stray
fraction or outlier changes nothing for the others.

A rounding grid describes what values were rounded to: multiples of a step, or numbers of so many
significant digits.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SIGNIFICANT_DIGITS = 6
"""Significant digits that text and float32 keep."""

MAX_FLOAT = float(np.finfo(np.float64).max)
"""The number as which an infinity is compared: beyond all finite values."""

MIN_INTEGER_SHARE = 0.95
"""Share of integers from which a column is compared as integers."""

MIN_EVIDENT_SHARE = 0.95
"""Share of values that six significant digits must be able to place off a rounding grid, for the
grid to be evident."""

MAX_INTEGER = 2.0**53
"""From 2^53 on, float64 can't hold every integer, and every float64 is an integer."""

MIN_HIDDEN_VALUES = 5
"""Different values that one split point may always stand for: so few change no verdict."""

FLOAT32_ROUNDING = 2.0**-23
"""Relative distance of float64 values that are equal in float32."""

MAX_FORMS = 4
"""Distinct values within ``FLOAT32_ROUNDING`` of each other that may be one number in several
forms: float64, float32, and the text of both. More of them are different values, unless they are
within ``FLOAT64_ROUNDING`` of each other."""

FLOAT64_ROUNDING = 2.0**-48
"""Relative error of some float64 additions."""

SAMPLE_TOLERANCE = 2e-7
"""Relative error of a sampled value, which is stored in float32."""

_MIN_EXPONENT = -302
_MANTISSA = 2.0**52
# a table, since log10 and power differ in their last bit from one processor to the next
_POWERS_OF_TEN = np.array([float(f"1e{e}") for e in range(_MIN_EXPONENT, 309)])


@dataclass(frozen=True, slots=True)
class RoundingGrid:
    """All multiples of ``step``; if that is None, all numbers of ``digits`` significant digits."""

    step: float | None = None
    digits: int | None = None

    def __str__(self) -> str:
        if self.step is not None:
            return f"multiples of {self.step:g}"
        return f"numbers of {self.digits} significant digit{'' if self.digits == 1 else 's'}"

    def spacing(self, values: Floats) -> Floats:
        """float64[n]: the distance of neighbors on the grid at each of finite float64[n]."""
        if self.step is not None:
            return np.full(len(values), self.step)
        return power_below(np.abs(values), (self.digits or SIGNIFICANT_DIGITS) - 1)

    def is_evident(self, values: Floats) -> bool:
        """Whether nearly all of float64[n] could be off the grid in six significant digits.

        Only then does it mean something that they are on it.
        """
        is_small = np.abs(values) < 10.0 ** (SIGNIFICANT_DIGITS - 1) * self.spacing(values)
        return bool(np.mean(is_small) >= MIN_EVIDENT_SHARE)

    def contains(self, values: Floats) -> NDArray[np.bool_]:
        """bool[n]: which of finite float64[n] are on the grid."""
        steps = values / self.spacing(values)
        return np.asarray(np.abs(steps - np.rint(steps)) <= SAMPLE_TOLERANCE * np.abs(steps))

    def neighbors(self, values: Floats) -> tuple[Floats, Floats]:
        """The neighbors on the grid below, and at or above, each of finite float64[n]."""
        spacing = self.spacing(values)
        steps = np.ceil(values / spacing)
        return (steps - 1) * spacing, steps * spacing


def round_to_resolution(values: Floats, *, resolution: float = np.inf) -> Floats:
    """Round values to six significant digits, or to a resolution where that is finer.

    Values with more than 52 bits above the resolution, which float64 can't round, are unchanged.

    Args:
        values: float64[n].
        resolution: A power of ten, or infinity.

    Returns:
        float64[n], without infinities and without -0.0.
    """
    size = np.abs(values)
    exponent = np.minimum(
        _exponent(size) - (SIGNIFICANT_DIGITS - 1), _exponent(np.array([resolution]))
    )
    with np.errstate(over="ignore", invalid="ignore"):
        fine = np.rint(values * _power(-exponent)) / _power(-exponent)
        coarse = np.rint(values / _power(exponent)) * _power(exponent)
        is_whole = size >= _power(exponent) * _MANTISSA
    rounded = np.where(exponent < 0, fine, coarse)
    is_unchanged = (size < _POWERS_OF_TEN[SIGNIFICANT_DIGITS - 1]) | is_whole
    return (
        np.clip(np.where(is_unchanged, values, rounded), -MAX_FLOAT, MAX_FLOAT) + 0.0
    )  # makes -0.0 the same value as 0.0


def rounding_intervals(
    split_points: Floats, *, resolution: float = np.inf
) -> tuple[Floats, Floats]:
    """The half-open intervals [low, high) of the numbers that are rounded to each split point.

    The resolution below a power of ten is a tenth of that above it, so an interval need not be
    symmetric. Intervals of neighbors never overlap.

    Args:
        split_points: float64[K], ascending, rounded.
        resolution: As for :func:`round_to_resolution`.

    Returns:
        Begin and end of each interval, float64[K] each.
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


def power_below(size: Floats, digits: int) -> Floats:
    """float64[n]: the power of ten ``digits`` digits below the first digit of each magnitude."""
    return _power(_exponent(size) - digits)


def half_resolution(size: Floats, resolution: float = np.inf) -> Floats:
    """float64[n]: half of a step in the sixth significant digit, or of the resolution if finer.

    It is 0 for magnitudes that are too small to be rounded.
    """
    half = np.minimum(power_below(size, SIGNIFICANT_DIGITS - 1), resolution) / 2
    return np.where(size < _POWERS_OF_TEN[SIGNIFICANT_DIGITS - 1], 0.0, half)


def is_mostly_integer(sorted_values: Floats) -> bool:
    """Whether at least ``MIN_INTEGER_SHARE`` of finite float64[n] are integers; true for n = 0."""
    is_whole = (sorted_values == np.rint(sorted_values)) & (np.abs(sorted_values) < MAX_INTEGER)
    return bool(not len(sorted_values) or np.mean(is_whole) >= MIN_INTEGER_SHARE)


def coarsest_resolution(sorted_values: Floats, *, is_integer: bool, max_split_points: int) -> float:
    """The coarsest resolution, a power of ten or infinity, that hides little.

    At most 1/``max_split_points`` of the values, or ``MIN_HIDDEN_VALUES`` if those are more, differ
    from others at the same split point.

    Args:
        sorted_values: Finite values, float64[n >= 1], ascending.
        is_integer: Whether the resolution is at most 1.
        max_split_points: Split points of the column.
    """
    resolution = 1.0 if is_integer else np.inf
    size = _largest_hidden_value(sorted_values, resolution, max_split_points)
    while size is not None:
        finer = min(_tenth(_resolution_at(size)), _tenth(resolution))
        if finer >= resolution:
            break  # the smallest magnitudes can't be rounded more finely
        resolution = finer
        size = _largest_hidden_value(sorted_values, resolution, max_split_points)
    return resolution


def values_differ(
    sorted_values: Floats, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which slices of ascending values hold different values, beyond rounding errors.

    Args:
        sorted_values: float64[n], ascending.
        starts: First position of each slice, int64[k].
        ends: Position after each slice, int64[k]; equal to the start for an empty slice.

    Returns:
        bool[k].
    """
    rank = np.cumsum(_differ_from_previous(sorted_values)) - 1
    first, last = np.minimum(starts, len(sorted_values) - 1), np.maximum(ends - 1, 0)
    low, high = sorted_values[first], sorted_values[last]
    size = np.maximum(np.abs(low), np.abs(high)) / 2
    width = high / 2 - low / 2  # halves, since the whole could overflow
    form_count = rank[last] - rank[first] + 1
    has_many = (width > size * FLOAT64_ROUNDING) & (form_count > MAX_FORMS)
    is_wide = width > size * FLOAT32_ROUNDING
    return np.asarray((ends > starts) & (has_many | is_wide), dtype=np.bool_)


def _largest_hidden_value(
    sorted_values: Floats, resolution: float, max_split_points: int
) -> float | None:
    """The largest magnitude at which too many different values are equal at this resolution."""
    rounded = round_to_resolution(sorted_values, resolution=resolution)
    starts = np.flatnonzero(_differ_from_previous(rounded))
    ends = np.append(starts[1:], len(sorted_values))
    has_many = ends - starts > max(len(sorted_values) / max_split_points, MIN_HIDDEN_VALUES)
    starts, ends = starts[has_many], ends[has_many]
    hidden = sorted_values[starts[values_differ(sorted_values, starts, ends)]]
    return float(np.abs(hidden).max()) if len(hidden) else None


def _differ_from_previous(values: Floats) -> NDArray[np.bool_]:
    """Which values differ from the one before; the first does. Differences could overflow."""
    return np.append(np.ones(min(len(values), 1), dtype=np.bool_), values[1:] != values[:-1])


def _resolution_at(size: float) -> float:
    return float(power_below(np.array([size]), SIGNIFICANT_DIGITS - 1)[0])


def _tenth(resolution: float) -> float:
    """The next finer resolution; infinity stays."""
    return resolution if np.isinf(resolution) else float(power_below(np.array([resolution]), 1)[0])


def _exponent(size: Floats) -> NDArray[np.int64]:
    """int64[n]: the decimal exponent of each magnitude, at least the smallest one in the table."""
    index = np.searchsorted(_POWERS_OF_TEN, size, side="right") - 1
    return np.maximum(index, 0) + _MIN_EXPONENT


def _power(exponent: NDArray[np.int64]) -> Floats:
    """float64[n]: ten to the exponent, clipped to the table."""
    return np.asarray(
        _POWERS_OF_TEN[np.clip(exponent - _MIN_EXPONENT, 0, len(_POWERS_OF_TEN) - 1)],
        dtype=np.float64,
    )

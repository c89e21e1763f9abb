"""Values to six significant digits: what the way through text and float32 leaves intact.

A value read back from ``float32`` text differs from the training data's in its last digits, and in
a column with atoms (prices, 1/k) that alone makes a Kolmogorov-Smirnov distance of 0.09 to 0.17.
So a value is compared by the interval of numbers that it stands for, on both sides alike.
"""

import numpy as np
from numpy.typing import NDArray

DIGITS = 6
LARGEST = float(np.finfo(np.float64).max)
"""What an infinity is compared as: above, or below, all that is finite."""

Floats = NDArray[np.float64]

_SMALLEST_EXPONENT = -302
# a table, since log10 and power differ in their last bit from one processor to the next
_POWERS = np.array([float(f"1e{e}") for e in range(_SMALLEST_EXPONENT, 309)])


def is_integral(values: Floats) -> bool:
    """Whether all of finite float64[n] are integers; such a column is compared exactly."""
    return bool(np.all(values == np.rint(values))) and bool(np.all(np.abs(values) < 2.0**53))


def rounded(values: Floats, *, integral: bool) -> Floats:
    """float64[n] to six significant digits, or as they are where the column is integral."""
    if integral:
        return values + 0.0  # makes -0.0 the same value as 0.0
    exponent = _exponent(np.abs(values)) - (DIGITS - 1)
    with np.errstate(over="ignore", invalid="ignore"):
        fine = np.rint(values * _power(-exponent)) / _power(-exponent)
        coarse = np.rint(values / _power(exponent)) * _power(exponent)
    nearest = np.where(exponent < 0, fine, coarse)
    kept = np.where(np.abs(values) < _POWERS[DIGITS - 1], values, nearest)
    return np.clip(kept, -LARGEST, LARGEST) + 0.0


def intervals(knots: Floats, *, integral: bool) -> tuple[Floats, Floats]:
    """The half-open interval [low, high) of numbers that each rounded value stands for.

    ``knots`` are ascending. The unit below a power of ten is a tenth of the one above it, so an
    interval need not be symmetric. Intervals of neighbours never overlap.
    """
    size = np.abs(knots)
    outward, inward = half_unit(size), half_unit(np.nextafter(size, 0.0))
    if integral:
        outward, inward = np.minimum(outward, 0.5), np.minimum(inward, 0.5)
    positive = knots > 0
    with np.errstate(over="ignore"):
        low = knots - np.where(positive, inward, outward)
        high = np.maximum(knots + np.where(positive, outward, inward), np.nextafter(knots, np.inf))
    high[:-1] = np.minimum(high[:-1], low[1:])
    return low, high


def _exponent(size: Floats) -> NDArray[np.int64]:
    """The decimal exponent of each magnitude, not below that of the smallest tabled power."""
    index = np.searchsorted(_POWERS, size, side="right") - 1
    return np.maximum(index, 0) + _SMALLEST_EXPONENT


def _power(exponent: NDArray[np.int64]) -> Floats:
    """Ten to the exponent, clipped to the table."""
    return np.asarray(
        _POWERS[np.clip(exponent - _SMALLEST_EXPONENT, 0, len(_POWERS) - 1)], dtype=np.float64
    )


def power_below(size: Floats, digits: int) -> Floats:
    """The power of ten that is ``digits`` digits below the first one of each magnitude."""
    return _power(_exponent(size) - digits)


def half_unit(size: Floats) -> Floats:
    """Half of one in the sixth significant digit; 0 where a magnitude is too small to be cut."""
    half = power_below(size, DIGITS - 1) / 2
    return np.where(size < _POWERS[DIGITS - 1], 0.0, half)

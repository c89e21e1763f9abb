"""Values to six significant digits: what the way through text and float32 leaves intact.

A value read back from ``float32`` text differs from the training data's in its last digits, and in
a column with atoms (prices, 1/k) that alone makes a Kolmogorov-Smirnov distance of 0.09 to 0.17.
So a value is compared by the interval of numbers that it stands for, on both sides alike. Where
six digits would hide how a column lies (1.7e9 plus some seconds), its unit is finer.
"""

import numpy as np
from numpy.typing import NDArray

DIGITS = 6
LARGEST = float(np.finfo(np.float64).max)
"""What an infinity is compared as: above, or below, all that is finite."""

Floats = NDArray[np.float64]

_MIN_EXPONENT = -302
_MANTISSA = 2.0**52
# a table, since log10 and power differ in their last bit from one processor to the next
_POWERS = np.array([float(f"1e{e}") for e in range(_MIN_EXPONENT, 309)])


def round_to_resolution(values: Floats, *, unit: float = np.inf) -> Floats:
    """float64[n] to six significant digits, or to multiples of ``unit`` where these are finer.

    ``unit`` is a power of ten, or infinity. What float64 can't hold more coarsely stays as it is.
    """
    size = np.abs(values)
    exponent = np.minimum(_exponent(size) - (DIGITS - 1), _exponent(np.array([unit])))
    with np.errstate(over="ignore", invalid="ignore"):
        fine = np.rint(values * _power(-exponent)) / _power(-exponent)
        coarse = np.rint(values / _power(exponent)) * _power(exponent)
        whole = size >= _power(exponent) * _MANTISSA
    nearest = np.where(exponent < 0, fine, coarse)
    kept = np.where((size < _POWERS[DIGITS - 1]) | whole, values, nearest)
    return np.clip(kept, -LARGEST, LARGEST) + 0.0  # makes -0.0 the same value as 0.0


def intervals(split_points: Floats, *, unit: float = np.inf) -> tuple[Floats, Floats]:
    """The half-open interval [low, high) of numbers that each rounded value stands for.

    ``split_points`` are ascending. The unit below a power of ten is a tenth of the one above it,
    so an
    interval need not be symmetric. Intervals of neighbors never overlap.
    """
    size = np.abs(split_points)
    outward, inward = half_resolution(size, unit), half_resolution(np.nextafter(size, 0.0), unit)
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


def half_resolution(size: Floats, unit: float = np.inf) -> Floats:
    """Half of one in the sixth significant digit, or of ``unit`` where that is finer; 0 where a
    magnitude is too small to be cut."""
    half = np.minimum(power_below(size, DIGITS - 1), unit) / 2
    return np.where(size < _POWERS[DIGITS - 1], 0.0, half)

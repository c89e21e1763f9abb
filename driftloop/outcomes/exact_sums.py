"""Exact sums of float64 values, as integers of any length in units of 2^-1074.

Every finite float64 is a multiple of 2^-1074. So a sum has no rounding error, whatever the
magnitudes, and no order or split of the values can change it.
"""

from fractions import Fraction

import numpy as np

from driftloop.outcomes.split_points import Counts, Floats

UNIT_BITS = 1074
_MANTISSA_BITS, _LOW_BITS = 53, 26
_SPLITTER = 2.0**27 + 1


def exact_sums(values: Floats, codes: Counts, levels: int) -> list[int]:
    """Sums of float64[n] by their codes int64[n] from 0 to ``levels`` - 1, in units of 2^-1074.

    Args:
        values: At most 2^26 finite values.
        codes: The level of each value.
        levels: Number of levels.
    """
    if not len(values):
        return [0] * levels
    fractions, exponents = np.frexp(values)
    mantissas = (fractions * 2.0**_MANTISSA_BITS).astype(np.int64)
    lowest = int(exponents.min())
    width = int(exponents.max()) - lowest + 1
    cells = codes * width + (exponents - lowest)
    high = np.bincount(cells, mantissas >> _LOW_BITS, levels * width).reshape(levels, width)
    low = np.bincount(cells, mantissas & ((1 << _LOW_BITS) - 1), levels * width)
    totals = []
    for highs, lows in zip(high.tolist(), low.reshape(levels, width).tolist(), strict=True):
        total = 0
        for position, (one, other) in enumerate(zip(highs, lows, strict=True)):
            mantissa = (int(one) << _LOW_BITS) + int(other)
            shift = lowest + position - _MANTISSA_BITS + UNIT_BITS
            # values below the normal range have zeros where they are shifted out
            total += mantissa << shift if shift >= 0 else mantissa >> -shift
        totals.append(total)
    return totals


def exact_squares(values: Floats) -> tuple[Floats, Floats]:
    """The squares of float64[n], rounded, and what rounding took away: together they are exact.

    Dekker, "A floating-point technique for extending the available precision", Numer. Math. 18
    (1971).
    """
    squares = values * values
    scaled = values * _SPLITTER
    high = scaled - (scaled - values)
    low = values - high
    return squares, ((high * high - squares) + 2 * high * low) + low * low


def to_float(total: int) -> float:
    """A sum as the nearest float64."""
    return float(Fraction(total, 1 << UNIT_BITS))


def pack_integer(total: int) -> tuple[int, bytes]:
    """An integer as the number of its last bits that are 0, and its other bits."""
    if not total:
        return 0, b""
    zeros = (total & -total).bit_length() - 1
    rest = total >> zeros
    return zeros, rest.to_bytes(rest.bit_length() // 8 + 1, "little", signed=True)


def unpack_integer(zeros: int, data: bytes) -> int:
    """The inverse of :func:`pack_integer`."""
    return int.from_bytes(data, "little", signed=True) << zeros

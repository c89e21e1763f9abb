"""Exact sums of float64 values, as integers of any length in units of 2^-1074.

Every finite float64 is a multiple of 2^-1074. So a sum has no rounding error, whatever the
magnitudes, and no order or split of the values can change it.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftloop.outcomes.split_points import Counts, Floats

UNIT_BITS = 1074
_MANTISSA_BITS, _LOW_BITS = 53, 26
_SPLITTER = 2.0**27 + 1

_MAX_PAIR_LEVELS = 1024
"""Pairs of levels up to which two columns are counted in one pass."""


class Digits(NamedTuple):
    """Finite float64 values as integers times powers of two, for sums by any codes.

    A value is (high * 2^26 + low) * 2^(lowest + offset - 53).
    """

    high: Floats
    low: Floats
    offsets: Counts
    lowest: int
    width: int


def digits_of(values: Floats) -> Digits:
    """The digits of at most 2^26 finite values."""
    fractions, exponents = np.frexp(values)
    mantissas = (fractions * 2.0**_MANTISSA_BITS).astype(np.int64)
    lowest = int(exponents.min(initial=2048)) if len(values) else 0
    offsets = exponents.astype(np.int64) - lowest
    return Digits(
        (mantissas >> _LOW_BITS).astype(np.float64),
        (mantissas & ((1 << _LOW_BITS) - 1)).astype(np.float64),
        offsets,
        lowest,
        int(offsets.max(initial=0)) + 1,
    )


def exact_sums(
    parts: Sequence[Digits], columns: Sequence[tuple[Counts, int]]
) -> list[NDArray[np.object_]]:
    """Sums of each part by the codes of each column, as integers in units of 2^-1074.

    Args:
        parts: The digits of k lists of n values.
        columns: For each column the codes int64[n] from 0 to L - 1, and L.

    Returns:
        For each column the sums object[L, k].
    """
    sums: list[NDArray[np.object_]] = []
    position = 0
    while position < len(columns):
        first, second = columns[position], columns[position + 1 : position + 2]
        if second and first[1] * second[0][1] <= _MAX_PAIR_LEVELS:
            # one pass over the values counts both columns
            (codes, levels), (others, more) = first, second[0]
            joint = codes * more + others
            pair = [
                _bins(part, joint, levels * more).reshape(2, levels, more, -1) for part in parts
            ]
            sums += [_join(parts, [bins.sum(axis=axis) for bins in pair]) for axis in (2, 1)]
            position += 2
        else:
            sums.append(_join(parts, [_bins(part, *first) for part in parts]))
            position += 1
    return sums


def _bins(digits: Digits, codes: Counts, levels: int) -> Counts:
    """int64[2, levels, width]: sums of the high and of the low digits by code and exponent."""
    cells, size = codes * digits.width + digits.offsets, levels * digits.width
    sums = np.stack([np.bincount(cells, part, size) for part in (digits.high, digits.low)])
    return sums.astype(np.int64).reshape(2, levels, digits.width)


def _join(parts: Sequence[Digits], bins: Sequence[Counts]) -> NDArray[np.object_]:
    """object[levels, k]: the sums of both digits over all exponents."""
    totals = []
    for digits, (high, low) in zip(parts, bins, strict=True):
        used = np.flatnonzero(high.any(axis=0) | low.any(axis=0))
        mantissas = (high[:, used].astype(object) << _LOW_BITS) + low[:, used].astype(object)
        shifts = used + digits.lowest - _MANTISSA_BITS + UNIT_BITS
        # values below the normal range have zeros where they are shifted out
        left, right = (np.maximum(side, 0).astype(object) for side in (shifts, -shifts))
        totals.append(((mantissas << left) >> right).sum(axis=1))
    return np.stack(totals, axis=1)


def exact_sum(values: Floats) -> int:
    """The sum of at most 2^26 finite values, in units of 2^-1074."""
    no_codes = np.zeros(len(values), dtype=np.int64)
    return int(exact_sums([digits_of(values)], [(no_codes, 1)])[0][0, 0])


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

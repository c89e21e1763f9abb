"""Parses numbers in decimal notation (``12``, ``-0.5``, ``007``), all cells at once.

Eight digits are read in three multiplications: each joins neighbors, so that digits become
numbers of two, four and eight digits (Lemire, "Number parsing at a gigabyte per second",
Software: Practice and Experience 51, 2021, section 3). The value equals Python's ``float`` of the
same text, bit for bit; a cell for which this method can't guarantee that is left undecided.
"""

from typing import NamedTuple

import numpy as np

from driftloop.capture.vectorized.byte_buffer import (
    WORD_BYTES,
    ByteBuffer,
    Floats,
    Mask,
    Positions,
    Words,
)

MAX_DIGITS = 19
"""Digits of a number: 19 fit into 64 bits, whichever they are."""

_MAX_NUMBER_WORDS = 3
"""64-bit words of a number: 19 digits and a dot are 20 bytes."""

_MINUS = 0x2D
_EXACT_LIMIT = np.uint64(1 << 53)
"""Integers below 2^53 are exact in float64; so are the powers of ten up to the twenty-second."""

_EXACT_DIGITS = 15
"""Digits of a number that is certainly below ``_EXACT_LIMIT``."""

_INTEGER_POWERS = np.array([10**n for n in range(MAX_DIGITS + 1)], dtype=np.uint64)
_FLOAT_POWERS = np.array([10.0**n for n in range(MAX_DIGITS + 1)])
_ERROR_BOUND = 1.0 + 2.0**-20
"""Error of a long division, in units of its last half bit; see :func:`_long_division`."""

_SPLITTER = 2.0**27 + 1.0


def _repeat_byte(byte: int) -> np.uint64:
    """A word of eight times the same byte."""
    return np.uint64(byte * 0x0101010101010101)


_LOW_BITS, _HIGH_BITS, _ABOVE_NINE = _repeat_byte(0x7F), _repeat_byte(0x80), _repeat_byte(0x7F - 9)
_DOT_BYTES = _repeat_byte(0x2E ^ 0x30)
_DOT_BYTE = np.uint64(0x2E ^ 0x30)
"""A dot as ``ByteBuffer.read_words`` gives it."""

_DISTANCES = np.uint64(0x0706050403020100)
_ONE, _BYTE, _TO_LAST_BIT, _TO_LAST_BYTE = (np.uint64(n) for n in (1, 8, 7, 56))
_JOINS = ((10, 8, 0x00FF00FF00FF00FF), (100, 16, 0x0000FFFF0000FFFF), (10_000, 32, 0xFFFFFFFF))
"""Steps that join two neighbors: weight of the first one, bits of one, mask of the result."""


class _Digits(NamedTuple):
    """The digits of each word: as one number, how many follow the dot, whether there is a dot.

    ``undecided`` is 0 if the word has only digits and at most one dot.
    """

    value: Words
    decimals: Positions
    has_dot: Mask
    undecided: Words


def parse_decimals(buffer: ByteBuffer, start: Positions, end: Positions) -> tuple[Floats, Mask]:
    """Numbers of the cells, float64[n], and which cells are undecided, bool[n].

    Empty cells are NaN. Zero has one form: -0 becomes 0.0. The number of an undecided cell is
    meaningless.
    """
    is_negative = buffer.byte_values.take(start) == _MINUS
    size = end - start
    empty = size == 0
    size -= is_negative
    max_size = int(size.max(initial=0))
    digits = _digits(buffer.read_words(end, size, 0))
    for index in range(1, min(_MAX_NUMBER_WORDS, -(-max_size // WORD_BYTES))):
        longer = (size > WORD_BYTES * index).nonzero()[0]
        _prepend(
            digits,
            longer,
            _digits(buffer.read_words(end[longer], size[longer], index)),
            WORD_BYTES * index,
        )
    size -= digits.has_dot
    size -= 1
    # no digit at all is -1, which is a very large number without sign
    undecided = size.view(np.uint64) >= MAX_DIGITS
    undecided |= digits.undecided != 0
    values = _quotients(
        digits.value, digits.decimals, undecided, may_be_large=max_size > _EXACT_DIGITS
    )
    values *= 1.0 - 2.0 * is_negative
    values += 0.0
    if empty.any():
        values[empty], undecided[empty] = np.nan, False
    return values, undecided


def _digits(word: Words) -> _Digits:
    dots = word ^ _DOT_BYTES
    # set the high bit of each byte that is 0, and of no other
    dot_marks = dots & _LOW_BITS
    dot_marks += _LOW_BITS
    dot_marks |= dots
    dot_marks |= _LOW_BITS
    np.invert(dot_marks, out=dot_marks)
    ones = dot_marks >> _TO_LAST_BIT
    # the highest byte of 256^i times the distances is the distance of byte i from the last one
    decimals = ones * _DISTANCES
    decimals >>= _TO_LAST_BYTE
    word ^= ones * _DOT_BYTE
    undecided = word + _ABOVE_NINE
    undecided |= word
    undecided &= _HIGH_BITS
    undecided |= dot_marks & (dot_marks - _ONE)
    has_dot = dot_marks != 0
    # move the digits before the dot next to those after it
    ones -= has_dot
    ones &= word
    word ^= ones
    ones <<= _BYTE
    word |= ones
    return _Digits(_join_digits(word), decimals.view(np.int64), has_dot, undecided)


def _join_digits(word: Words) -> Words:
    for weight, bits, kept in _JOINS:
        word *= np.uint64(weight << bits | 1)
        word >>= np.uint64(bits)
        word &= np.uint64(kept)
    return word


def _prepend(digits: _Digits, longer: Positions, part: _Digits, size: int) -> None:
    """Put the digits of a word before those of the ``size`` bytes to its right."""
    has_dot = digits.has_dot[longer]
    after = size - has_dot
    digits.value[longer] += part.value * _INTEGER_POWERS.take(after, mode="clip")
    digits.decimals[longer] += np.where(part.has_dot, part.decimals + after, 0)
    digits.undecided[longer] |= part.undecided | (has_dot & part.has_dot)
    digits.has_dot[longer] |= part.has_dot


def _quotients(value: Words, decimals: Positions, undecided: Mask, *, may_be_large: bool) -> Floats:
    """``value / 10**decimals``, correctly rounded; uncertain ones become ``undecided``."""
    quotients: Floats = value.view(np.int64) / _FLOAT_POWERS.take(decimals, mode="clip")
    if may_be_large:
        large = ((value >= _EXACT_LIMIT) & ~undecided).nonzero()[0]
        power = _FLOAT_POWERS.take(decimals[large])
        quotients[large], is_uncertain = _long_division(value[large], power)
        undecided[large] |= is_uncertain
    return quotients


def _long_division(value: Words, power: Floats) -> tuple[Floats, Mask]:
    """Quotients float64[n] of integers of more than 53 bits, and bool[n]: the uncertain ones.

    A quotient is the sum of two: of the integer's nearest float and of the remainder, by an exact
    product (Dekker, "A floating-point technique for extending the available precision", Numerische
    Mathematik 18, 1971). The error of the sum is less than 2^-20 of its last half bit. A sum that
    this error could round to another float is uncertain.
    """
    nearest = value.astype(np.float64)
    remainder = (value - nearest.astype(np.uint64)).view(np.int64).astype(np.float64)
    first = nearest / power
    product, error = _exact_product(first, power)
    second = ((nearest - product) - error + remainder) / power
    total = first + second
    excess = second - (total - first)
    return total, total + excess * _ERROR_BOUND != total


def _exact_product(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """The product as float64, and its rounding error."""
    product = left * right
    (left_high, left_low), (right_high, right_low) = _split(left), _split(right)
    return product, (
        (left_high * right_high - product) + left_high * right_low + left_low * right_high
    ) + left_low * right_low


def _split(value: Floats) -> tuple[Floats, Floats]:
    """A float as the sum of two with half the bits each (Veltkamp's splitting)."""
    large = value * _SPLITTER
    high = large - (large - value)
    return high, value - high

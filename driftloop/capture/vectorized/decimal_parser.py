"""Numbers in plain decimal notation (``12``, ``-0.5``, ``007``), all cells at once.

Eight digits are read in three multiplications: each joins neighbors, so that digits become
numbers of two, four and eight digits (Lemire, "Number parsing at a gigabyte per second",
Software: Practice and Experience 51, 2021, section 3). The value is what Python's ``float`` says of
the same text, bit for bit; where that can't be had this way the cell is called odd.
"""

from typing import NamedTuple

import numpy as np

from driftloop.capture.vectorized.byte_buffer import (
    WORD,
    ByteBuffer,
    Floats,
    Mask,
    Positions,
    Words,
)

MAX_DIGITS = 19
"""Digits that fit into 64 bits, whichever they are."""

_MAX_WORDS = 3
_MINUS = 0x2D
_EXACT = np.uint64(1 << 53)
"""Integers below are exact in float64; so is a power of ten up to the twenty-second."""

_EXACT_DIGITS = 15
"""Digits of which all integers are below."""

_TENS = np.array([10**n for n in range(MAX_DIGITS + 1)], dtype=np.uint64)
_POWERS = np.array([10.0**n for n in range(MAX_DIGITS + 1)])
_NEARLY = 1.0 + 2.0**-20
_SPLIT = 2.0**27 + 1.0


def _each(byte: int) -> np.uint64:
    """The same byte in all eight places of a word."""
    return np.uint64(byte * 0x0101010101010101)


_LOW_BITS, _HIGH_BITS, _ABOVE_NINE = _each(0x7F), _each(0x80), _each(0x7F - 9)
_DOTS = _each(0x2E ^ 0x30)
_DOT = np.uint64(0x2E ^ 0x30)
"""A dot, as texts tell letters."""

_DISTANCES = np.uint64(0x0706050403020100)
_ONE, _BYTE, _TO_LAST_BIT, _TO_LAST_BYTE = (np.uint64(n) for n in (1, 8, 7, 56))
_JOINS = ((10, 8, 0x00FF00FF00FF00FF), (100, 16, 0x0000FFFF0000FFFF), (10_000, 32, 0xFFFFFFFF))
"""Two neighbors become one number: the first one's weight, the bits of one, what is kept."""


class _Digits(NamedTuple):
    """Of each word: its digits as one number, how many stand behind its dot, whether it has one.

    ``odd`` is 0 where nothing stands there but digits and at most one dot.
    """

    value: Words
    behind: Positions
    dotted: Mask
    odd: Words


def parse_decimals(text: ByteBuffer, start: Positions, end: Positions) -> tuple[Floats, Mask]:
    """Numbers float64[n], NaN for empty cells, and bool[n]: the odd cells, whose number is none.

    Zero has one form: -0 becomes 0.0.
    """
    minus = text.byte_values.take(start) == _MINUS
    size = end - start
    empty = size == 0
    size -= minus
    longest = int(size.max(initial=0))
    found = _digits(text.word(end, size, 0))
    for place in range(1, min(_MAX_WORDS, -(-longest // WORD))):
        far = (size > WORD * place).nonzero()[0]
        _prepend(found, far, _digits(text.word(end[far], size[far], place)), WORD * place)
    size -= found.dotted
    size -= 1
    # no digit at all is -1 here, and very many where there is no sign
    odd = size.view(np.uint64) >= MAX_DIGITS
    odd |= found.odd != 0
    values = _quotients(found.value, found.behind, odd, may_be_large=longest > _EXACT_DIGITS)
    values *= 1.0 - 2.0 * minus
    values += 0.0
    if empty.any():
        values[empty], odd[empty] = np.nan, False
    return values, odd


def _digits(word: Words) -> _Digits:
    dots = word ^ _DOTS
    # the high bit of each byte that is 0 now, and of no other
    marks = dots & _LOW_BITS
    marks += _LOW_BITS
    marks |= dots
    marks |= _LOW_BITS
    np.invert(marks, out=marks)
    ones = marks >> _TO_LAST_BIT
    # 256^i times the distances has that of the i-th byte from the last one as its highest byte
    behind = ones * _DISTANCES
    behind >>= _TO_LAST_BYTE
    word ^= ones * _DOT
    odd = word + _ABOVE_NINE
    odd |= word
    odd &= _HIGH_BITS
    odd |= marks & (marks - _ONE)
    dotted = marks != 0
    # what stands before the dot closes its gap
    ones -= dotted
    ones &= word
    word ^= ones
    ones <<= _BYTE
    word |= ones
    return _Digits(_joined(word), behind.view(np.int64), dotted, odd)


def _joined(word: Words) -> Words:
    for weight, bits, kept in _JOINS:
        word *= np.uint64(weight << bits | 1)
        word >>= np.uint64(bits)
        word &= np.uint64(kept)
    return word


def _prepend(found: _Digits, far: Positions, part: _Digits, byte_values: int) -> None:
    """Put the word that stands so many letters further left before what was found of its cells."""
    dotted = found.dotted[far]
    after = byte_values - dotted
    found.value[far] += part.value * _TENS.take(after, mode="clip")
    found.behind[far] += np.where(part.dotted, part.behind + after, 0)
    found.odd[far] |= part.odd | (dotted & part.dotted)
    found.dotted[far] |= part.dotted


def _quotients(value: Words, behind: Positions, odd: Mask, *, may_be_large: bool) -> Floats:
    """``value`` by ten to ``behind``, correctly rounded; ``odd`` becomes true where it is not."""
    quotients: Floats = value.view(np.int64) / _POWERS.take(behind, mode="clip")
    if may_be_large:
        large = ((value >= _EXACT) & ~odd).nonzero()[0]
        power = _POWERS.take(behind[large])
        quotients[large], unsure = _long_division(value[large], power)
        odd[large] |= unsure
    return quotients


def _long_division(value: Words, power: Floats) -> tuple[Floats, Mask]:
    """Quotients float64[n] of integers of more than 53 bits, and whether one may be rounded wrong.

    The quotient of the integer's nearest float, and that of what is left, by an exact product
    (Dekker, "A floating-point technique for extending the available precision", Numerische
    Mathematik 18, 1971). Their sum errs by less than 2^-20 of its last half unit: where as little
    more would round it elsewhere, it is unsure.
    """
    near = value.astype(np.float64)
    rest = (value - near.astype(np.uint64)).view(np.int64).astype(np.float64)
    first = near / power
    product, error = _exact_product(first, power)
    second = ((near - product) - error + rest) / power
    total = first + second
    beyond = second - (total - first)
    return total, total + beyond * _NEARLY != total


def _exact_product(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """The product as float64, and its rounding error."""
    product = left * right
    (high, low), (tall, short) = _halves(left), _halves(right)
    return product, ((high * tall - product) + high * short + low * tall) + low * short


def _halves(value: Floats) -> tuple[Floats, Floats]:
    """A float as the sum of two of half the digits (Veltkamp's splitting)."""
    large = value * _SPLIT
    high = large - (large - value)
    return high, value - high

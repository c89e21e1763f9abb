"""Numbers parsed together equal Python's float of each, bit for bit, or are left undecided."""

import math
import random
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from driftloop.capture.vectorized.byte_buffer import CellOffsets
from driftloop.capture.vectorized.decimal_parser import parse_decimals


def read(cells: list[str]) -> tuple[list[float], list[bool]]:
    found = CellOffsets.from_rows(cells, 1)
    assert found is not None
    values, undecided = parse_decimals(found.buffer, found.start[0], found.end[0])
    return values.tolist(), undecided.tolist()


def expected_bits(cell: str) -> str:
    """The bits of a cell's number; minus zero is zero."""
    return (float(cell) + 0.0).hex()


def halfway(rng: random.Random) -> str:
    """Decimals near the middle between two neighboring floats, where rounding is hardest."""
    value = rng.random() * 10 ** rng.randrange(6)
    middle = (Decimal(value) + Decimal(math.nextafter(value, math.inf))) / 2
    return str(middle)[: rng.randrange(15, 22)]


def digits(rng: random.Random) -> str:
    text = "".join(rng.choice("0123456789") for _ in range(rng.randrange(1, 20)))
    position = rng.randrange(len(text) + 1)
    return rng.choice(["", "-"]) + text[:position] + rng.choice(["", "."]) + text[position:]


@pytest.mark.parametrize(
    "draw",
    [
        digits,
        halfway,
        lambda rng: repr(rng.gauss(0, 100)),
        lambda rng: f"{rng.lognormvariate(0, 3):.6g}",
        lambda rng: str(2 ** rng.randrange(50, 63) + rng.choice([-1, 0, 1, 512, 1024])),
    ],
)
def test_the_number_equals_pythons_float(draw: Callable[[random.Random], str]) -> None:
    rng = random.Random(1)  # noqa: S311
    cells = [draw(rng) for _ in range(5000)]
    values, undecided = read(cells)
    for cell, value, is_undecided in zip(cells, values, undecided, strict=True):
        assert is_undecided or value.hex() == expected_bits(cell)


@pytest.mark.parametrize("form", ["{:.6g}", "{:.4f}", "{!r}"])
def test_usual_numbers_are_decided(form: str) -> None:
    rng = random.Random(2)  # noqa: S311
    _, undecided = read([form.format(rng.uniform(0.001, 1e6)) for _ in range(5000)])
    assert sum(undecided) <= 25


@pytest.mark.parametrize("cell", ["0", "-0", "007", ".5", "5.", "-.5", "-0.0", "1" * 19, "0" * 19])
def test_decimal_notation_is_parsed_with_any_zeros_and_dots(cell: str) -> None:
    values, undecided = read(["1", cell, "2"])
    assert undecided == [False] * 3
    assert [value.hex() for value in values] == [expected_bits(c) for c in ("1", cell, "2")]


@pytest.mark.parametrize(
    "cell",
    [
        *("-", ".", "-.", "--1", "1-", "1.2.3", "..", "1..", "+5", "1e5", "1_0", " 1", "1 ", "x"),
        *("0x1f", "nan", "inf", "true", "١", "1\0", "\x001", "#1", "1/2", "1:2", "1;", "9" * 20),
        *("1234567.12345678.1", "1.234567890123456789012345", "12345678.1234567x", "é" * 4),
    ],
)
def test_any_other_text_is_undecided(cell: str) -> None:
    values, undecided = read(["1", cell, "2"])
    assert undecided == [False, True, False]
    assert [values[0], values[2]] == [1.0, 2.0]


def test_an_empty_cell_is_missing_and_not_undecided() -> None:
    values, undecided = read(["", "1", ""])
    assert np.isnan(values).tolist() == [True, False, True]
    assert not any(undecided)


def test_every_other_byte_at_every_position_of_a_word_is_undecided() -> None:
    good = {*"0123456789."}
    cells = [
        "0" * position + chr(byte) + "0" * (17 - position)
        for position in range(18)
        for byte in range(128)
    ]
    cells = [cell for cell in cells if not set(cell) & {",", "\n"}]
    _, undecided = read(cells)
    assert undecided == [
        not (set(cell) <= good or (cell[0] == "-" and set(cell[1:]) <= good)) for cell in cells
    ]

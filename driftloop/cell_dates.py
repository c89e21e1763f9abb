"""The rules for the date in a cell, for time columns and for date features.

* **Text** is ISO 8601: a date, or a date and a time. A time without a zone is UTC.
* **Numbers** count from 1970: seconds below 1e11 (the year 5138), milliseconds below 1e14,
  microseconds below 1e17, nanoseconds above. An integer of eight digits that is a valid date, such
  as 20260131, is that date, as in ISO 8601.
"""

import math
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

try:
    from driftloop.cell_values import Cells, parse_number
except ModuleNotFoundError:  # a model archive holds both modules, without driftloop
    from driftloop_cell_values import Cells, parse_number  # type: ignore[no-redef]

Floats = NDArray[np.float64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) / timedelta(seconds=1)
_END = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) / timedelta(seconds=1)
"""Range of datetime, in epoch seconds."""

_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (math.inf, 1e9))
"""Upper limit of a number's magnitude, and the units per second of numbers below it."""


def epoch_seconds(cells: Cells) -> tuple[Floats, NDArray[np.bool_] | None]:
    """The dates in cells, as epoch seconds.

    Returns:
        Epoch seconds float64[n], NaN where a cell is missing or invalid; and whether a cell is
        invalid, bool[n], or None where no cell is. A cell is invalid if it is neither missing nor a
        date.
    """
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
        # a calendar's dates fit in 64 bits of microseconds, and not of nanoseconds
        finest, per_second = ("ns", 1e9) if cells.dtype == "M8[ns]" else ("us", 1e6)
        nanoseconds = cells.astype(f"M8[{finest}]")
        return np.where(
            np.isnat(nanoseconds), np.nan, nanoseconds.astype(np.int64) / per_second
        ), None
    by_text: dict[str, float | None] = {}  # dates repeat, and parsing text is slow
    parsed: list[float | None] = []
    for cell in cells:
        if not isinstance(cell, str):
            parsed.append(parse_cell_date(cell))
            continue
        if cell not in by_text:
            by_text[cell] = parse_cell_date(cell)
        parsed.append(by_text[cell])
    seconds = np.array([math.nan if s is None else s for s in parsed], dtype=np.float64)
    is_invalid = np.array([s is None for s in parsed], dtype=np.bool_)
    return seconds, is_invalid if is_invalid.any() else None


def parse_cell_date(cell: object) -> float | None:
    """The date in a cell as epoch seconds: NaN where it is missing, None where it is invalid."""
    if isinstance(cell, date):
        return _seconds(cell) if cell == cell else math.nan  # pandas' NaT is not equal to itself
    number = parse_number(cell)
    if number is not None:
        return math.nan if math.isnan(number) else _from_number(number)
    return _from_text(cell) if isinstance(cell, str) else None


def _from_number(number: float) -> float | None:
    if not math.isfinite(number):
        return None
    if 1e7 <= number < 1e8 and number == int(number):
        day = _from_text(str(int(number)))
        if day is not None:
            return day
    seconds = number / next(units for limit, units in _UNITS if abs(number) < limit)
    return seconds if _FIRST <= seconds < _END else None


def _from_text(text: str) -> float | None:
    try:
        return _seconds(datetime.fromisoformat(text.strip()))
    except ValueError:
        return None


def _seconds(value: date) -> float:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return (value - _EPOCH) / timedelta(seconds=1)

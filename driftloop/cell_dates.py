"""What a cell says about a moment: the one rule for time columns and for features that are dates.

* **Text** is ISO 8601: a date, or a date and a time; without a zone it is UTC.
* **Numbers** count from 1970: seconds below 1e11 (the year 5138), milliseconds below 1e14,
  microseconds below 1e17, nanoseconds beyond. A whole number of eight digits that is a date,
  such as 20260131, is that date, as it is in ISO 8601.
"""

import math
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

try:
    from driftloop.cell_values import Cells, parse_number
except ModuleNotFoundError:  # beside a model's code the two lie flat, without the rest of driftloop
    from driftloop_cell_values import Cells, parse_number  # type: ignore[no-redef]

Floats = NDArray[np.float64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) / timedelta(seconds=1)
_END = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) / timedelta(seconds=1)
"""Moments that a calendar can hold."""

_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (math.inf, 1e9))
"""Below which magnitude a number counts in how many parts of a second."""


def epoch_seconds(cells: Cells) -> tuple[Floats, NDArray[np.bool_] | None]:
    """Epoch seconds float64[n] (NaN where missing or wrong) and wrong bool[n], None where none is.

    Wrong is what stands there and is no moment.
    """
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
        # a calendar's dates fit in 64 bits of microseconds, and not of nanoseconds
        finest, per_second = ("ns", 1e9) if cells.dtype == "M8[ns]" else ("us", 1e6)
        whole = cells.astype(f"M8[{finest}]")
        return np.where(np.isnat(whole), np.nan, whole.astype(np.int64) / per_second), None
    texts: dict[str, float | None] = {}  # days and hours repeat, and their text is slow to read
    found: list[float | None] = []
    for cell in cells:
        if not isinstance(cell, str):
            found.append(parse_cell_date(cell))
            continue
        if cell not in texts:
            texts[cell] = parse_cell_date(cell)
        found.append(texts[cell])
    seconds = np.array([math.nan if s is None else s for s in found], dtype=np.float64)
    wrong = np.array([s is None for s in found], dtype=np.bool_)
    return seconds, wrong if wrong.any() else None


def parse_cell_date(cell: object) -> float | None:
    """The epoch seconds that a cell says: NaN where it is missing, None where it is no moment."""
    if isinstance(cell, date):
        return _seconds(cell) if cell == cell else math.nan  # pandas' NaT is unlike itself
    count = parse_number(cell)
    if count is not None:
        return math.nan if math.isnan(count) else _of_number(count)
    return _of_text(cell) if isinstance(cell, str) else None


def _of_number(count: float) -> float | None:
    if not math.isfinite(count):
        return None
    if 1e7 <= count < 1e8 and count == int(count):
        day = _of_text(str(int(count)))
        if day is not None:
            return day
    seconds = count / next(parts for below, parts in _UNITS if abs(count) < below)
    return seconds if _FIRST <= seconds < _END else None


def _of_text(text: str) -> float | None:
    try:
        return _seconds(datetime.fromisoformat(text.strip()))
    except ValueError:
        return None


def _seconds(moment: date) -> float:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) / timedelta(seconds=1)

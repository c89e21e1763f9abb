"""Columns that follow the clock: codes of the request's local hour, weekday or month.

Such a column is a function of the time, so that an hour or a month that the training data never
saw is no drift of it. Its values are compared with the time of each record instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column
from driftloop.profile.date_parts import hours_of_day, months, weekdays
from driftloop.profile.numeric.precision import Floats

Positions = NDArray[np.int64]

MAX_DISAGREEING_SHARE = 0.005
"""Share of the training rows whose value may disagree with the clock: the clocks of clients."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)

_LENGTHS: Mapping[str, int] = {"hour": 24, "weekday": 7, "month": 12}
_NAMES: Mapping[str, tuple[str, ...]] = {"weekday": WEEKDAYS, "month": MONTHS}
_NAME_LENGTH = 3
_QUARTER_HOUR = 900
"""Seconds. All offsets from UTC since 1972 are multiples of it, and so are the times at which they
change (IANA time zone database, theory.html)."""


class ClockCode(msgspec.Struct, frozen=True, array_like=True):
    """How a column writes a part of the local time.

    Attributes:
        part: ``hour``, ``weekday`` or ``month``.
        first: The number of the first one; None where values are names.
        shift: Positions by which numbers are ahead: 1 where weekdays are counted from Sunday.
    """

    part: str
    first: int | None
    shift: int = 0

    def __str__(self) -> str:
        length = self.length
        if self.first is None:
            return f"{self.part} (names)"
        start = " from Sunday" if self.shift else ""
        return f"{self.part} ({self.first} to {self.first + length - 1}{start})"

    @property
    def length(self) -> int:
        """How many hours, weekdays or months there are."""
        return _LENGTHS[self.part]

    @property
    def cells(self) -> int:
        """Cells on which values are counted: by how much they are ahead, and values without a
        meaning."""
        return self.length + 1

    def cells_ahead(self, positions: Positions, part: Positions) -> Positions:
        """int64[n]: the cell of each value: 0 where it agrees with the clock, else by how many
        positions it is ahead; a cell for values that are no such code, and one for missing ones.

        Args:
            positions: The result of :meth:`positions`.
            part: The positions of the records' times.
        """
        ahead = (positions - part) % self.length
        return np.where(positions == -1, self.cells, np.where(positions < 0, self.length, ahead))

    def positions(self, column: Column) -> Positions:
        """int64[n]: the position of the hour (0 to 23), weekday (Monday is 0) or month that each
        value means; -1 for a missing value, -2 for a value that is no such code."""
        if isinstance(column, CategoricalColumn):
            by_category = self._category_positions(column.categories)
            return np.append(by_category, -1)[column.codes]
        missing = np.isnan(column.values)
        if column.invalid is not None:
            missing &= ~column.invalid
        return np.where(missing, -1, self._number_positions(column.values))

    def _number_positions(self, values: Floats) -> Positions:
        if self.first is None:
            return np.full(len(values), -2, dtype=np.int64)
        length = self.length
        with np.errstate(invalid="ignore"):
            is_code = (values >= self.first) & (values < self.first + length)
            is_code &= values == np.rint(values)
        numbers = np.where(is_code, values, self.first).astype(np.int64)
        return np.where(is_code, (numbers - self.first - self.shift) % length, -2)

    def _category_positions(self, categories: Sequence[str]) -> Positions:
        if self.first is not None:
            return self._number_positions(np.array([_to_number(text) for text in categories]))
        known = {name[:_NAME_LENGTH]: at for at, name in enumerate(_NAMES[self.part])}
        starts = (text[:_NAME_LENGTH].lower() for text in categories)
        return np.array([known.get(start, -2) for start in starts], dtype=np.int64)


def is_time_zone(name: str) -> bool:
    """Whether the IANA database has a zone of this name."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return False
    return True


def local_seconds(times: Floats, zone: str) -> Floats:
    """float64[n]: seconds of a zone's wall clock since 1970, of epoch seconds (not NaN)."""
    quarters, index = np.unique(np.floor(times / _QUARTER_HOUR), return_inverse=True)
    return times + utc_offsets(quarters * _QUARTER_HOUR, zone)[index]


def utc_offsets(times: Floats, zone: str) -> Floats:
    """float64[n]: a zone's offset from UTC in seconds at epoch seconds."""
    tz = ZoneInfo(zone)
    offsets = (datetime.fromtimestamp(time, tz).utcoffset() for time in times.tolist())
    return np.array([0.0 if one is None else one.total_seconds() for one in offsets])


def local_parts(times: Floats, zone: str) -> Mapping[str, Positions]:
    """Positions of the local hour, weekday and month of epoch seconds, int64[n] each."""
    local = local_seconds(times, zone)
    return {"hour": hours_of_day(local), "weekday": weekdays(local), "month": months(local)}


def find_clock_code(column: Column, parts: Mapping[str, Positions]) -> ClockCode | None:
    """The code by which a training column follows the clock; None where it does not.

    Args:
        column: Training values.
        parts: The result of :func:`local_parts` for the same rows.
    """
    for code in codes():
        if len(np.unique(parts[code.part])) < 2:
            continue  # a constant would follow the month of training data of one month
        positions = code.positions(column)
        present = positions != -1
        if not present.any():
            return None
        disagreeing = positions[present] != parts[code.part][present]
        if disagreeing.mean() <= MAX_DISAGREEING_SHARE:
            return code
    return None


def codes() -> Iterator[ClockCode]:
    """The usual codes."""
    for part in _LENGTHS:
        for first in (0, 1):
            yield ClockCode(part, first)
            if part == "weekday":
                yield ClockCode(part, first, shift=1)
        if part in _NAMES:
            yield ClockCode(part, None)


def _to_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")

"""Dates as the columns that they are compared by: an age in days, and parts of the calendar.

Ages are measured at the record's inference time, or the training row's time. Where no training date
has a time of day, they are whole days, so that the hour of a window has no part in them. The names
are :attr:`driftloop.schema.Feature.columns`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column, NumericColumn, RecordBatch
from driftloop.profile.numeric.precision import Floats
from driftloop.schema import Feature, Kind

DAY_SECONDS = 86_400
HOUR_SECONDS = 3600
FIRST_WEEKDAY = 3  # 1 January 1970 was a Thursday


class DatePart(NamedTuple):
    """A part of the calendar: its ``names``, and the place among them of epoch seconds."""

    names: tuple[str, ...]
    cycle_days: float
    positions: Callable[[Floats], NDArray[np.int64]]


def _days(seconds: Floats) -> NDArray[np.int64]:
    return np.floor(seconds / DAY_SECONDS).astype(np.int64)


def _weekdays(seconds: Floats) -> NDArray[np.int64]:
    return (_days(seconds) + FIRST_WEEKDAY) % len(_WEEKDAYS)


def _months(seconds: Floats) -> NDArray[np.int64]:
    return _days(seconds).astype("M8[D]").astype("M8[M]").astype(np.int64) % len(_MONTHS)


def _hours(seconds: Floats) -> NDArray[np.int64]:
    # just before midnight the remainder rounds up to a whole day
    return np.minimum(
        np.floor(seconds % DAY_SECONDS / HOUR_SECONDS).astype(np.int64), len(_HOURS) - 1
    )


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOURS = tuple(f"{hour:02}" for hour in range(24))

DATE_PARTS = (
    DatePart(_WEEKDAYS, 7, _weekdays),
    DatePart(_MONTHS, 365, _months),
    DatePart(_HOURS, 1, _hours),
)
"""In the order of a date's columns, after its age; ``days`` is the length of the cycle."""


def with_date_parts(batch: RecordBatch, wanted: Collection[str]) -> RecordBatch:
    """The batch with those columns of its dates that are ``wanted``; the same where it has none."""
    made: dict[str, Column] = {}
    for feature in batch.schema.features:
        column = batch.columns.get(feature.name)
        date = feature.kind is Kind.DATE and feature.columns[0] not in batch.columns
        if date and isinstance(column, NumericColumn):
            made |= _columns(feature, column, batch.times, wanted)
    return replace(batch, columns={**batch.columns, **made}) if made else batch


def compared_features(batches: Sequence[RecordBatch]) -> tuple[Feature, ...]:
    """The features of training data, each date's columns in its place.

    Hours are among them where times of day occur.
    """
    found: list[Feature] = []
    for feature in batches[0].schema.features:
        if feature.kind is not Kind.DATE:
            found.append(feature)
            continue
        age, *calendar = feature.columns
        parts = calendar if _has_hours(collect_dates(feature, batches)) else calendar[:-1]
        found += [Feature(age, Kind.NUMERIC), *(Feature(n, Kind.CATEGORICAL) for n in parts)]
    return tuple(found)


def collect_dates(feature: Feature, batches: Sequence[RecordBatch]) -> Floats:
    """Epoch seconds float64[n] of a date in all rows, NaN where there is none."""
    columns = [batch.columns[feature.name] for batch in batches]
    return np.concatenate([c.values for c in columns if isinstance(c, NumericColumn)])


def _columns(
    feature: Feature, column: NumericColumn, times: Floats, wanted: Collection[str]
) -> Mapping[str, Column]:
    age, weekday, month, hour = feature.columns
    seconds = column.values
    made: dict[str, Column] = {}
    if age in wanted:
        ages = (times - seconds) / DAY_SECONDS
        if hour not in wanted:
            ages = np.floor(times / DAY_SECONDS) - np.floor(seconds / DAY_SECONDS)
        # what is wrong is not there: without a time alone, an age is missing
        made[age] = NumericColumn(ages + 0.0, column.invalid)
    there = ~np.isnan(seconds)
    for name, part in zip((weekday, month, hour), DATE_PARTS, strict=True):
        if name in wanted:
            made[name] = _part(part, seconds, there)
    return made


def _part(part: DatePart, seconds: Floats, there: NDArray[np.bool_]) -> CategoricalColumn:
    """A part of the calendar as a column of sorted levels."""
    categories = tuple(sorted(part.names))
    code = np.array([categories.index(name) for name in part.names], dtype=np.int32)
    places = part.positions(np.where(there, seconds, 0.0))
    return CategoricalColumn(np.where(there, code[places], np.int32(-1)), categories)


def _has_hours(seconds: Floats) -> bool:
    """Whether dates have times of day: not all the same one, as midnight of some zone is."""
    of_day = np.unique(seconds[~np.isnan(seconds)] % DAY_SECONDS)
    return len(of_day) > 1

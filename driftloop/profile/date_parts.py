"""Columns of a date: its age in days, and its parts of the calendar.

Ages are measured at the record's inference time, or the training row's time. If no training date
has a time of day, ages are whole days, so that the hour of the window has no effect on them. The
names of the columns are :attr:`driftloop.schema.Feature.columns`.
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
    """A part of the calendar.

    Attributes:
        names: Its values.
        cycle_days: Length of its cycle in days.
        positions: Returns the positions in ``names``, int64[n], of epoch seconds, float64[n].
    """

    names: tuple[str, ...]
    cycle_days: float
    positions: Callable[[Floats], NDArray[np.int64]]


def _days(seconds: Floats) -> NDArray[np.int64]:
    return np.floor(seconds / DAY_SECONDS).astype(np.int64)


def weekdays(seconds: Floats) -> NDArray[np.int64]:
    """Positions of the weekdays of epoch seconds: Monday is 0."""
    return (_days(seconds) + FIRST_WEEKDAY) % len(_WEEKDAYS)


def months(seconds: Floats) -> NDArray[np.int64]:
    """Positions of the months of epoch seconds: January is 0."""
    return _days(seconds).astype("M8[D]").astype("M8[M]").astype(np.int64) % len(_MONTHS)


def hours_of_day(seconds: Floats) -> NDArray[np.int64]:
    """The hours, 0 to 23, of epoch seconds."""
    # just before midnight the remainder rounds up to a whole day
    return np.minimum(
        np.floor(seconds % DAY_SECONDS / HOUR_SECONDS).astype(np.int64), len(_HOURS) - 1
    )


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOURS = tuple(f"{hour:02}" for hour in range(24))

DATE_PARTS = (
    DatePart(_WEEKDAYS, 7, weekdays),
    DatePart(_MONTHS, 365, months),
    DatePart(_HOURS, 1, hours_of_day),
)
"""In the order of a date's columns, after its age."""


def with_date_parts(batch: RecordBatch, names: Collection[str]) -> RecordBatch:
    """Add those columns of the dates of a batch that are among ``names``."""
    columns: dict[str, Column] = {}
    for feature in batch.schema.features:
        column = batch.columns.get(feature.name)
        is_new_date = feature.kind is Kind.DATE and feature.columns[0] not in batch.columns
        if is_new_date and isinstance(column, NumericColumn):
            columns |= _date_columns(feature, column, batch.times, names)
    return replace(batch, columns={**batch.columns, **columns}) if columns else batch


def compared_features(batches: Sequence[RecordBatch]) -> tuple[Feature, ...]:
    """The features of training data, with the columns of each date in its place.

    Hours are among them if the dates have times of day.
    """
    features: list[Feature] = []
    for feature in batches[0].schema.features:
        if feature.kind is not Kind.DATE:
            features.append(feature)
            continue
        age, *calendar = feature.columns
        parts = calendar if _has_hours(collect_dates(feature, batches)) else calendar[:-1]
        features += [Feature(age, Kind.NUMERIC), *(Feature(n, Kind.CATEGORICAL) for n in parts)]
    return tuple(features)


def collect_dates(feature: Feature, batches: Sequence[RecordBatch]) -> Floats:
    """Epoch seconds of a date in all rows, float64[n], NaN for missing ones."""
    columns = [batch.columns[feature.name] for batch in batches]
    return np.concatenate([c.values for c in columns if isinstance(c, NumericColumn)])


def _date_columns(
    feature: Feature, column: NumericColumn, times: Floats, names: Collection[str]
) -> Mapping[str, Column]:
    age, weekday, month, hour = feature.columns
    seconds = column.values
    columns: dict[str, Column] = {}
    if age in names:
        ages = (times - seconds) / DAY_SECONDS
        if hour not in names:
            ages = np.floor(times / DAY_SECONDS) - np.floor(seconds / DAY_SECONDS)
        # invalid dates are NaN; an age without a time is missing, not invalid
        columns[age] = NumericColumn(ages + 0.0, column.invalid)
    is_present = ~np.isnan(seconds)
    for name, part in zip((weekday, month, hour), DATE_PARTS, strict=True):
        if name in names:
            columns[name] = _part_column(part, seconds, is_present)
    return columns


def _part_column(
    part: DatePart, seconds: Floats, is_present: NDArray[np.bool_]
) -> CategoricalColumn:
    """A part of the calendar as a column of sorted categories."""
    categories = tuple(sorted(part.names))
    code = np.array([categories.index(name) for name in part.names], dtype=np.int32)
    positions = part.positions(np.where(is_present, seconds, 0.0))
    return CategoricalColumn(np.where(is_present, code[positions], np.int32(-1)), categories)


def _has_hours(seconds: Floats) -> bool:
    """Whether dates have times of day: more than one, since midnight of a time zone is none."""
    times_of_day = np.unique(seconds[~np.isnan(seconds)] % DAY_SECONDS)
    return len(times_of_day) > 1

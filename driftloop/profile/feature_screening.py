"""Finds features that can't be compared when a baseline is fitted; they take no part in verdicts.

**Values that follow time** (ids, timestamps, counters): the live values of such a column are beyond
all training data by nature. Drift differs from that: even strong drift meets values that were there
before, and such a column never does. So the training data is sorted by time and divided into
``BLOCKS`` blocks of equal size. The middle 80% of each block must be completely beyond those of the
block before the previous one, always in the same direction, with one exception allowed. A trend
with noise of more than about a thirtieth of its range fails this test, and so do a cycle (which
turns), a step (which is constant on both sides) and a constant. Half a cycle without any noise
would pass, so the column must not come to rest at either end. Days, and counters with repeated
values, pass although they have few distinct values; so does any quantity that always grows without
noise.

Rows without times may be in any order, also sorted by the very feature. So without times the only
excluded features are **row numbers**, which are recognized by their values alone: distinct whole
numbers with few gaps, as no random draw gives them; and features that follow the order of the rows
and whose values show that the rows came in time: timestamps of this century as numbers, and whole
numbers that grow evenly, with few gaps, as counters do. Any other feature that follows the order of
such rows is only suspected, and reported.

**Identifiers of rows** (UUIDs, free text): nearly every row of a categorical column has a category
of its own, so no category's share can change.

**Columns of dates**: the age, if training rows have no time at which it could be measured; and
parts of the calendar that the time of the request determines
(:mod:`driftloop.profile.time_dependence`), or of which the dates do not cover a whole cycle: the
middle 80% of the ages (without times, of the dates) span less than one. Columns without any date
are compared: dates that appear are a change.
"""

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, NumericColumn, RecordBatch
from driftloop.profile.date_parts import DATE_PARTS, DAY_SECONDS, collect_dates
from driftloop.profile.numeric.precision import Floats
from driftloop.profile.time_dependence import (
    BLOCKS,
    MIDDLE_QUANTILES,
    MIN_ROWS,
    depends_on_request_time,
    is_counter,
    is_epoch_time,
    is_monotone_in_time,
    is_row_number,
)
from driftloop.schema import Feature, Kind

MIN_TIMED_SHARE = 0.99
"""Share of the training rows with a date that must have a time for ages to be compared."""

MIN_CATEGORIES_PER_ROW = 0.9
"""Distinct categories per row with a value, from which a column identifies rows."""


class ExclusionReason(StrEnum):
    """Why a feature takes no part in verdicts."""

    FOLLOWS_TIME = "follows_time"
    ROW_NUMBER = "row_number"
    ROW_IDENTIFIER = "row_identifier"
    MISSING_TIME = "missing_time"
    DEPENDS_ON_REQUEST_TIME = "depends_on_request_time"


class ScreeningResult(NamedTuple):
    """What screening found.

    Attributes:
        excluded_features: Reasons by name of the columns that can't be compared.
        suspected: Features that follow the order of rows without times.
    """

    excluded_features: dict[str, ExclusionReason]
    suspected: list[str]


def screen_features(batches: Sequence[RecordBatch], features: Sequence[Feature]) -> ScreeningResult:
    """Find the columns of training data that can't be compared.

    The result does not depend on how the rows are divided into batches.

    Args:
        batches: All training data, with the columns of dates (``with_date_parts``).
        features: The compared features, with the columns of dates (``compared_features``).
    """
    order = _time_order(batches)
    excluded: dict[str, ExclusionReason] = {}
    for feature in features:
        columns = [batch.columns[feature.name] for batch in batches]
        numeric = [column.values for column in columns if isinstance(column, NumericColumn)]
        if numeric:
            reason = _exclusion_reason(numeric, order)
            excluded |= {feature.name: reason} if reason else {}
        elif is_row_identifier([c for c in columns if isinstance(c, CategoricalColumn)]):
            excluded[feature.name] = ExclusionReason.ROW_IDENTIFIER
    for date in batches[0].schema.features:
        if date.kind is Kind.DATE:
            excluded |= _excluded_parts(date, batches)
    by_name = {f.name: excluded[f.name] for f in features if f.name in excluded}
    return ScreeningResult(by_name, [] if order is not None else list(_suspected(batches, by_name)))


def _exclusion_reason(
    parts: Sequence[Floats], order: NDArray[np.intp] | None
) -> ExclusionReason | None:
    values = np.concatenate(parts)
    if order is not None:
        return ExclusionReason.FOLLOWS_TIME if is_monotone_in_time(values[order]) else None
    if is_row_number(values):
        return ExclusionReason.ROW_NUMBER
    are_in_time_order = is_epoch_time(values) or is_counter(values)
    return ExclusionReason.FOLLOWS_TIME if are_in_time_order and _is_in_row_order(parts) else None


def _suspected(batches: Sequence[RecordBatch], excluded_features: Collection[str]) -> Iterator[str]:
    """Features that follow the order of the rows, which have no times."""
    for feature in batches[0].schema.features:
        columns = [batch.columns[feature.name] for batch in batches]
        numeric = [column.values for column in columns if isinstance(column, NumericColumn)]
        if numeric and feature.name not in excluded_features and _is_in_row_order(numeric):
            yield feature.name


def _is_in_row_order(parts: Sequence[Floats]) -> bool:
    """Whether all rows follow their order, or each large part does.

    Rows that were held out come after all others, in an order of their own.
    """
    if is_monotone_in_time(np.concatenate(parts)):
        return True
    large = [part for part in parts if np.count_nonzero(np.isfinite(part)) >= MIN_ROWS]
    return bool(large) and all(map(is_monotone_in_time, large))


def _excluded_parts(date: Feature, batches: Sequence[RecordBatch]) -> dict[str, ExclusionReason]:
    age, *names = date.columns
    dates, times = collect_dates(date, batches), np.concatenate([batch.times for batch in batches])
    has_date, has_both = np.isfinite(dates), np.isfinite(dates) & np.isfinite(times)
    if not has_date.any():
        # nothing of them is known, and dates that appear are a change
        return {}
    has_times = bool(has_both.sum() >= max(1, MIN_TIMED_SHARE * has_date.sum()))
    excluded = {} if has_times else {age: ExclusionReason.MISSING_TIME}
    date_range = _middle_range((times - dates if has_times else dates)[has_date]) / DAY_SECONDS
    for name, part in zip(names, DATE_PARTS, strict=True):
        depends_on_clock = has_times and depends_on_request_time(
            part.positions(times[has_both]), part.positions(dates[has_both]), len(part.names)
        )
        if depends_on_clock or date_range < part.cycle_days:
            excluded[name] = ExclusionReason.DEPENDS_ON_REQUEST_TIME
    return excluded


def _middle_range(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(np.subtract(*np.quantile(finite, MIDDLE_QUANTILES[::-1]))) if len(finite) else 0.0


def is_row_identifier(columns: Sequence[CategoricalColumn]) -> bool:
    """Whether nearly every row has a category of its own."""
    rows = sum(int(np.count_nonzero(column.codes >= 0)) for column in columns)
    categories = {
        column.categories[code]
        for column in columns
        for code in np.unique(column.codes)
        if code >= 0
    }
    return rows >= MIN_ROWS and len(categories) >= MIN_CATEGORIES_PER_ROW * rows


def _time_order(batches: Sequence[RecordBatch]) -> NDArray[np.intp] | None:
    """intp[k]: positions of the rows with a time, sorted by it; None if they are too few."""
    times = np.concatenate([batch.times for batch in batches])
    timed = np.flatnonzero(np.isfinite(times))
    if len(timed) < MIN_ROWS or len(np.unique(times[timed])) < BLOCKS:
        return None
    return timed[np.argsort(times[timed], kind="stable")]

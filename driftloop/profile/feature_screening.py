"""Features that can't be compared: found when the baseline is fitted, and left out of verdicts.

**What follows time** (ids, timestamps, counters): the live values of such a column lie beyond all
training data by nature. It is told from drift by what separates them: drift, however strong, still
meets values that were there before, while such a column never does. So the training data is put in
the order of time and cut into ``BLOCKS`` blocks of equal size, and each block's middle 80% must lie
wholly beyond that of the block before the last, on one side, with one exception allowed. A trend
with noise of more than about a thirtieth of its range fails this, as do a cycle, which turns, a
step, which stands still on either side, and a constant. Half a cycle without any noise would pass:
so the column must not come to rest at either end. Days and counters with repeats pass, though they
have few distinct values; so does any quantity that grows all the time without noise.

Rows without times may be in any order, sorted by the very feature too. So without times only
**row numbers** are left out, which their values alone tell: distinct whole numbers with few gaps,
as no random draw gives; and what follows the order of the rows where its values tell that rows came
in time: moments of this century as numbers, and whole numbers that grow evenly, with few gaps, as
counters do. What else follows the order of such rows is merely suspected, and told.

**Labels of single rows** (UUIDs, free text): nearly every row of a categorical column has a level
of its own, so no level's share can change.

**Of dates**, the age where training rows have no time of their own to measure it at, and parts of
the calendar that the clock decides (:mod:`driftloop.profile.time_dependence`), or of which dates
have not seen a whole cycle: where the middle 80% of ages (without times, of dates) lie within less
than one.
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
"""Share of the training rows that must have a time for ages to be compared."""

MIN_CATEGORIES_PER_ROW = 0.9
"""Distinct levels for each row with a value, from which on a column labels single rows."""


class ExclusionReason(StrEnum):
    """Why a feature takes no part in verdicts."""

    FOLLOWS_TIME = "follows_time"
    ROW_NUMBER = "row_number"
    ROW_IDENTIFIER = "row_identifier"
    MISSING_TIME = "missing_time"
    DEPENDS_ON_REQUEST_TIME = "depends_on_request_time"


class ScreeningResult(NamedTuple):
    """Reasons by name of the columns that are ``exclude_features``; features that are
    ``suspected``."""

    excluded_features: dict[str, ExclusionReason]
    suspected: list[str]


def screen_features(batches: Sequence[RecordBatch], features: Sequence[Feature]) -> ScreeningResult:
    """What training data shows to be beyond comparison, however it is split into batches.

    ``features`` are those compared, with dates as columns of their own, which the batches have too.
    """
    order = _in_time(batches)
    found: dict[str, ExclusionReason] = {}
    for feature in features:
        columns = [batch.columns[feature.name] for batch in batches]
        numeric = [column.values for column in columns if isinstance(column, NumericColumn)]
        if numeric:
            why = _exclusion_reason(numeric, order)
            found |= {feature.name: why} if why else {}
        elif is_row_identifier([c for c in columns if isinstance(c, CategoricalColumn)]):
            found[feature.name] = ExclusionReason.ROW_IDENTIFIER
    for date in batches[0].schema.features:
        if date.kind is Kind.DATE:
            found |= _excluded_parts(date, batches)
    known = {feature.name: found[feature.name] for feature in features if feature.name in found}
    return ScreeningResult(known, [] if order is not None else list(_suspected(batches, known)))


def _exclusion_reason(
    parts: Sequence[Floats], order: NDArray[np.intp] | None
) -> ExclusionReason | None:
    values = np.concatenate(parts)
    if order is not None:
        return ExclusionReason.FOLLOWS_TIME if is_monotone_in_time(values[order]) else None
    if is_row_number(values):
        return ExclusionReason.ROW_NUMBER
    tells = is_epoch_time(values) or is_counter(values)
    return ExclusionReason.FOLLOWS_TIME if tells and _follows_rows(parts) else None


def _suspected(batches: Sequence[RecordBatch], excluded_features: Collection[str]) -> Iterator[str]:
    """Features that follow the order of rows without times."""
    for feature in batches[0].schema.features:
        columns = [batch.columns[feature.name] for batch in batches]
        numeric = [column.values for column in columns if isinstance(column, NumericColumn)]
        if numeric and feature.name not in excluded_features and _follows_rows(numeric):
            yield feature.name


def _follows_rows(parts: Sequence[Floats]) -> bool:
    """Whether all rows follow their order, or each part that is large enough does: rows that were
    held out come after all others."""
    if is_monotone_in_time(np.concatenate(parts)):
        return True
    large = [part for part in parts if np.count_nonzero(np.isfinite(part)) >= MIN_ROWS]
    return bool(large) and all(map(is_monotone_in_time, large))


def _excluded_parts(date: Feature, batches: Sequence[RecordBatch]) -> dict[str, ExclusionReason]:
    age, *names = date.columns
    dates, times = collect_dates(date, batches), np.concatenate([batch.times for batch in batches])
    there, known = np.isfinite(dates), np.isfinite(dates) & np.isfinite(times)
    timed = bool(known.sum() >= max(1, MIN_TIMED_SHARE * there.sum()))
    found = {} if timed else {age: ExclusionReason.MISSING_TIME}
    spread = _spread((times - dates if timed else dates)[there]) / DAY_SECONDS
    for name, part in zip(names, DATE_PARTS, strict=True):
        moved = timed and depends_on_request_time(
            part.positions(times[known]), part.positions(dates[known]), len(part.names)
        )
        if moved or spread < part.cycle_days:
            found[name] = ExclusionReason.DEPENDS_ON_REQUEST_TIME
    return found


def _spread(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.subtract(*np.quantile(known, MIDDLE_QUANTILES[::-1]))) if len(known) else 0.0


def is_row_identifier(columns: Sequence[CategoricalColumn]) -> bool:
    """Whether nearly every row has a level of its own."""
    rows = sum(int(np.count_nonzero(column.codes >= 0)) for column in columns)
    categories = {
        column.categories[code]
        for column in columns
        for code in np.unique(column.codes)
        if code >= 0
    }
    return rows >= MIN_ROWS and len(categories) >= MIN_CATEGORIES_PER_ROW * rows


def _in_time(batches: Sequence[RecordBatch]) -> NDArray[np.intp] | None:
    """The order of all rows that have a time; None where these are too few to cut into blocks."""
    times = np.concatenate([batch.times for batch in batches])
    known = np.flatnonzero(np.isfinite(times))
    if len(known) < MIN_ROWS or len(np.unique(times[known])) < BLOCKS:
        return None
    return known[np.argsort(times[known], kind="stable")]

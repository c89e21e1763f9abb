"""Learns from the training data how days differ: each is compared with the days before it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, RecordBatch
from driftloop.daily.checks import disorder_shares, find_runs
from driftloop.daily.column_day import angle
from driftloop.daily.day import (
    Day,
    Extremes,
    make_day,
    make_days,
    no_extremes,
    recorded_ends,
    widen,
)
from driftloop.daily.day_decision import Measured, measure_column
from driftloop.daily.history import MAX_NEW_VALUES, REFERENCE_DAYS, DayRecord
from driftloop.daily.reference import TrainingDays, count_months
from driftloop.profile.date_parts import HOUR_SECONDS
from driftloop.profile.hourly.counts import Hours, add_hours, count_hours
from driftloop.profile.hourly.fit import join_timed
from driftloop.profile.hourly.layout import CountedColumn, HourlyLayout, column_values

FIRST_ANALYZED_DAY = 14
"""Training days before the first one that is analyzed."""

FIRST_WEEKLY_DAY = 21
"""The same for the comparison with the same weekday."""

MIN_TRAINING_DAYS = 28
"""Days of training data without which there is no daily rule."""

MAX_TRAINING_DAYS = 182
"""Last training days with records that are analyzed: bounds time and memory, some 4 MB a day with
very many columns."""

MIN_WEEKLY_GAIN = 0.7
"""The usual movement against the same weekday, in parts of that against all days, below which a
column is compared with the same weekday."""


def learn_days(layout: HourlyLayout, batches: Sequence[RecordBatch]) -> TrainingDays | None:
    """What the training data shows about days.

    Args:
        layout: What is counted of each hour.
        batches: The training rows. Predictions are expected only of batches that have them.

    Returns:
        The days; None if there are fewer than ``MIN_TRAINING_DAYS``.
    """
    hours: Hours = {}
    for one in batches:
        hours = add_hours(hours, count_hours(layout, one, expect_predictions=False))
    days = make_days(layout, hours, recorded_ends(hours)[-MAX_TRAINING_DAYS:])
    batch = join_timed(batches)
    if batch is None or len(days) < MIN_TRAINING_DAYS:
        return None
    found = learn_counted_days(layout, days)
    new_shares = _shares_of_new_values(layout, batch, [day.end for day in days])
    return replace(
        found,
        records=[
            _with_new_shares(record, index, new_shares)
            for index, record in enumerate(found.records)
        ],
        extremes={column.name: _extremes(column, hours) for column in layout.numeric},
        months=count_months(layout, (make_day(layout, hours, end) for end in recorded_ends(hours))),
    )


def learn_counted_days(
    layout: HourlyLayout,
    days: Sequence[Day],
    extremes: Mapping[str, Extremes] | None = None,
) -> TrainingDays:
    """What days with their counts show, without ``months``, and without ``extremes`` of their own.

    Args:
        layout: What was counted of each hour.
        days: The days, oldest first.
        extremes: Of live days, the range of each numeric column in the training data.
    """
    empty = TrainingDays(layout, {}, [])
    weekly = frozenset(column.name for column in layout.compared if _is_weekly(empty, column, days))
    new_values = {column.name: _new_values(column, days) for column in layout.compared}
    by_column = {
        column.name: _measure(
            TrainingDays(
                layout, {}, [], weekly, extremes=extremes or {}, are_live=extremes is not None
            ),
            column,
            days,
            new_values[column.name],
        )
        for column in layout.compared
    }
    kept = {hour: found for day in days[-REFERENCE_DAYS:] for hour, found in day.hours.items()}
    return TrainingDays(
        layout=layout,
        hours=kept,
        records=[
            _to_record(layout, day, index, by_column, new_values) for index, day in enumerate(days)
        ],
        weekly=weekly,
        longest_runs=_longest_runs(layout, days),
        disorder=_largest_disorder(layout, days),
        extremes=extremes or {},
        are_live=extremes is not None,
    )


_Measured = Sequence[Measured | None]


def _new_values(column: CountedColumn, days: Sequence[Day]) -> list[tuple[str, ...]]:
    """Values by name that each day was the first to have, beside the training data."""
    known: set[str] = set()
    found = []
    for day in days:
        unseen = day.unseen.get(column.name)
        names = set() if unseen is None else {*unseen.by_value} - known
        found.append(tuple(sorted(names)[:MAX_NEW_VALUES]))
        known |= names
    return found


def _measure(
    before: TrainingDays,
    column: CountedColumn,
    days: Sequence[Day],
    new_values: Sequence[Sequence[str]],
) -> _Measured:
    """Statistics of a column on each day, compared with the days before it; None of the first."""
    known: set[str] = set()
    extremes = before.extremes.get(column.name, no_extremes())
    found: list[Measured | None] = []
    for index, day in enumerate(days):
        reference = days[max(0, index - REFERENCE_DAYS) : index]
        training = replace(before, extremes={column.name: extremes})
        is_analyzed = index >= FIRST_ANALYZED_DAY
        found.append(
            measure_column(training, column, day, reference, known) if is_analyzed else None
        )
        known |= {*new_values[index]}
        if not before.are_live:
            extremes = widen(extremes, day.extremes(column))
    return found


def _is_weekly(empty: TrainingDays, column: CountedColumn, days: Sequence[Day]) -> bool:
    """Whether the level or shares move less against days of the same weekday."""
    movements = []
    for names, first in (
        (frozenset[str](), FIRST_ANALYZED_DAY),
        (frozenset({column.name}), FIRST_WEEKLY_DAY),
    ):
        training = TrainingDays(empty.layout, {}, [], names)
        squares = []
        for index in range(first, len(days)):
            reference = days[max(0, index - REFERENCE_DAYS) : index]
            found = measure_column(training, column, days[index], reference)
            name = "level" if column.number is not None else "shares"
            if found is not None and name in found.statistics:
                squares.append(found.statistics[name] ** 2)
        movements.append(float(np.mean(squares)) if squares else np.inf)
    return movements[1] < MIN_WEEKLY_GAIN * movements[0]


def _to_record(
    layout: HourlyLayout,
    day: Day,
    index: int,
    by_column: Mapping[str, _Measured],
    new_values: Mapping[str, Sequence[tuple[str, ...]]],
) -> DayRecord:
    statistics: dict[str, dict[str, float]] = {}
    values: dict[str, int] = {}
    for name, measured in by_column.items():
        found = measured[index]
        if found is not None:
            statistics[name], values[name] = dict(found.statistics), found.values
    first = next(iter(layout.columns.values()))
    return DayRecord(
        end=day.end,
        records=day.records(first),
        statistics=statistics,
        values=values,
        new_values={name: own[index] for name, own in new_values.items() if own[index]},
    )


def _with_new_shares(
    record: DayRecord, index: int, new_shares: Mapping[str, NDArray[np.float64]]
) -> DayRecord:
    """With the share of values that no earlier training day had: the baseline knows them all."""
    statistics = {
        name: {**found, "unseen": angle(float(new_shares[name][index]))}
        if "unseen" in found
        else found
        for name, found in record.statistics.items()
    }
    return msgspec.structs.replace(record, statistics=statistics)


def _shares_of_new_values(
    layout: HourlyLayout, batch: RecordBatch, ends: Sequence[int]
) -> Mapping[str, NDArray[np.float64]]:
    """By column: the share of each day's values that no earlier training day had."""
    hours = np.floor(batch.times / HOUR_SECONDS).astype(np.int64)
    index = np.searchsorted(np.array(ends), hours, side="right")
    index = np.minimum(index, len(ends) - 1)
    return {
        column.name: _new_shares(column, batch, index, len(ends))
        for column in layout.compared
        if column.is_known
    }


def _new_shares(
    column: CountedColumn, batch: RecordBatch, day: NDArray[np.int64], days: int
) -> NDArray[np.float64]:
    values = column_values(batch, column.name)
    if values is None or column.step is not None:
        return np.zeros(days)
    if isinstance(values, CategoricalColumn):
        present = values.codes >= 0
        codes, own = values.codes[present].astype(np.int64), day[present]
        first = _first_days(codes, own, days)
        is_new = first[codes] == own
    else:
        present = np.isfinite(values.values)
        numbers, own = values.values[present], day[present]
        codes = np.unique(numbers, return_inverse=True)[1]
        is_new = (_first_days(codes, own, days)[codes] == own) & _within_range(numbers, own, days)
    new = np.bincount(own[is_new], minlength=days)
    return np.asarray(new / np.maximum(np.bincount(own, minlength=days), 1))


def _first_days(codes: NDArray[np.integer], day: NDArray[np.int64], days: int) -> NDArray[np.int64]:
    first = np.full(int(codes.max(initial=0)) + 1, days, dtype=np.int64)
    np.minimum.at(first, codes, day)
    return first


def _within_range(
    numbers: NDArray[np.float64], day: NDArray[np.int64], days: int
) -> NDArray[np.bool_]:
    """Which numbers are within the range of the days before."""
    low, high = np.full(days, np.inf), np.full(days, -np.inf)
    np.minimum.at(low, day, numbers)
    np.maximum.at(high, day, numbers)
    before_low = np.append(np.inf, np.minimum.accumulate(low)[:-1])
    before_high = np.append(-np.inf, np.maximum.accumulate(high)[:-1])
    return np.asarray((numbers > before_low[day]) & (numbers < before_high[day]))


def _longest_runs(layout: HourlyLayout, days: Sequence[Day]) -> Mapping[str, int]:
    hours = {hour: counts for day in days for hour, counts in day.hours.items()}
    (longest,) = find_runs(layout, hours).longest(hours).hours.tolist()
    return {column.name: n for column, n in zip(layout.compared, longest, strict=True)}


def _largest_disorder(layout: HourlyLayout, days: Sequence[Day]) -> Mapping[tuple[str, str], float]:
    largest: dict[tuple[str, str], float] = {}
    for day in days:
        for pair, (_, share) in disorder_shares(layout, day).items():
            largest[pair] = max(largest.get(pair, 0.0), share)
    return largest


def _extremes(column: CountedColumn, hours: Hours) -> Extremes:
    """The range of all training rows, with those of days before the last ones."""
    extremes = no_extremes()
    if column.number is not None:
        for hour in hours.values():
            own = float(hour.low[column.number]), float(hour.high[column.number])
            extremes = widen(extremes, own)
    return extremes

"""How far the last days as a whole are from the training data, column by column.

The daily rule compares a day with the days before it, so a slow change is no alarm. This figure
answers the other question: has the world moved away from the training data?

The records of the last days are added up and compared with the training data: with that of the same
calendar months where the training data holds at least ``MIN_MONTH_DAYS`` days of each of them, else
with all of it. The effect size is the larger of the mean shift that the Kolmogorov-Smirnov distance
stands for and Cohen's w (categories: Cohen's w). A column's ``persistent_effect_size`` is the
smallest that is left when each quarter of the days is omitted in turn (of 28 days each week): an
odd weekend, a storm or a week of holidays does not raise it. It is 0 where the change of the whole
is not statistically significant, so that little traffic raises nothing by chance. That test takes
the records for independent; it bounds the noise of small samples and proves no change.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.daily.day import DAY_HOURS, Day
from driftloop.daily.history import DayRecord, is_broken_data
from driftloop.daily.reference import TrainingDays, month_of
from driftloop.metrics.chi_square import chi_square_test
from driftloop.metrics.cohens_w import cohens_w
from driftloop.metrics.ks import ks_p_value
from driftloop.metrics.mean_shift import mean_shift
from driftloop.profile.column_pair import BinnedCounts
from driftloop.profile.hourly.cells import GROUPS, NumericCells
from driftloop.profile.hourly.layout import CountedColumn

QUARTERS = 4
"""Parts of the days; each is omitted once."""

MIN_DAYS_SHARE = 0.5
"""Share of the days that must have records."""

MIN_MONTH_DAYS = 14
"""Training days of a calendar month that are enough to be the reference of days of this month."""

DEFAULT_DAYS = 28
"""Days that are added up: whole weeks, and as many as the reference of the daily rule."""

MIN_RECORDS = 100
"""Values without which a column is not compared."""

FALSE_ALARM_RATE = 0.01
"""Of the tests of all columns together."""

Counts = NDArray[np.int64]


class ColumnDriftFromTraining(msgspec.Struct, frozen=True, kw_only=True):
    """How far a column is from the training data.

    Attributes:
        effect_size: Of the days as a whole, like a mean shift in standard deviations.
        persistent_effect_size: The smallest without any quarter of the days; 0 if the change is
            not statistically significant.
        days: Days that were added up: those with records, and no broken data in the column.
        records: Their values.
    """

    effect_size: float
    persistent_effect_size: float
    days: int
    records: int


class DriftFromTraining(msgspec.Struct, frozen=True, kw_only=True):
    """How far the last days are from the training data.

    Attributes:
        max_days: Days that are looked at.
        days: Days of them that have records.
        records: Their records.
        months: Calendar months of the training data, 1 to 12, that are the reference; empty where
            it is all of the training data.
        columns: By feature, and ``(prediction)``; empty while fewer than half of the days have
            records.
    """

    max_days: int
    days: int
    records: int
    months: tuple[int, ...] = ()
    columns: Mapping[str, ColumnDriftFromTraining] = {}

    def largest(self, feature_weights: Mapping[str, float]) -> float:
        """The largest persistent effect size of a column whose weight is not 0; 0 without any."""
        sizes = (
            column.persistent_effect_size
            for name, column in self.columns.items()
            if feature_weights.get(name, 1.0) > 0
        )
        return max(sizes, default=0.0)


def measure_drift_from_training(
    training: TrainingDays,
    days: Sequence[Day],
    history: Sequence[DayRecord],
    *,
    max_days: int = DEFAULT_DAYS,
    excluded: Collection[str] = (),
) -> DriftFromTraining:
    """Compare the last days as a whole with the training data.

    Args:
        training: What the baseline keeps.
        days: Counts of days, oldest first; the last one is the newest that counts.
        history: Records of these days: a day with broken data in a column does not count for it.
        max_days: Days up to the newest one that are added up.
        excluded: Columns that take no part.
    """
    oldest = days[-1].end - max_days * DAY_HOURS if days else 0
    chosen = [day for day in days if day.end > oldest and day.hours]
    first = next(iter(training.layout.columns.values()), None)
    records = 0 if first is None else sum(day.records(first) for day in chosen)
    months = {month_of(day.end) for day in chosen}
    has_months = all(
        month in training.months and training.months[month].days >= MIN_MONTH_DAYS
        for month in months
    )
    columns: dict[str, ColumnDriftFromTraining] = {}
    if len(chosen) >= MIN_DAYS_SHARE * max_days and training.months:
        compared = [one for one in training.layout.compared if one.name not in excluded]
        broken = _broken_days(history)
        for column in compared:
            usable = [day for day in chosen if (day.end, column.name) not in broken]
            found = _measure(
                training,
                column,
                usable,
                has_months=has_months,
                max_p_value=FALSE_ALARM_RATE / len(compared),
            )
            if found is not None and len(usable) >= MIN_DAYS_SHARE * max_days:
                columns[column.name] = found
    return DriftFromTraining(
        max_days=max_days,
        days=len(chosen),
        records=records,
        months=tuple(sorted(months)) if has_months and columns else (),
        columns=columns,
    )


def _broken_days(history: Sequence[DayRecord]) -> set[tuple[int, str]]:
    return {
        (record.end, column)
        for record in history
        for column, alarms in record.alarms.items()
        if any(is_broken_data(alarm) for alarm in alarms)
    }


def _measure(
    training: TrainingDays,
    column: CountedColumn,
    days: Sequence[Day],
    *,
    has_months: bool,
    max_p_value: float,
) -> ColumnDriftFromTraining | None:
    counts = np.array([day.total(column.values) for day in days]).reshape(
        len(days), column.cells.count
    )
    months = np.array([month_of(day.end) for day in days] if has_months else [0] * len(days))
    if counts.sum() < MIN_RECORDS:
        return None
    whole = _compare(training, column, counts, months)
    if whole is None:
        return None
    persistent = 0.0
    if whole.p_value <= max_p_value:
        parts = [_compare(training, column, *part) for part in _without_quarters(counts, months)]
        persistent = min((one.effect_size for one in parts if one is not None), default=0.0)
    return ColumnDriftFromTraining(
        effect_size=whole.effect_size,
        persistent_effect_size=min(persistent, whole.effect_size),
        days=len(days),
        records=int(counts.sum()),
    )


def _without_quarters(counts: Counts, months: Counts) -> Iterator[tuple[Counts, Counts]]:
    for omitted in np.array_split(np.arange(len(counts)), QUARTERS):
        yield np.delete(counts, omitted, axis=0), np.delete(months, omitted)


class _Comparison(NamedTuple):
    effect_size: float
    p_value: float


def _compare(
    training: TrainingDays, column: CountedColumn, counts: Counts, months: Counts
) -> _Comparison | None:
    """Compare days with the training data; ``months`` int64[days] is 0 for all of it."""
    current = counts.sum(axis=0)
    reference = _reference(training, column, counts, months)
    n, m = int(reference.sum()), int(current.sum())
    if not n or not m:
        return None
    cells = column.cells
    if not isinstance(cells, NumericCells):
        bins = BinnedCounts(reference, current)
        test = chi_square_test(bins)
        return _Comparison(cohens_w(bins) or 0.0, 1.0 if test is None else test.p_value)
    distance = float(np.abs(np.cumsum(reference) / n - np.cumsum(current) / m).max())
    grouped = [
        np.bincount(cells.groups, weights=side, minlength=GROUPS).astype(np.int64)
        for side in (reference, current)
    ]
    bins = BinnedCounts(*grouped)
    test = chi_square_test(bins)
    p_values = [ks_p_value(distance, n, m), *([] if test is None else [test.p_value])]
    effect_size = max(mean_shift(distance, n, m), cohens_w(bins) or 0.0)
    return _Comparison(effect_size, min(1.0, len(p_values) * min(p_values)))


def _reference(
    training: TrainingDays, column: CountedColumn, counts: Counts, months: Counts
) -> Counts:
    """int64[cells]: the training data; each month weighs as much as in the days."""
    if not months.any():
        every = [month.counts[column.values] for month in training.months.values()]
        return np.asarray(np.sum(every, axis=0), dtype=np.int64)
    total = 0
    shares = np.zeros(column.cells.count)
    for month in np.unique(months):
        own = training.months[int(month)].counts[column.values]
        if own.sum():
            shares += counts[months == month].sum() / counts.sum() * own / own.sum()
            total += int(own.sum())
    return np.rint(shares * total).astype(np.int64)

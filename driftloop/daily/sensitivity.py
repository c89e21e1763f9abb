"""The smallest change of each column that 1, 3 and 7 days find in 90% of all cases.

It is the limit of a statistic and 1.28 of its standard deviations more: 90% of the days with such a
change are beyond the limit, if days are normal.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType

import msgspec
import numpy as np

from driftloop.daily.column_day import MAX_SCORE, angle
from driftloop.daily.day_decision import can_find_new_values, false_alarm_rate
from driftloop.daily.history import values_of
from driftloop.daily.limits import MIN_HISTORY_DAYS, Limit, make_limit
from driftloop.daily.reference import TrainingDays
from driftloop.daily.statistics import BY_NAME, HORIZONS
from driftloop.profile.hourly.layout import CountedColumn

MAX_DISTANCE = 2 * math.sqrt(2)
"""The largest Hellinger distance: no category of the reference is left."""

MAX_LOG_FACTOR = math.log(100)
"""Largest factor of the standard deviation that counts as found: scores are cut at ``MAX_SCORE``
and their standard deviation at 0.01."""

Horizons = Mapping[int, float | None]
"""The smallest change found, by horizon in days; None where no change of any size is found."""

Limits = Mapping[tuple[str, str, int], Limit]
"""Limits by column, statistic and horizon, as a decision has them."""


class ColumnSensitivity(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest changes of a column that are found in 90% of all cases.

    ``level`` (a shift in standard deviations of the same hours), ``spread`` (the factor by which
    the standard deviation grows or shrinks), ``shares`` (the effect size of changed shares of
    categories) and ``missing`` (the share of missing values) map a horizon in days to the change:
    null where none of any size is found, and empty where the statistic is not analyzed.
    ``watched_by`` are the other statistics and checks that the column has. ``required`` is
    ``monitoring.required_sensitivity`` of the column, ``insufficient`` whether no horizon finds a
    change of level or shares so small.
    """

    column: str
    level: Horizons = {}
    spread: Horizons = {}
    shares: Horizons = {}
    missing: Horizons = {}
    watched_by: tuple[str, ...] = ()
    required: float | None = None
    insufficient: bool = False

    @property
    def main(self) -> Horizons:
        """Level of a number, shares of a category."""
        return self.level or self.shares

    @property
    def smallest(self) -> float | None:
        """The smallest change of level or shares that any horizon finds; None if none is found."""
        return min((size for size in self.main.values() if size is not None), default=None)


def assess_sensitivity(
    training: TrainingDays,
    excluded: Collection[str] = (),
    *,
    required: Mapping[str, float] = MappingProxyType({}),
    limits: Limits | None = None,
    looks_per_day: int = 1,
) -> tuple[ColumnSensitivity, ...]:
    """The smallest changes that are found, by column.

    Args:
        training: What the baseline keeps.
        excluded: Columns that take no part.
        required: By column, the largest change that may stay unseen.
        limits: Those of a day; without them, and for statistics that the day does not have, those
            that follow from the training days.
        looks_per_day: Decisions a day, which share the budget of false alarms.
    """
    alpha = false_alarm_rate(training, excluded, looks_per_day)
    return tuple(
        _assess(training, column, alpha, required, limits or {})
        for column in training.layout.compared
        if column.name not in excluded
    )


def _assess(
    training: TrainingDays,
    column: CountedColumn,
    alpha: float,
    required: Mapping[str, float],
    limits: Limits,
) -> ColumnSensitivity:
    def changes(statistic: str, size: Callable[[float], float | None]) -> Horizons:
        found = _limits(training, column.name, statistic, alpha, limits)
        return {days: size(limit.detectable_change) for days, limit in found.items()}

    usual, records = angle(_missing_share(training, column)), _usual_records(training, column)
    found = ColumnSensitivity(
        column=column.name,
        level=changes("level", lambda size: size if size <= MAX_SCORE else None),
        spread=changes("spread", lambda size: math.exp(size) if size <= MAX_LOG_FACTOR else None),
        shares=changes("shares", lambda size: size if size < MAX_DISTANCE else None),
        missing=changes("missing", lambda size: _share(usual + size, records)),
        required=required.get(column.name),
    )
    is_insufficient = found.required is not None and not (
        found.smallest is not None and found.smallest <= found.required
    )
    return msgspec.structs.replace(
        found,
        watched_by=tuple(_watched_by(training, column, found, limits)),
        insufficient=is_insufficient,
    )


def _limits(
    training: TrainingDays, name: str, statistic: str, alpha: float, limits: Limits
) -> Mapping[int, Limit]:
    """The limit of each horizon: the day's, else the one after the training days."""
    history = values_of(training.records, name, statistic)
    row = BY_NAME[statistic]
    found = {}
    for days in HORIZONS:
        limit = limits.get((name, statistic, days))
        if limit is None and len(history) >= MIN_HISTORY_DAYS:
            limit = make_limit(row, history, days, alpha, row.min_change)
        if limit is not None:
            found[days] = limit
    return found


def _missing_share(training: TrainingDays, column: CountedColumn) -> float:
    """The share of missing values on the last training days."""
    missing = sum(int(day.counts[:, column.missing].sum()) for day in training.days)
    return missing / max(sum(day.records(column) for day in training.days), 1)


def _usual_records(training: TrainingDays, column: CountedColumn) -> float:
    """Records of a day, the median of the last training days."""
    counts = [day.records(column) for day in training.days]
    return float(np.median(counts)) if counts else math.inf


def _share(size: float, records: float) -> float | None:
    """The share of an angle (Cohen's h from 0), at least one record; None if it is beyond all."""
    return max(math.sin(size / 2) ** 2, 1 / records) if size <= math.pi else None


def _watched_by(
    training: TrainingDays, column: CountedColumn, found: ColumnSensitivity, limits: Limits
) -> Iterator[str]:
    """What finds broken values of a column, whatever its level."""
    name, layout = column.name, training.layout
    if (name, "unseen", 1) in limits or can_find_new_values(column, training.records):
        yield "unseen"
    if column.number is not None:
        yield "out_of_range"
    if any(share is not None for share in found.missing.values()):
        yield "missing"
    if layout.pairs_of(name):
        yield "association"
    if any(name in pair for pair in layout.orders):
        yield "order"
    yield "constant"

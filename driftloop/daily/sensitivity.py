"""The smallest change of each column that 1, 3 and 7 days find with 90% power."""

import math
from collections.abc import Collection, Iterator
from typing import NamedTuple

from driftloop.daily.column_day import MAX_SCORE
from driftloop.daily.day_decision import false_alarm_rate
from driftloop.daily.history import values_of
from driftloop.daily.limits import MIN_HISTORY_DAYS, make_limit
from driftloop.daily.reference import TrainingDays
from driftloop.daily.statistics import BY_NAME, HORIZONS

_CHANGES = {"level": "shift of the level", "shares": "change of shares", "missing": "missing share"}


class SmallestChange(NamedTuple):
    """The smallest change of a column that is found, by horizon in days.

    A shift is in standard deviations of the same hours, a change of shares a Hellinger distance,
    missing values a share of all records.
    """

    column: str
    statistic: str
    by_days: dict[int, float]

    @property
    def what(self) -> str:
        """The kind of change."""
        return _CHANGES[self.statistic]

    @property
    def is_undetectable(self) -> bool:
        """Whether no change can be found: scores are cut at ``MAX_SCORE``."""
        return self.statistic == "level" and min(self.by_days.values()) > MAX_SCORE

    def text(self, days: int) -> str:
        """The change over some days."""
        value = self.by_days.get(days)
        if value is None or (self.statistic == "level" and value > MAX_SCORE):
            return "none"
        return f"{value:.2%}" if self.statistic == "missing" else f"{value:.2g}"


def smallest_changes(
    training: TrainingDays, excluded: Collection[str] = ()
) -> Iterator[SmallestChange]:
    """The smallest changes that are found after the training days, by column.

    Args:
        training: What the baseline keeps.
        excluded: Columns that take no part.
    """
    alpha = false_alarm_rate(training, excluded)
    for column in training.layout.compared:
        if column.name in excluded:
            continue
        for name in _CHANGES:
            history = values_of(training.records, column.name, name)
            if len(history) < MIN_HISTORY_DAYS:
                continue
            statistic = BY_NAME[name]
            found = {
                days: make_limit(
                    statistic, history, days, alpha, statistic.min_change
                ).detectable_change
                for days in HORIZONS
            }
            if name == "missing":
                found = {d: math.sin(min(v, math.pi) / 2) ** 2 for d, v in found.items()}
            yield SmallestChange(column.name, name, found)

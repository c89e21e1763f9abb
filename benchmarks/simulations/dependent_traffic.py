"""Hours of traffic whose records are not independent: users, cycles, and days that differ.

Each of twenty features has a standard normal score: fifteen features are the score itself, five cut
it into ten categories with Zipf shares. Half of the variance of a score belongs to the record's
user, who sends ten records in an hour. The five features of ``CYCLING`` vary by 0.3 standard
deviations over the day and are 0.15 lower at weekends. On each day a normal effect shifts each
feature.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from benchmarks.simulations.traffic import CATEGORICAL, CATEGORIES, NUMERIC, SCHEMA, ZIPF
from driftloop.capture import CategoricalColumn, Column, NumericColumn
from driftloop.seasonality.hour_of_week import WEEK_HOURS

Floats = NDArray[np.float64]

NAMES = (*NUMERIC, *CATEGORICAL)
USER_RECORDS = 10
USER_SHARE = 0.5
CYCLING = (0, 1, 2, 3, 15)
"""Positions of the features with cycles: four numeric ones and a categorical one."""

DAILY, WEEKEND = 0.3, 0.15
_CUTS = ndtri(np.cumsum(ZIPF)[:-1])


class TrafficKind(NamedTuple):
    """What the records depend on."""

    users: bool = True
    cycles: bool = True
    day_effect: float = 0.0


class Drawn:
    """Consecutive hours of traffic, all from one seed."""

    def __init__(self, kind: TrafficKind, rate: int, seed: list[int]) -> None:
        self._kind, self._rate = kind, rate
        self._random = np.random.default_rng(seed)

    def hours(self, first: int, count: int) -> Iterator[tuple[int, dict[str, Column]]]:
        """Columns of ``rate`` records for each hour; ``first`` begins a day."""
        day = np.zeros(len(NAMES))
        for hour in range(first, first + count):
            if hour % 24 == 0:
                day = self._random.normal(0.0, 1.0, len(NAMES)) * self._kind.day_effect
            yield hour, as_columns(self._scores(hour, day))

    def _scores(self, hour: int, day: Floats) -> Floats:
        """Normal scores float64[features, records]."""
        scores = self._random.normal(size=(len(NAMES), self._rate))
        if self._kind.users:
            users = self._random.normal(size=(len(NAMES), -(-self._rate // USER_RECORDS)))
            of_user = np.repeat(users, USER_RECORDS, axis=1)[:, : self._rate]
            scores = np.sqrt(1 - USER_SHARE) * scores + np.sqrt(USER_SHARE) * of_user
        shift = day.copy()
        if self._kind.cycles:
            weekend = hour % WEEK_HOURS >= 5 * 24
            cycle = DAILY * np.sin(2 * np.pi * (hour % 24) / 24) - WEEKEND * weekend
            shift[list(CYCLING)] += cycle
        return np.asarray(scores + shift[:, None], dtype=np.float64)


def as_columns(scores: Floats) -> dict[str, Column]:
    """Features as columns of a record batch, from normal scores float64[features, records]."""
    return {
        name: NumericColumn(row)
        if name in NUMERIC
        else CategoricalColumn(np.searchsorted(_CUTS, row).astype(np.int32), CATEGORIES)
        for name, row in zip(NAMES, scores, strict=True)
    }


__all__ = ["NAMES", "SCHEMA", "Drawn", "TrafficKind", "as_columns"]

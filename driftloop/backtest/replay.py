"""Alarms over windows that were scored, and the floors that keep them rare.

Every column has its own usual movement; floors are raised by one common factor of it, the smallest
under which the effects of the replayed weeks, sure or not, would raise no alarm. Whether an effect
is sure is left out of this: it is a second hurdle for live windows, and what little passes it in a
few weeks says too little of the next ones. No alarm is let pass: floors that let one pass in eight
weeks left three in the next two months of a simulation.

How often an alarm goes off over a run of windows, drawn or replayed.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driftloop.backtest.scored_windows import Floats, ScoredWindows
from driftloop.detection import DriftPolicy
from driftloop.detection.persistence import recurring_columns
from driftloop.seasonality.adjustments import DAY_HOURS

USUAL = 0.75
"""Quantile of a column's effects that is its usual movement."""

MIN_USUAL = 1.0
"""Floors that a column's usual movement is taken to be at least: what moves less needs no allowance
of its own, and would make the common factor depend on columns that hardly ever move."""

MARGIN = 1.15
"""On top of the smallest factor: the largest of one period is exceeded about once in the next."""


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """Scored windows of ``window_hours`` each, and the days that they make up (None where a
    window is a day itself)."""

    window_hours: int
    windows: ScoredWindows
    days: ScoredWindows | None

    @property
    def regardless(self) -> "Replay":
        """The same where every effect counts as sure."""
        windows = replace(self.windows, significant=self.windows.raw)
        days = None if self.days is None else replace(self.days, significant=self.days.raw)
        return Replay(self.window_hours, windows, days)

    def part(self, first: int, end: int, *, outside: bool = False) -> "Replay":
        """The windows and days that began from ``first`` on and before ``end``, or the others."""
        windows = self.windows.between(first, end, outside=outside)
        days = None if self.days is None else self.days.between(first, end, outside=outside)
        return Replay(self.window_hours, windows, days)

    def drifted(self, factors: Floats, day_factors: Floats) -> tuple[NDArray[np.bool_], list[int]]:
        """Whether each column drifted, bool[windows, columns], and the days that have drifted."""
        by_window = (self.windows.significant > 0) & (self.windows.significant >= factors)
        if self.days is None:
            return by_window, []
        by_day = (self.days.significant > 0) & (self.days.significant >= day_factors)
        return by_window, [self.days.starts[place] for place in np.flatnonzero(by_day.any(axis=1))]

    def alarms(self, factors: Floats, day_factors: Floats, policy: DriftPolicy) -> int:
        """Changes into ALARM under these factors of the floors."""
        by_window, drifted_days = self.drifted(factors, day_factors)
        names = [[str(column) for column in np.flatnonzero(row)] for row in by_window]
        closing = {day + DAY_HOURS - self.window_hours for day in drifted_days}
        windows = dict(zip(self.windows.starts, names, strict=True))
        return alarm_transitions(windows, closing, policy)


def fit_multipliers(replay: Replay, policy: DriftPolicy) -> tuple[Floats, Floats]:
    """Factors float64[columns] of the floors, for windows and for days; 1 or more."""
    replay = replay.regardless
    never = np.full(len(replay.windows.columns), np.inf)

    def quiet(factors: Floats, day_factors: Floats) -> bool:
        return not replay.alarms(factors, day_factors, policy)

    factors = _raised(replay.windows, lambda by_window: quiet(by_window, never))
    if replay.days is None:
        return factors, factors
    return factors, _raised(replay.days, lambda by_day: quiet(factors, by_day))


def _raised(scored: ScoredWindows, quiet: Callable[[Floats], bool]) -> Floats:
    """The usual movement times the smallest common factor that leaves no alarm, and a margin."""
    usual = typical_effect_size(scored)
    sizes = (scored.significant / usual)[scored.significant > 0]
    steps = np.concatenate([[0.0], np.unique(sizes) * (1 + 1e-9), [np.inf]])
    place = bisect_left(steps, True, key=lambda common: quiet(common * usual))
    common = float(steps[min(place, len(steps) - 2)])
    return np.asarray(np.maximum(1.0, MARGIN * common * usual), dtype=np.float64)


def typical_effect_size(scored: ScoredWindows) -> Floats:
    """What a column's effect, in floors, seldom exceeds; float64[columns]."""
    if not len(scored.starts):
        return np.full(len(scored.columns), MIN_USUAL)
    found = np.quantile(scored.raw, USUAL, axis=0)
    return np.asarray(np.maximum(MIN_USUAL, found), dtype=np.float64)


def alarm_transitions(
    windows: Mapping[int, Collection[str] | None], closing: Collection[int], policy: DriftPolicy
) -> int:
    """Changes into ALARM: the same column in M of the last N judged windows, or a drifted day.

    ``windows`` hold each one's drifted columns by its start, None where it was not judged, which
    leaves the alarm as it is. ``closing`` are the starts of the last windows of drifted days: a
    day is known with its last window.
    """
    count, persistent, before = 0, False, False
    judged: list[Collection[str]] = []
    for start in sorted({*windows, *closing}):
        names = windows.get(start)
        if names is not None:
            judged.append(names)
            persistent = bool(recurring_columns(judged, policy))
        now = persistent or start in closing
        count += now and not before
        before = now
    return count

"""Alarms over scored windows, and the multipliers of minimum effect sizes that keep alarms rare.

Every column has its own typical effect size in windows without drift. Its minimum effect sizes are
multiplied by the typical effect size times one common factor: the smallest factor under which the
effects of the replayed weeks, significant or not, would raise no alarm. Significance is disregarded
here: it is a second condition for live windows, and the few effects that meet it in a few weeks say
too little about the next ones. No alarm is tolerated: factors that let one pass in eight weeks gave
three alarms in the next two months of a simulation.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftloop.backtest.scored_windows import Floats, ScoredWindows
from driftloop.detection import DriftPolicy
from driftloop.detection.persistence import recurring_columns
from driftloop.seasonality.adjustments import DAY_HOURS

TYPICAL_QUANTILE = 0.75
"""Quantile of a column's effect sizes that is its typical effect size."""

MIN_TYPICAL_EFFECT_SIZE = 1.0
"""Typical effect size, in minimum effect sizes, that a column is taken to have at least. A column
that moves less needs no multiplier of its own, and would make the common factor depend on columns
that hardly ever move."""

MARGIN = 1.15
"""Factor on top of the smallest one: the largest effect of one period is exceeded about once in the
next."""


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """Scored windows of ``window_hours`` each, and the days that they make up (None where a window
    is a day itself)."""

    window_hours: int
    windows: ScoredWindows
    days: ScoredWindows | None

    @property
    def with_all_significant(self) -> "Replay":
        """The same windows and days, every effect taken as significant."""
        windows = replace(self.windows, significant=self.windows.raw)
        days = None if self.days is None else replace(self.days, significant=self.days.raw)
        return Replay(self.window_hours, windows, days)

    def part(self, first: int, end: int, *, outside: bool = False) -> "Replay":
        """The windows and days that began in the hours [first, end), or all others."""
        windows = self.windows.between(first, end, outside=outside)
        days = None if self.days is None else self.days.between(first, end, outside=outside)
        return Replay(self.window_hours, windows, days)

    def drifted(
        self, multipliers: Floats, day_multipliers: Floats
    ) -> tuple[NDArray[np.bool_], list[int]]:
        """Whether each column drifted, bool[windows, columns], and the starts of drifted days.

        Args:
            multipliers: Of the minimum effect sizes in windows, float64[columns].
            day_multipliers: Of those in days, float64[columns].
        """
        by_window = (self.windows.significant > 0) & (self.windows.significant >= multipliers)
        if self.days is None:
            return by_window, []
        by_day = (self.days.significant > 0) & (self.days.significant >= day_multipliers)
        drifted_days = np.flatnonzero(by_day.any(axis=1))
        return by_window, [self.days.starts[position] for position in drifted_days]

    def alarms(self, multipliers: Floats, day_multipliers: Floats, policy: DriftPolicy) -> int:
        """Transitions into ALARM under these multipliers of the minimum effect sizes."""
        by_window, drifted_days = self.drifted(multipliers, day_multipliers)
        names = [[str(column) for column in np.flatnonzero(row)] for row in by_window]
        closing = {day + DAY_HOURS - self.window_hours for day in drifted_days}
        windows = dict(zip(self.windows.starts, names, strict=True))
        return alarm_transitions(windows, closing, policy)


def fit_multipliers(replay: Replay, policy: DriftPolicy) -> tuple[Floats, Floats]:
    """Multipliers float64[columns] of the minimum effect sizes, for windows and for days.

    Each is 1 or more.
    """
    replay = replay.with_all_significant
    never = np.full(len(replay.windows.columns), np.inf)

    def has_no_alarm(multipliers: Floats, day_multipliers: Floats) -> bool:
        return not replay.alarms(multipliers, day_multipliers, policy)

    multipliers = _fit(replay.windows, lambda by_window: has_no_alarm(by_window, never))
    if replay.days is None:
        return multipliers, multipliers
    return multipliers, _fit(replay.days, lambda by_day: has_no_alarm(multipliers, by_day))


def _fit(scored: ScoredWindows, has_no_alarm: Callable[[Floats], bool]) -> Floats:
    """Typical effect sizes times the smallest common factor without an alarm, and the margin."""
    typical = typical_effect_size(scored)
    sizes = (scored.significant / typical)[scored.significant > 0]
    steps = np.concatenate([[0.0], np.unique(sizes) * (1 + 1e-9), [np.inf]])
    position = bisect_left(steps, True, key=lambda common: has_no_alarm(common * typical))
    common = float(steps[min(position, len(steps) - 2)])
    return np.asarray(np.maximum(1.0, MARGIN * common * typical), dtype=np.float64)


def typical_effect_size(scored: ScoredWindows) -> Floats:
    """The effect size, in minimum effect sizes, that a column seldom exceeds; float64[columns]."""
    if not len(scored.starts):
        return np.full(len(scored.columns), MIN_TYPICAL_EFFECT_SIZE)
    found = np.quantile(scored.raw, TYPICAL_QUANTILE, axis=0)
    return np.asarray(np.maximum(MIN_TYPICAL_EFFECT_SIZE, found), dtype=np.float64)


class AlarmState(NamedTuple):
    """How often an alarm changes to ALARM, and for how many windows it lasts."""

    transitions: int
    windows: int


def alarm_state(
    windows: Mapping[int, Collection[str] | None], closing: Collection[int], policy: DriftPolicy
) -> AlarmState:
    """Follow the alarm: a column in M of the last N analyzed windows, or a drifted day.

    Args:
        windows: Drifted columns of each window by its start; None where the window had too few
            records, which leaves the alarm as it is.
        closing: Starts of the last windows of drifted days: a day is analyzed with its last window.
        policy: Has M and N.
    """
    transitions, in_alarm, is_persistent, was_in_alarm = 0, 0, False, False
    analyzed: list[Collection[str]] = []
    for start in sorted({*windows, *closing}):
        names = windows.get(start)
        if names is not None:
            analyzed.append(names)
            is_persistent = bool(recurring_columns(analyzed, policy))
        is_in_alarm = is_persistent or start in closing
        transitions += is_in_alarm and not was_in_alarm
        in_alarm += is_in_alarm
        was_in_alarm = is_in_alarm
    return AlarmState(transitions, in_alarm)


def alarm_transitions(
    windows: Mapping[int, Collection[str] | None], closing: Collection[int], policy: DriftPolicy
) -> int:
    """Transitions into ALARM, as :func:`alarm_state` counts them."""
    return alarm_state(windows, closing, policy).transitions

"""What a calibrated rule still sees: a shift of one feature, put into the counts of live days."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from benchmarks.simulations.dependent_traffic import NAMES
from driftloop.calibration.dependence import Granted
from driftloop.calibration.population import population_of, tilted
from driftloop.calibration.power import Change
from driftloop.calibration.scored import Scorer
from driftloop.calibration.traffic import Traffic
from driftloop.compare.compare import score_compared
from driftloop.compare.reference import Compared
from driftloop.judge import Policy, judge_alone
from driftloop.judge.alarm import recurring
from driftloop.judge.verdict import DRIFTED
from driftloop.profile import Baseline
from driftloop.profile.allowances import NONE, Allowance
from driftloop.profile.columns import ColumnCounts

POLICY = Policy()
DAY = 24

SHIFTED = "n5"
"""The feature that is shifted; it has no cycle."""


class Days:
    """Days of live traffic, and in how many of them a shift of one feature raises the alarm."""

    def __init__(
        self, baseline: Baseline, training: Traffic | None = None, granted: Granted | None = None
    ) -> None:
        """Calibrated by training weeks, or else as if records were independent."""
        self._by_window = Scorer(baseline, POLICY, training.windows if training else None)
        self._by_day = Scorer(baseline, POLICY, training.days if training else None)
        self._window = granted.window[SHIFTED] if granted else NONE
        self._day = granted.day[SHIFTED] if granted else NONE
        self._days: list[tuple[list[Compared], Compared]] = []

    @property
    def count(self) -> int:
        """Days that were added."""
        return len(self._days)

    def add(self, live: Traffic) -> None:
        """Days of live traffic."""
        for start, columns in (live.days or {}).items():
            hours = [
                self._of(self._by_window, hour, live.windows[hour], self._window)
                for hour in range(start, start + DAY)
            ]
            day = self._of(self._by_day, start, columns, self._day)
            self._days.append((hours, day))

    def caught(self, size: float) -> float:
        """Share of days in which a shift by ``size`` standard deviations raises the alarm."""
        return self.changed(lambda population: tilted(population, size))

    def changed(self, change: Change) -> float:
        """The same of any change."""
        return float(np.mean([self._alarm(*day, change) for day in self._days]))

    def _alarm(self, hours: list[Compared], day: Compared, change: Change) -> bool:
        if self._drifted(day, change):
            return True
        drifted = [[SHIFTED] if self._drifted(hour, change) else [] for hour in hours]
        return any(recurring(drifted[: place + 1], POLICY) for place in range(DAY))

    @staticmethod
    def _of(
        scorer: Scorer, start: int, columns: Mapping[str, ColumnCounts], allowance: Allowance
    ) -> Compared:
        return replace(scorer.compared(start, columns)[SHIFTED], allowance=allowance)

    @staticmethod
    def _drifted(column: Compared, change: Change) -> bool:
        changed = change(population_of(column.grid, column.current)).expected()
        score = score_compared(SHIFTED, replace(column, current=changed), metrics=())
        factor = column.allowance.floor_factor
        alone = judge_alone(score, len(NAMES), POLICY, floor_factor=factor)
        return alone.status == DRIFTED

"""What a calibrated rule still sees: a shift of one feature, put into the counts of live days."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from benchmarks.simulations.dependent_traffic import NAMES
from driftloop.backtest.adjustment_fit import FittedAdjustments
from driftloop.backtest.scored_windows import WindowScorer
from driftloop.backtest.traffic import HourlyTraffic
from driftloop.calibration.population import population_of, shifted_by
from driftloop.calibration.power import Change
from driftloop.comparison.profiles import compare_prepared_column
from driftloop.comparison.reference import ComparedColumn
from driftloop.detection import DriftPolicy, detect_in_column
from driftloop.detection.persistence import recurring_columns
from driftloop.detection.verdict import DRIFTED
from driftloop.profile import Baseline
from driftloop.profile.columns import ColumnCounts
from driftloop.seasonality.adjustments import NO_ADJUSTMENT, Adjustment

POLICY = DriftPolicy()
DAY = 24

SHIFTED = "n5"
"""The feature that is shifted; it has no cycle."""


class Days:
    """Days of live traffic, and in how many of them a shift of one feature raises the alarm."""

    def __init__(
        self,
        baseline: Baseline,
        training: HourlyTraffic | None = None,
        granted: FittedAdjustments | None = None,
    ) -> None:
        """Calibrated by training weeks, or else as if records were independent."""
        self._by_window = WindowScorer(baseline, POLICY, training.windows if training else None)
        self._by_day = WindowScorer(baseline, POLICY, training.days if training else None)
        self._window = granted.window[SHIFTED] if granted else NO_ADJUSTMENT
        self._day = granted.day[SHIFTED] if granted else NO_ADJUSTMENT
        self._days: list[tuple[list[ComparedColumn], ComparedColumn]] = []

    @property
    def count(self) -> int:
        """Days that were added."""
        return len(self._days)

    def add(self, live: HourlyTraffic) -> None:
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
        return self.changed(lambda population: shifted_by(population, size))

    def changed(self, change: Change) -> float:
        """The same of any change."""
        return float(np.mean([self._alarm(*day, change) for day in self._days]))

    def _alarm(self, hours: list[ComparedColumn], day: ComparedColumn, change: Change) -> bool:
        if self._drifted(day, change):
            return True
        drifted = [[SHIFTED] if self._drifted(hour, change) else [] for hour in hours]
        return any(recurring_columns(drifted[: place + 1], POLICY) for place in range(DAY))

    @staticmethod
    def _of(
        scorer: WindowScorer,
        start: int,
        columns: Mapping[str, ColumnCounts],
        adjustment: Adjustment,
    ) -> ComparedColumn:
        return replace(scorer.pair_with_reference(start, columns)[SHIFTED], adjustment=adjustment)

    @staticmethod
    def _drifted(column: ComparedColumn, change: Change) -> bool:
        changed = change(population_of(column.binning, column.current)).expected()
        score = compare_prepared_column(SHIFTED, replace(column, current=changed), metrics=())
        factor = column.adjustment.min_effect_multiplier
        alone = detect_in_column(score, len(NAMES), POLICY, min_effect_multiplier=factor)
        return alone.status == DRIFTED

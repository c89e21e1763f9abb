"""Power of the fitted rule: a shift of one feature, injected into the counts of live days."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from benchmarks.simulations.dependent_traffic import NAMES
from driftloop.backtest.adjustment_fit import FittedAdjustments
from driftloop.backtest.scored_windows import WindowScorer
from driftloop.backtest.traffic import HourlyTraffic
from driftloop.calibration.population import Population, shifted_by
from driftloop.calibration.power import Change
from driftloop.comparison.profiles import compare_prepared_column
from driftloop.comparison.reference import ComparedColumn
from driftloop.detection import DriftPolicy, detect_in_column
from driftloop.detection.persistence import recurring_columns
from driftloop.detection.verdict import ColumnStatus
from driftloop.profile import Baseline
from driftloop.profile.columns import ColumnCounts
from driftloop.seasonality.adjustments import NO_ADJUSTMENT, Adjustment

POLICY = DriftPolicy()
DAY = 24

SHIFTED_FEATURE = "n5"
"""It has no cycle."""


class LiveDays:
    """Days of live traffic, and in how many of them a shift of one feature raises the alarm."""

    def __init__(
        self,
        baseline: Baseline,
        training: HourlyTraffic | None = None,
        fitted: FittedAdjustments | None = None,
    ) -> None:
        """With the adjustments fitted to training weeks, or as if records were independent."""
        self._by_window = WindowScorer(baseline, POLICY, training.windows if training else None)
        self._by_day = WindowScorer(baseline, POLICY, training.days if training else None)
        self._window = fitted.window[SHIFTED_FEATURE] if fitted else NO_ADJUSTMENT
        self._day = fitted.day[SHIFTED_FEATURE] if fitted else NO_ADJUSTMENT
        self._days: list[tuple[list[ComparedColumn], ComparedColumn]] = []

    @property
    def count(self) -> int:
        """The number of days."""
        return len(self._days)

    def add(self, live: HourlyTraffic) -> None:
        """Add the days of live traffic."""
        for start, columns in (live.days or {}).items():
            hours = [
                self._pair(self._by_window, hour, live.windows[hour], self._window)
                for hour in range(start, start + DAY)
            ]
            day = self._pair(self._by_day, start, columns, self._day)
            self._days.append((hours, day))

    def power_of_shift(self, size: float) -> float:
        """Share of days in which a shift by ``size`` standard deviations raises the alarm."""
        return self.power(lambda population: shifted_by(population, size))

    def power(self, change: Change) -> float:
        """Share of days in which a change raises the alarm."""
        return float(np.mean([self._has_alarm(*day, change) for day in self._days]))

    def _has_alarm(self, hours: list[ComparedColumn], day: ComparedColumn, change: Change) -> bool:
        if self._has_drifted(day, change):
            return True
        drifted = [[SHIFTED_FEATURE] if self._has_drifted(hour, change) else [] for hour in hours]
        return any(recurring_columns(drifted[: hour + 1], POLICY) for hour in range(DAY))

    @staticmethod
    def _pair(
        scorer: WindowScorer,
        start: int,
        columns: Mapping[str, ColumnCounts],
        adjustment: Adjustment,
    ) -> ComparedColumn:
        return replace(
            scorer.pair_with_reference(start, columns)[SHIFTED_FEATURE], adjustment=adjustment
        )

    @staticmethod
    def _has_drifted(column: ComparedColumn, change: Change) -> bool:
        changed = change(Population.from_counts(column.binning, column.current)).expected()
        comparison = compare_prepared_column(
            SHIFTED_FEATURE, replace(column, current=changed), metrics=()
        )
        multiplier = column.adjustment.min_effect_multiplier
        verdict = detect_in_column(comparison, len(NAMES), POLICY, min_effect_multiplier=multiplier)
        return verdict.status == ColumnStatus.DRIFTED

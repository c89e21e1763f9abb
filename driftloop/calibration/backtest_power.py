"""Backtest of a baseline with seasonality: minimum detectable changes in the training weeks.

The windows are the training weeks' own, with their cycles, their dependence and the fitted
adjustments. Each window keeps its own noise: the change is injected into its counts, and it is
compared with the same hours of the other weeks, as a live window is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec
import numpy as np

from driftloop.backtest.scored_windows import WindowScorer
from driftloop.backtest.traffic import training_traffic
from driftloop.calibration.population import Population
from driftloop.calibration.power import (
    RUNS,
    Change,
    DetectableChange,
    detectable_changes,
    share_detected,
)
from driftloop.calibration.result import Backtest, ColumnAdjustments, ReplayCounts
from driftloop.comparison.profiles import compare_prepared_column
from driftloop.comparison.reference import ComparedColumn
from driftloop.detection import DriftPolicy, detect_in_column
from driftloop.detection.exclusions import excluded_features
from driftloop.detection.significance import normalized_weights
from driftloop.detection.verdict import ColumnStatus
from driftloop.profile import Baseline
from driftloop.seasonality.adjustments import NO_ADJUSTMENT, Adjustment
from driftloop.seasonality.hour_of_week import HourOfWeekProfile
from driftloop.seasonality.windows import Blocks


class BacktestPower:
    """Power in windows of the training weeks, at most ``RUNS`` of them, spread evenly."""

    def __init__(self, baseline: Baseline, policy: DriftPolicy, windows: Blocks) -> None:
        scorer = WindowScorer(baseline, policy, windows)
        starts = scorer.analyzed_starts(windows)
        positions = np.unique(np.linspace(0, len(starts) - 1, RUNS).round().astype(int))
        chosen = [starts[position] for position in positions]
        self._windows: Sequence[Mapping[str, ComparedColumn]] = [
            scorer.pair_with_reference(start, windows[start]) for start in chosen
        ]
        self._policy, self._columns = policy, len(scorer.columns)
        self._weights = normalized_weights(scorer.columns, policy)

    def minimum_detectable_changes(
        self, name: str, population: Population, adjustment: Adjustment
    ) -> list[DetectableChange]:
        """The smallest detectable change of each kind of one feature.

        Args:
            name: The feature.
            population: Its training data, for shifts in the column's units.
            adjustment: Its adjustment for windows.
        """
        columns = [replace(window[name], adjustment=adjustment) for window in self._windows]
        columns = [column for column in columns if column.current.present]
        rate = float(np.mean([column.current.rows for column in columns]))

        def power(change: Change) -> float:
            detections = (self._is_detected(name, column, change) for column in columns)
            return share_detected(detections, len(columns))

        return detectable_changes(name, population, power, rate)

    def _is_detected(self, name: str, column: ComparedColumn, change: Change) -> bool:
        try:
            changed = change(Population.from_counts(column.binning, column.current)).expected()
        except ValueError:
            return True  # the most frequent category has less than moves, so it disappears
        comparison = compare_prepared_column(name, replace(column, current=changed), metrics=())
        verdict = detect_in_column(
            comparison,
            self._columns,
            self._policy,
            self._weights[name],
            column.adjustment.min_effect_multiplier,
        )
        return verdict.status == ColumnStatus.DRIFTED


NOTE = (
    "Replayed: the records of the training weeks, each window compared with the same hours of the"
    " other weeks. Minimum effect sizes are multiplied so that this raises no alarm;"
    " held_out_alarms counts the alarms of each week under multipliers from the other weeks alone."
)


def backtest_training_weeks(
    baseline: Baseline, policy: DriftPolicy, on_progress: Callable[[str], None]
) -> Backtest | None:
    """Apply the rule to the training weeks; None where the baseline has no seasonality.

    ``on_progress`` is called after each feature.
    """
    seasonality: HourOfWeekProfile | None = baseline.seasonality
    if seasonality is None or seasonality.adjustments is None:
        return None
    adjustments = seasonality.adjustments
    traffic = training_traffic(seasonality, adjustments.window_hours)
    power = BacktestPower(baseline, policy, traffic.windows)
    excluded = excluded_features(baseline, policy)
    detectable: list[DetectableChange] = []
    for name, binning in baseline.binnings.features.items():
        if name not in excluded:
            population = Population.from_counts(binning, baseline.reference.features[name])
            detectable += power.minimum_detectable_changes(
                name, population, adjustments.window.get(name, NO_ADJUSTMENT)
            )
        on_progress(f"minimum detectable change of {name} in the training weeks")
    return Backtest(
        window_hours=adjustments.window_hours,
        replay=msgspec.convert(adjustments.replay, ReplayCounts),
        columns={
            name: ColumnAdjustments(window=adjustment, day=adjustments.day[name])
            for name, adjustment in adjustments.window.items()
        },
        minimum_detectable_changes=tuple(detectable),
        notes=(NOTE,),
    )

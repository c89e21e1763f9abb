"""The smallest change that would be caught in the training weeks themselves, with their cycles,
their dependence, and the floors that a replay of them has set.

Each window keeps its own noise: the change is put into its counts, and it is compared with the same
hours of the other weeks, as a live window is.

What the training weeks say of the rule, where the baseline brings their hours along.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec
import numpy as np

from driftloop.backtest.scored_windows import WindowScorer
from driftloop.backtest.traffic import training_traffic
from driftloop.calibration.population import Population
from driftloop.calibration.power import RUNS, Change, DetectableChange, detectable_changes
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
    """Windows of the training weeks, at most ``RUNS`` of them, spread evenly over all."""

    def __init__(self, baseline: Baseline, policy: DriftPolicy, windows: Blocks) -> None:
        scorer = WindowScorer(baseline, policy, windows)
        judged = scorer.analyzed_starts(windows)
        places = np.unique(np.linspace(0, len(judged) - 1, RUNS).round().astype(int))
        chosen = [judged[place] for place in places]
        self._windows: Sequence[Mapping[str, ComparedColumn]] = [
            scorer.pair_with_reference(start, windows[start]) for start in chosen
        ]
        self._policy, self._columns = policy, len(scorer.columns)
        self._weights = normalized_weights(scorer.columns, policy)

    def smallest(
        self, name: str, population: Population, adjustment: Adjustment
    ) -> list[DetectableChange]:
        """The smallest change of each kind of one feature, whose training data is ``population``.

        ``in_column_units`` are those of all of the training data.
        """
        columns = [replace(window[name], adjustment=adjustment) for window in self._windows]
        columns = [column for column in columns if column.current.present]
        rate = float(np.mean([column.current.rows for column in columns]))

        def power(change: Change) -> float:
            return float(np.mean([self._found(name, column, change) for column in columns]))

        return detectable_changes(name, population, power, rate)

    def _found(self, name: str, column: ComparedColumn, change: Change) -> bool:
        try:
            changed = change(Population.from_counts(column.binning, column.current)).expected()
        except ValueError:
            return True  # more is to move than this window's commonest level has: it would vanish
        score = compare_prepared_column(name, replace(column, current=changed), metrics=())
        factor = column.adjustment.min_effect_multiplier
        weight = self._weights[name]
        alone = detect_in_column(score, self._columns, self._policy, weight, factor)
        return alone.status == ColumnStatus.DRIFTED


NOTE = (
    "Replayed: the records of the training weeks themselves, each window compared with the same"
    " hours of the other weeks. Floors were set so that this raises no alarm; held_out_alarms"
    " counts those of each week under floors that the other weeks alone would set."
)


def backtest_training_weeks(
    baseline: Baseline, policy: DriftPolicy, step: Callable[[str], None]
) -> Backtest | None:
    """The training weeks under the rule; None where the baseline has none.

    ``step`` is told of each feature.
    """
    seasonality: HourOfWeekProfile | None = baseline.seasonality
    if seasonality is None or seasonality.adjustments is None:
        return None
    adjustments = seasonality.adjustments
    traffic = training_traffic(seasonality, adjustments.window_hours)
    replayed = BacktestPower(baseline, policy, traffic.windows)
    apart = excluded_features(baseline, policy)
    caught: list[DetectableChange] = []
    for name, binning in baseline.binnings.features.items():
        if name not in apart:
            population = Population.from_counts(binning, baseline.reference.features[name])
            caught += replayed.smallest(
                name, population, adjustments.window.get(name, NO_ADJUSTMENT)
            )
        step(f"smallest change of {name} in the training weeks")
    return Backtest(
        window_hours=adjustments.window_hours,
        replay=msgspec.convert(adjustments.replay, ReplayCounts),
        columns={
            name: ColumnAdjustments(window=adjustment, day=adjustments.day[name])
            for name, adjustment in adjustments.window.items()
        },
        minimum_detectable_changes=tuple(caught),
        notes=(NOTE,),
    )

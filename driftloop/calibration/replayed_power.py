"""The smallest change that would be caught in the training weeks themselves, with their cycles,
their dependence, and the floors that a replay of them has set.

Each window keeps its own noise: the change is put into its counts, and it is compared with the same
hours of the other weeks, as a live window is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from driftloop.calibration.blocks import Blocks
from driftloop.calibration.population import Population, population_of
from driftloop.calibration.power import RUNS, Change, DetectableChange, detectable_changes
from driftloop.calibration.scored import WindowScorer
from driftloop.compare.compare import compare_prepared_column
from driftloop.compare.reference import ComparedColumn
from driftloop.judge import DriftPolicy, detect_in_column
from driftloop.judge.discoveries import normalized_weights
from driftloop.judge.verdict import DRIFTED
from driftloop.profile import Baseline
from driftloop.profile.allowances import Adjustment


class BacktestPower:
    """Windows of the training weeks, at most ``RUNS`` of them, spread evenly over all."""

    def __init__(self, baseline: Baseline, policy: DriftPolicy, windows: Blocks) -> None:
        scorer = WindowScorer(baseline, policy, windows)
        judged = scorer.judged(windows)
        places = np.unique(np.linspace(0, len(judged) - 1, RUNS).round().astype(int))
        chosen = [judged[place] for place in places]
        self._windows: Sequence[Mapping[str, ComparedColumn]] = [
            scorer.compared(start, windows[start]) for start in chosen
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
            changed = change(population_of(column.binning, column.current)).expected()
        except ValueError:
            return True  # more is to move than this window's commonest level has: it would vanish
        score = compare_prepared_column(name, replace(column, current=changed), metrics=())
        factor = column.adjustment.min_effect_multiplier
        weight = self._weights[name]
        alone = detect_in_column(score, self._columns, self._policy, weight, factor)
        return alone.status == DRIFTED

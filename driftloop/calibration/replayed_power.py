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
from driftloop.calibration.power import RUNS, Caught, Change, every_change
from driftloop.calibration.scored import Scorer
from driftloop.compare.compare import score_compared
from driftloop.compare.reference import Compared
from driftloop.judge import Policy, judge_alone
from driftloop.judge.discoveries import weights_of
from driftloop.judge.verdict import DRIFTED
from driftloop.profile import Baseline
from driftloop.profile.allowances import Allowance


class ReplayedPower:
    """Windows of the training weeks, at most ``RUNS`` of them, spread evenly over all."""

    def __init__(self, baseline: Baseline, policy: Policy, windows: Blocks) -> None:
        scorer = Scorer(baseline, policy, windows)
        judged = scorer.judged(windows)
        places = np.unique(np.linspace(0, len(judged) - 1, RUNS).round().astype(int))
        chosen = [judged[place] for place in places]
        self._windows: Sequence[Mapping[str, Compared]] = [
            scorer.compared(start, windows[start]) for start in chosen
        ]
        self._policy, self._columns = policy, len(scorer.columns)
        self._weights = weights_of(scorer.columns, policy)

    def smallest(self, name: str, population: Population, allowance: Allowance) -> list[Caught]:
        """The smallest change of each kind of one feature, whose training data is ``population``.

        ``units`` are those of all of the training data.
        """
        columns = [replace(window[name], allowance=allowance) for window in self._windows]
        columns = [column for column in columns if column.current.present]
        rate = float(np.mean([column.current.rows for column in columns]))

        def power(change: Change) -> float:
            return float(np.mean([self._found(name, column, change) for column in columns]))

        return every_change(name, population, power, rate)

    def _found(self, name: str, column: Compared, change: Change) -> bool:
        try:
            changed = change(population_of(column.grid, column.current)).expected()
        except ValueError:
            return True  # more is to move than this window's commonest level has: it would vanish
        score = score_compared(name, replace(column, current=changed), metrics=())
        factor = column.allowance.floor_factor
        weight = self._weights[name]
        alone = judge_alone(score, self._columns, self._policy, weight, factor)
        return alone.status == DRIFTED

"""Effect sizes of stored windows, as arrays that a replay evaluates many times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driftloop.backtest.design_effect import (
    DesignEffects,
    Dispersion,
    DispersionStatistics,
    dispersion_statistics,
)
from driftloop.comparison.profiles import compare_prediction, compare_prepared_column
from driftloop.comparison.reference import ComparedColumn, has_enough_values
from driftloop.comparison.scores import ColumnComparison
from driftloop.detection import DriftPolicy
from driftloop.detection.exclusions import excluded_features
from driftloop.detection.significance import assess_significance, relative_effect_size
from driftloop.profile import Baseline
from driftloop.profile.columns import ColumnCounts, zero_column
from driftloop.seasonality.adjustments import NO_ADJUSTMENT, Adjustment
from driftloop.seasonality.hourly_counts import PREDICTION, coarse_binnings
from driftloop.seasonality.windows import Blocks, same_hours_of_other_weeks, sum_windows

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ScoredWindows:
    """Windows with enough records, in the order of their ``starts`` (hours since 1970).

    float64[windows, columns], in minimum effect sizes of the policy: ``raw`` is the largest effect
    size of each column, significant or not; ``significant`` is the largest significant one, 0 where
    there is none.
    """

    starts: tuple[int, ...]
    columns: tuple[str, ...]
    raw: Floats
    significant: Floats

    def between(self, first: int, end: int, *, outside: bool = False) -> "ScoredWindows":
        """The windows that began in the hours [first, end), or all others."""
        kept = [(first <= start < end) != outside for start in self.starts]
        starts = tuple(start for start, keep in zip(self.starts, kept, strict=True) if keep)
        return replace(self, starts=starts, raw=self.raw[kept], significant=self.significant[kept])


class WindowScorer:
    """Scores stored windows as the deployed rule scores live ones.

    Args:
        baseline: Has the binnings and all of the training data.
        policy: Has the settings of the rule.
        reference: Windows of the training weeks, as long as those to score. A window is compared
            with the windows of the same hours of other weeks; without ``reference``, and where
            these hold too few values, with all of the training data.
    """

    def __init__(self, baseline: Baseline, policy: DriftPolicy, reference: Blocks | None) -> None:
        coarse = coarse_binnings(baseline.binnings, baseline.reference)
        excluded = excluded_features(baseline, policy)
        whole = dict(baseline.reference.features)
        if baseline.reference.prediction is not None:
            whole[PREDICTION] = baseline.reference.prediction
        self._policy, self._reference = policy, reference
        self._binnings = {
            name: column.binning for name, column in coarse.items() if name not in excluded
        }
        self._whole = {name: coarse[name].reduce(whole[name]) for name in self._binnings}
        self._same_hours_cache: dict[tuple[int, ...], Mapping[str, ColumnCounts]] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that take part in verdicts."""
        return tuple(self._binnings)

    def analyzed_starts(self, blocks: Blocks) -> list[int]:
        """Starts of the windows that have enough records, in the order of time."""
        min_records = self._policy.min_records
        return [
            start
            for start in sorted(blocks)
            if max(column.rows for column in blocks[start].values()) >= min_records
        ]

    def pair_with_reference(
        self, start: int, columns: Mapping[str, ColumnCounts]
    ) -> dict[str, ComparedColumn]:
        """Each column of a window beside its reference."""
        same_hours = self._same_hours(start)
        return {
            name: ComparedColumn(
                binning, self._choose_reference(name, same_hours), columns[name], 0, NO_ADJUSTMENT
            )
            for name, binning in self._binnings.items()
        }

    def dispersion(self, blocks: Blocks) -> DispersionStatistics:
        """How much more each window differs than independent records would."""
        rows = {
            start: self._dispersion(start, blocks[start]) for start in self.analyzed_starts(blocks)
        }
        shape = (len(rows), len(self._binnings), 3)
        return DispersionStatistics(
            tuple(rows),
            self.columns,
            np.array(list(rows.values()), dtype=np.float64).reshape(shape),
        )

    def score(
        self, blocks: Blocks, design_effects: Callable[[int], DesignEffects]
    ) -> ScoredWindows:
        """Score each window that has enough records, with the design effects for its start."""
        rows = [
            (start, *self._score_window(start, blocks[start], design_effects(start)))
            for start in self.analyzed_starts(blocks)
        ]
        shape = (len(rows), len(self._binnings))
        return ScoredWindows(
            starts=tuple(start for start, _, _ in rows),
            columns=self.columns,
            raw=np.array([raw for _, raw, _ in rows], dtype=np.float64).reshape(shape),
            significant=np.array(
                [significant for _, _, significant in rows], dtype=np.float64
            ).reshape(shape),
        )

    def compare(
        self, start: int, columns: Mapping[str, ColumnCounts], design_effects: DesignEffects
    ) -> dict[str, ColumnComparison]:
        """Comparisons by column of one window; without a prediction that can't be compared."""
        comparisons: dict[str, ColumnComparison] = {}
        for name, pair in self.pair_with_reference(start, columns).items():
            adjusted = replace(pair, adjustment=Adjustment(design_effects.get(name, 1.0)))
            comparison = (
                compare_prediction(adjusted, metrics=())
                if name == PREDICTION
                else compare_prepared_column(name, adjusted, metrics=())
            )
            if comparison is not None:
                comparisons[name] = comparison
        return comparisons

    def _score_window(
        self, start: int, columns: Mapping[str, ColumnCounts], design_effects: DesignEffects
    ) -> tuple[list[float], list[float]]:
        """The rows of ``raw`` and ``significant`` for one window."""
        comparisons = self.compare(start, columns, design_effects)
        min_effect_sizes = self._policy.min_effect_sizes()
        results = assess_significance(
            {name: column.p_value for name, column in comparisons.items()}, self._policy
        )
        significant = {
            name: relative_effect_size(column, results[name].p_value_cutoff, min_effect_sizes)
            for name, column in comparisons.items()
            if results[name].is_significant
        }
        raw = {
            name: relative_effect_size(column, 1.0, min_effect_sizes)
            for name, column in comparisons.items()
        }
        names = self._binnings
        return [raw.get(n, 0.0) for n in names], [significant.get(n, 0.0) for n in names]

    def _dispersion(self, start: int, columns: Mapping[str, ColumnCounts]) -> list[Dispersion]:
        pairs = self.pair_with_reference(start, columns)
        return [dispersion_statistics(pairs[name]) for name in self._binnings]

    def _choose_reference(self, name: str, same_hours: Mapping[str, ColumnCounts]) -> ColumnCounts:
        reference = same_hours.get(name) or zero_column(self._binnings[name])
        return reference if has_enough_values(reference) else self._whole[name]

    def _same_hours(self, start: int) -> Mapping[str, ColumnCounts]:
        if self._reference is None:
            return {}
        others = tuple(same_hours_of_other_weeks(self._reference, start))
        if others not in self._same_hours_cache:
            self._same_hours_cache[others] = sum_windows(self._reference[other] for other in others)
        return self._same_hours_cache[others]

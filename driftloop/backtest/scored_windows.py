"""Windows that were counted, scored by the rule, as arrays: what a replay turns about and about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driftloop.backtest.design_effect import (
    DispersionStatistics,
    Effects,
    Excess,
    dispersion_statistics,
)
from driftloop.comparison.profiles import compare_prepared_column, score_prediction
from driftloop.comparison.reference import ComparedColumn, has_enough_records
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

KOLMOGOROV_SECOND_MOMENT = np.pi**2 / 12


@dataclass(frozen=True, slots=True, eq=False)
class ScoredWindows:
    """Windows that began at ``starts`` (hours since 1970), in order, and were judged.

    float64[windows, columns]: ``raw`` is the largest effect of each column in floors of the
    policy, sure or not; ``sure`` the largest that is sure, 0 where none is.
    """

    starts: tuple[int, ...]
    columns: tuple[str, ...]
    raw: Floats
    significant: Floats

    def between(self, first: int, end: int, *, outside: bool = False) -> "ScoredWindows":
        """The windows that began from ``first`` on and before ``end``, or all the others."""
        kept = [(first <= start < end) != outside for start in self.starts]
        starts = tuple(start for start, keep in zip(self.starts, kept, strict=True) if keep)
        return replace(self, starts=starts, raw=self.raw[kept], significant=self.significant[kept])


class WindowScorer:
    """Scores blocks of hours as the deployed rule scores windows.

    ``reference`` are blocks of the same length of the training weeks; a block is compared with
    those of the same hours of other weeks. Without ``reference``, and where these hold too little,
    it is compared with all of the training data.
    """

    def __init__(self, baseline: Baseline, policy: DriftPolicy, reference: Blocks | None) -> None:
        thin = coarse_binnings(baseline.binnings, baseline.reference)
        apart = excluded_features(baseline, policy)
        whole = dict(baseline.reference.features)
        if baseline.reference.prediction is not None:
            whole[PREDICTION] = baseline.reference.prediction
        self._policy, self._reference = policy, reference
        self._binnings = {name: one.binning for name, one in thin.items() if name not in apart}
        self._whole = {name: thin[name].reduce(whole[name]) for name in self._binnings}
        self._known: dict[tuple[int, ...], Mapping[str, ColumnCounts]] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are judged."""
        return tuple(self._binnings)

    def judged(self, blocks: Blocks) -> list[int]:
        """The blocks that have enough records to be judged, in the order of time."""
        fewest = self._policy.min_records
        return [
            start
            for start in sorted(blocks)
            if max(column.rows for column in blocks[start].values()) >= fewest
        ]

    def compared(
        self, start: int, columns: Mapping[str, ColumnCounts]
    ) -> dict[str, ComparedColumn]:
        """What each column of a block is compared with."""
        same = self._same_hours(start)
        return {
            name: ComparedColumn(binning, self._chosen(name, same), columns[name], 0, NO_ADJUSTMENT)
            for name, binning in self._binnings.items()
        }

    def excesses(self, blocks: Blocks) -> "DispersionStatistics":
        """How much more each block that is judged differs than independent records would."""
        rows = {start: self._excess(start, blocks[start]) for start in self.judged(blocks)}
        shape = (len(rows), len(self._binnings), 3)
        return DispersionStatistics(
            tuple(rows),
            self.columns,
            np.array(list(rows.values()), dtype=np.float64).reshape(shape),
        )

    def score(self, blocks: Blocks, effects_of: Callable[[int], Effects]) -> ScoredWindows:
        """Score each block that has enough records to be judged, with its design effects."""
        rows = [
            (start, *self._one(start, blocks[start], effects_of(start)))
            for start in self.judged(blocks)
        ]
        shape = (len(rows), len(self._binnings))
        return ScoredWindows(
            starts=tuple(start for start, _, _ in rows),
            columns=self.columns,
            raw=np.array([raw for _, raw, _ in rows], dtype=np.float64).reshape(shape),
            significant=np.array([sure for _, _, sure in rows], dtype=np.float64).reshape(shape),
        )

    def scores(
        self, start: int, columns: Mapping[str, ColumnCounts], effects: Mapping[str, float]
    ) -> dict[str, ColumnComparison]:
        """Scores by column of one block; without the prediction where it can't be scored."""
        found: dict[str, ColumnComparison] = {}
        for name, pair in self.compared(start, columns).items():
            granted = replace(pair, adjustment=Adjustment(effects.get(name, 1.0)))
            score = (
                score_prediction(granted, metrics=())
                if name == PREDICTION
                else compare_prepared_column(name, granted, metrics=())
            )
            if score is not None:
                found[name] = score
        return found

    def _one(
        self, start: int, columns: Mapping[str, ColumnCounts], effects: Mapping[str, float]
    ) -> tuple[list[float], list[float]]:
        scores = self.scores(start, columns, effects)
        min_effect_sizes = self._policy.min_effect_sizes()
        found = assess_significance(
            {name: score.p_value for name, score in scores.items()}, self._policy
        )
        sure = {
            name: relative_effect_size(score, found[name].p_value_cutoff, min_effect_sizes)
            if found[name].is_significant
            else 0.0
            for name, score in scores.items()
        }
        raw = {
            name: relative_effect_size(score, 1.0, min_effect_sizes)
            for name, score in scores.items()
        }
        return [raw.get(n, 0.0) for n in self._binnings], [sure.get(n, 0.0) for n in self._binnings]

    def _excess(self, start: int, columns: Mapping[str, ColumnCounts]) -> list[Excess]:
        pairs = self.compared(start, columns)
        return [dispersion_statistics(pairs[name]) for name in self._binnings]

    def _chosen(self, name: str, same: Mapping[str, ColumnCounts]) -> ColumnCounts:
        reference = same.get(name) or zero_column(self._binnings[name])
        return reference if has_enough_records(reference) else self._whole[name]

    def _same_hours(self, start: int) -> Mapping[str, ColumnCounts]:
        if self._reference is None:
            return {}
        others = tuple(same_hours_of_other_weeks(self._reference, start))
        if others not in self._known:
            self._known[others] = sum_windows(self._reference[other] for other in others)
        return self._known[others]

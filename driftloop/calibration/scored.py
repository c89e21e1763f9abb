"""Windows that were counted, scored by the rule, as arrays: what a replay turns about and about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driftloop.calibration.blocks import Blocks, peers, total
from driftloop.compare.compare import score_compared, score_prediction
from driftloop.compare.reference import Compared, enough
from driftloop.compare.scores import ColumnScore
from driftloop.judge import Policy
from driftloop.judge.discoveries import discoveries, strength
from driftloop.judge.left_out import left_out
from driftloop.metrics.chi_square import chi_square_test
from driftloop.metrics.ks import ks
from driftloop.profile import Baseline
from driftloop.profile.allowances import NONE, Allowance
from driftloop.profile.columns import ColumnCounts, empty_column
from driftloop.profile.pair import make_pair
from driftloop.profile.thinned import PREDICTION, thinned

Floats = NDArray[np.float64]

KOLMOGOROV_SECOND_MOMENT = np.pi**2 / 12


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Windows that began at ``starts`` (hours since 1970), in order, and were judged.

    float64[windows, columns]: ``raw`` is the largest effect of each column in floors of the
    policy, sure or not; ``sure`` the largest that is sure, 0 where none is.
    """

    starts: tuple[int, ...]
    columns: tuple[str, ...]
    raw: Floats
    sure: Floats

    def between(self, first: int, end: int, *, outside: bool = False) -> "Scored":
        """The windows that began from ``first`` on and before ``end``, or all the others."""
        kept = [(first <= start < end) != outside for start in self.starts]
        starts = tuple(start for start, keep in zip(self.starts, kept, strict=True) if keep)
        return replace(self, starts=starts, raw=self.raw[kept], sure=self.sure[kept])


class Scorer:
    """Scores blocks of hours as the deployed rule scores windows.

    ``reference`` are blocks of the same length of the training weeks; a block is compared with
    those of the same hours of other weeks. Without ``reference``, and where these hold too little,
    it is compared with all of the training data.
    """

    def __init__(self, baseline: Baseline, policy: Policy, reference: Blocks | None) -> None:
        thin = thinned(baseline.grids, baseline.reference)
        apart = left_out(baseline, policy)
        whole = dict(baseline.reference.features)
        if baseline.reference.prediction is not None:
            whole[PREDICTION] = baseline.reference.prediction
        self._policy, self._reference = policy, reference
        self._grids = {name: one.grid for name, one in thin.items() if name not in apart}
        self._whole = {name: thin[name].counts(whole[name]) for name in self._grids}
        self._known: dict[tuple[int, ...], Mapping[str, ColumnCounts]] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are judged."""
        return tuple(self._grids)

    def design_effects(self, blocks: Blocks) -> dict[str, float]:
        """By column, how much more blocks without drift vary than independent records would.

        The larger of two means over the blocks that are judged, and at least 1: X^2 / df (Rao and
        Scott, J. Am. Stat. Assoc. 76, 1981; Ann. Stat. 12, 1984), and N D^2 12 / pi^2, since
        sqrt(N) D has the second moment pi^2 / 12 (Kolmogorov's distribution). The first spreads
        dependence over all bins; a mean that wanders is seen by the second. A column of which no
        block can be compared is taken to be as dependent as the most dependent of the others.
        """
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in self._grids}
        for start, columns in self._judged(blocks):
            for name, pair in self._compared(start, columns).items():
                if pair.current.present:
                    found[name].append(_excess(pair))
        means = {
            name: max(1.0, *np.mean(values, axis=0).tolist())
            for name, values in found.items()
            if values
        }
        most = max(means.values(), default=1.0)
        return {name: means.get(name, most) for name in self._grids}

    def score(self, blocks: Blocks, design_effects: Mapping[str, float]) -> Scored:
        """Score each block that has enough records to be judged."""
        rows = [
            (start, *self._one(start, columns, design_effects))
            for start, columns in self._judged(blocks)
        ]
        shape = (len(rows), len(self._grids))
        return Scored(
            starts=tuple(start for start, _, _ in rows),
            columns=self.columns,
            raw=np.array([raw for _, raw, _ in rows], dtype=np.float64).reshape(shape),
            sure=np.array([sure for _, _, sure in rows], dtype=np.float64).reshape(shape),
        )

    def scores(
        self, start: int, columns: Mapping[str, ColumnCounts], effects: Mapping[str, float]
    ) -> dict[str, ColumnScore]:
        """Scores by column of one block; without the prediction where it can't be scored."""
        found: dict[str, ColumnScore] = {}
        for name, pair in self._compared(start, columns).items():
            granted = replace(pair, allowance=Allowance(effects.get(name, 1.0)))
            score = (
                score_prediction(granted, metrics=())
                if name == PREDICTION
                else score_compared(name, granted, metrics=())
            )
            if score is not None:
                found[name] = score
        return found

    def _one(
        self, start: int, columns: Mapping[str, ColumnCounts], effects: Mapping[str, float]
    ) -> tuple[list[float], list[float]]:
        scores = self.scores(start, columns, effects)
        floors = self._policy.floors()
        found = discoveries({name: score.p_value for name, score in scores.items()}, self._policy)
        sure = {
            name: strength(score, found[name].bound, floors) if found[name].found else 0.0
            for name, score in scores.items()
        }
        raw = {name: strength(score, 1.0, floors) for name, score in scores.items()}
        return [raw.get(n, 0.0) for n in self._grids], [sure.get(n, 0.0) for n in self._grids]

    def _judged(self, blocks: Blocks) -> Iterator[tuple[int, Mapping[str, ColumnCounts]]]:
        for start in sorted(blocks):
            records = max(column.rows for column in blocks[start].values())
            if records >= self._policy.minimum_records:
                yield start, blocks[start]

    def _compared(self, start: int, columns: Mapping[str, ColumnCounts]) -> dict[str, Compared]:
        same = self._same_hours(start)
        return {
            name: Compared(grid, self._chosen(name, same), columns[name], 0, NONE)
            for name, grid in self._grids.items()
        }

    def _chosen(self, name: str, same: Mapping[str, ColumnCounts]) -> ColumnCounts:
        reference = same.get(name) or empty_column(self._grids[name])
        return reference if enough(reference) else self._whole[name]

    def _same_hours(self, start: int) -> Mapping[str, ColumnCounts]:
        if self._reference is None:
            return {}
        others = tuple(peers(self._reference, start))
        if others not in self._known:
            self._known[others] = total(self._reference[other] for other in others)
        return self._known[others]


def _excess(column: Compared) -> tuple[float, float]:
    """X^2 / df, and N D^2 over its expectation, each 1 on average for independent records; 0 where
    there is none."""
    pair = make_pair(column.grid, column.reference, column.current)
    test = chi_square_test(pair.bins)
    by_bins = 0.0 if test is None else test.statistic / test.freedom
    both = pair.distributions
    if both is None:
        return by_bins, 0.0
    size = both.n / (both.n + both.m) * both.m
    return by_bins, size * (ks(both) or 0.0) ** 2 / KOLMOGOROV_SECOND_MOMENT


def as_columns(values: Mapping[str, float], columns: Sequence[str]) -> Floats:
    """float64[columns], 1 where a column has none."""
    return np.array([values.get(name, 1.0) for name in columns])

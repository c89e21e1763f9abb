"""Windows that were counted, scored by the rule, as arrays: what a replay turns about and about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driftloop.calibration.blocks import Blocks, peers, total
from driftloop.calibration.excess import Effects, Excess, Excesses, excess
from driftloop.compare.compare import score_compared, score_prediction
from driftloop.compare.reference import Compared, enough
from driftloop.compare.scores import ColumnScore
from driftloop.judge import Policy
from driftloop.judge.discoveries import discoveries, strength
from driftloop.judge.left_out import left_out
from driftloop.profile import Baseline
from driftloop.profile.allowances import NONE, Allowance
from driftloop.profile.columns import ColumnCounts, empty_column
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

    def judged(self, blocks: Blocks) -> list[int]:
        """The blocks that have enough records to be judged, in the order of time."""
        fewest = self._policy.minimum_records
        return [
            start
            for start in sorted(blocks)
            if max(column.rows for column in blocks[start].values()) >= fewest
        ]

    def compared(self, start: int, columns: Mapping[str, ColumnCounts]) -> dict[str, Compared]:
        """What each column of a block is compared with."""
        same = self._same_hours(start)
        return {
            name: Compared(grid, self._chosen(name, same), columns[name], 0, NONE)
            for name, grid in self._grids.items()
        }

    def excesses(self, blocks: Blocks) -> "Excesses":
        """How much more each block that is judged differs than independent records would."""
        rows = {start: self._excess(start, blocks[start]) for start in self.judged(blocks)}
        shape = (len(rows), len(self._grids), 3)
        return Excesses(
            tuple(rows),
            self.columns,
            np.array(list(rows.values()), dtype=np.float64).reshape(shape),
        )

    def score(self, blocks: Blocks, effects_of: Callable[[int], Effects]) -> Scored:
        """Score each block that has enough records to be judged, with its design effects."""
        rows = [
            (start, *self._one(start, blocks[start], effects_of(start)))
            for start in self.judged(blocks)
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
        for name, pair in self.compared(start, columns).items():
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

    def _excess(self, start: int, columns: Mapping[str, ColumnCounts]) -> list[Excess]:
        pairs = self.compared(start, columns)
        return [excess(pairs[name]) for name in self._grids]

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

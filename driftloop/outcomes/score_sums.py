"""What scores are functions of: sums over labeled rows, of all of them or of one segment.

``total - day`` are the sums without a day. Binary sums can be weighted by class and group of
scores, as estimates for windows whose labels are not complete need it.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftloop.outcomes.regression import MOMENTS
from driftloop.outcomes.score_counts import Bools
from driftloop.outcomes.split_points import Counts, Floats
from driftloop.schema import ProblemType


class ScoreValue(NamedTuple):
    """A score of some rows.

    Attributes:
        value: None where it is not defined.
        bound: By how much the value may differ from that of the single rows, apart from the last
            digits of floating-point arithmetic.
        undefined: Why it is not defined; None where it is.
    """

    value: float | None
    bound: float = 0.0
    undefined: str | None = None

    @classmethod
    def not_defined(cls, reason: str) -> "ScoreValue":
        """A score without a value."""
        return cls(None, 0.0, reason)


@dataclass(frozen=True, slots=True, eq=False)
class ClassCells:
    """Rows by class and by cell of the score.

    Attributes:
        counts: float64[2, cells]: negative rows, positive rows.
        spread: bool[cells], whether the rows of a cell may have several scores.
    """

    counts: Floats
    spread: Bools

    def __sub__(self, other: "ClassCells") -> "ClassCells":
        return ClassCells(self.counts - other.counts, self.spread)


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Rows, sums of the predicted probability, and rows in which it came true, float64[groups]."""

    rows: Floats
    probabilities: Floats
    events: Floats


@dataclass(frozen=True, slots=True, eq=False)
class BinarySums:
    """Sums over rows of a binary model.

    Attributes:
        cells: Rows by class and cell of the score.
        threshold_cell: The first cell at or above the decision threshold.
        groups: int64[cells], the group of each cell.
        losses: float64[2, groups, 4], by class and group: log-loss, Brier score, and their squares.
        scores: float64[2, groups], sums of the score.
        outside: Rows whose score is no probability.
    """

    cells: ClassCells
    threshold_cell: int
    groups: Counts
    losses: Floats
    scores: Floats
    outside: int

    problem_type = ProblemType.BINARY_CLASSIFICATION

    def __sub__(self, other: "BinarySums") -> "BinarySums":
        return replace(
            self,
            cells=self.cells - other.cells,
            losses=self.losses - other.losses,
            scores=self.scores - other.scores,
            outside=self.outside - other.outside,
        )

    def weighted(self, weights: Floats) -> "BinarySums":
        """The sums with a weight of each row: float64[2, groups] by class and group of scores."""
        return replace(
            self,
            cells=ClassCells(self.cells.counts * weights[:, self.groups], self.cells.spread),
            losses=self.losses * weights[:, :, None],
            scores=self.scores * weights,
        )

    @property
    def negatives(self) -> float:
        """Negative rows."""
        return float(self.cells.counts[0].sum())

    @property
    def positives(self) -> float:
        """Positive rows."""
        return float(self.cells.counts[1].sum())

    @property
    def rows(self) -> float:
        """All rows."""
        return float(self.cells.counts.sum())

    @property
    def true_positives(self) -> float:
        """Positive rows that are predicted positive."""
        return float(self.cells.counts[1, self.threshold_cell :].sum())

    @property
    def false_positives(self) -> float:
        """Negative rows that are predicted positive."""
        return float(self.cells.counts[0, self.threshold_cell :].sum())

    @property
    def false_negatives(self) -> float:
        """Positive rows that are predicted negative."""
        return float(self.cells.counts[1, : self.threshold_cell].sum())

    @property
    def true_negatives(self) -> float:
        """Negative rows that are predicted negative."""
        return float(self.cells.counts[0, : self.threshold_cell].sum())

    @property
    def total_losses(self) -> Floats:
        """float64[4]: log-loss, its square, Brier score, its square."""
        return np.asarray(self.losses.sum(axis=(0, 1)), dtype=np.float64)

    @property
    def calibration(self) -> Calibration:
        """Rows and positive rows by group of scores."""
        size = self.losses.shape[1]
        negatives, positives = by_group(self.groups, self.cells.counts, size)
        return Calibration(negatives + positives, self.scores.sum(axis=0), positives)


@dataclass(frozen=True, slots=True, eq=False)
class MulticlassSums:
    """Sums over rows of a multiclass model.

    Attributes:
        labeled: float64[k], rows by true class.
        predicted: float64[k], rows by predicted class.
        right: float64[k], rows of which both are the class.
        cells: Per class, rows by whether they are of it, and the cell of its probability; empty
            where probabilities are not known.
        calibration: Rows by group of the predicted class's probability; None likewise.
        losses: float64[4]: log-loss, Brier score, and their squares; None likewise.
        outside: Rows whose probabilities are none.
    """

    labeled: Floats
    predicted: Floats
    right: Floats
    cells: tuple[ClassCells, ...]
    calibration: Calibration | None
    losses: Floats | None
    outside: int

    problem_type = ProblemType.MULTICLASS_CLASSIFICATION

    def __sub__(self, other: "MulticlassSums") -> "MulticlassSums":
        here, there = self.calibration, other.calibration
        return MulticlassSums(
            self.labeled - other.labeled,
            self.predicted - other.predicted,
            self.right - other.right,
            tuple(one - two for one, two in zip(self.cells, other.cells, strict=True)),
            None
            if here is None or there is None
            else Calibration(
                here.rows - there.rows,
                here.probabilities - there.probabilities,
                here.events - there.events,
            ),
            None if self.losses is None or other.losses is None else self.losses - other.losses,
            self.outside - other.outside,
        )

    @property
    def rows(self) -> float:
        """All rows."""
        return float(self.labeled.sum())


@dataclass(frozen=True, slots=True, eq=False)
class RegressionSums:
    """Sums over rows of a regression.

    Attributes:
        moments: Exact sums of ``driftloop.outcomes.regression.MOMENTS``, in units of 2^-1074.
        counts: float64[cells], rows by cell of the absolute error.
        low: float64[cells], the smallest absolute error that rows of a cell can have.
        high: float64[cells], the largest one.
    """

    moments: tuple[int, ...]
    counts: Floats
    low: Floats
    high: Floats

    problem_type = ProblemType.REGRESSION

    def __sub__(self, other: "RegressionSums") -> "RegressionSums":
        moments = tuple(one - two for one, two in zip(self.moments, other.moments, strict=True))
        return RegressionSums(moments, self.counts - other.counts, self.low, self.high)

    @property
    def rows(self) -> float:
        """All rows."""
        return float(self.counts.sum())

    def moment(self, name: str) -> int:
        """An exact sum by name."""
        return self.moments[MOMENTS.index(name)]


Sums = BinarySums | MulticlassSums | RegressionSums


def by_group(groups: Counts, counts: NDArray[Any], size: int) -> Floats:
    """float64[classes, size]: sums of counts[classes, cells] by the group of each cell."""
    return np.stack([np.bincount(groups, row, size) for row in counts.astype(np.float64)])

"""What scores are functions of: sums over labeled rows, of all of them or of one segment.

``total - day`` are the sums without a day. Binary sums can be weighted by class and group of
scores, as estimates for windows whose labels are not complete need it.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from driftloop.errors import InputError
from driftloop.outcomes.binary import BinaryOutcomes
from driftloop.outcomes.binning import (
    BinaryBinning,
    MulticlassBinning,
    OutcomeBinning,
    RegressionBinning,
)
from driftloop.outcomes.cell_counts import Bools, CellCounts
from driftloop.outcomes.fixed_point import to_losses, to_scores
from driftloop.outcomes.multiclass import MulticlassOutcomes
from driftloop.outcomes.regression import MOMENTS, RegressionOutcomes
from driftloop.outcomes.split_points import GROUPS, Counts, Floats, SplitPoints
from driftloop.outcomes.stored import Outcomes
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
        negatives, positives = _by_group(self.groups, self.cells.counts, size)
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


@overload
def sums_of(binning: BinaryBinning, outcomes: BinaryOutcomes) -> BinarySums: ...
@overload
def sums_of(binning: MulticlassBinning, outcomes: MulticlassOutcomes) -> MulticlassSums: ...
@overload
def sums_of(binning: RegressionBinning, outcomes: RegressionOutcomes) -> RegressionSums: ...
@overload
def sums_of(binning: OutcomeBinning, outcomes: Outcomes) -> Sums: ...
def sums_of(binning: OutcomeBinning, outcomes: Outcomes) -> Sums:
    """The sums over all labeled rows.

    Raises:
        InputError: The outcomes were counted on another binning.
    """
    _check(binning, outcomes)
    if isinstance(binning, BinaryBinning) and isinstance(outcomes, BinaryOutcomes):
        points = binning.scores
        scores = _by_group(points.groups, outcomes.score_sums, GROUPS)
        return BinarySums(
            _class_cells(outcomes.cells),
            points.first_at(binning.decision_threshold),
            points.groups,
            to_losses(outcomes.losses),
            to_scores(scores),
            outcomes.outside,
        )
    if isinstance(binning, RegressionBinning) and isinstance(outcomes, RegressionOutcomes):
        low, high = _ends(binning.absolute_errors, outcomes)
        counts = outcomes.cells.counts[0].astype(np.float64)
        return RegressionSums(outcomes.moments, counts, low, high)
    if isinstance(binning, MulticlassBinning) and isinstance(outcomes, MulticlassOutcomes):
        confusion = outcomes.confusion.astype(np.float64)
        return MulticlassSums(
            confusion.sum(axis=1),
            confusion.sum(axis=0),
            np.diag(confusion).copy(),
            tuple(_class_cells(one) for one in outcomes.cells),
            _confidence(binning, outcomes),
            to_losses(outcomes.losses) if outcomes.cells else None,
            outcomes.outside,
        )
    raise _other_problem_type()


@overload
def segment_sums(
    binning: BinaryBinning, outcomes: BinaryOutcomes, column: str, level: str
) -> BinarySums: ...
@overload
def segment_sums(binning: OutcomeBinning, outcomes: Outcomes, column: str, level: str) -> Sums: ...
def segment_sums(binning: OutcomeBinning, outcomes: Outcomes, column: str, level: str) -> Sums:
    """The sums over the labeled rows of one segment, on thin cells.

    Its scores have no groups: the calibration error of a segment is that of its mean. Multiclass
    segments have no ROC AUC and no calibration error.

    Raises:
        InputError: The outcomes were counted on another binning.
        KeyError: No row was counted in this segment.
    """
    _check(binning, outcomes)
    segment = outcomes.segments[column]
    if level not in segment.levels:
        raise KeyError(level)
    position = segment.levels.index(level)
    counts = segment.counts[position].astype(np.float64)
    sums = segment.sums[position]
    if isinstance(binning, BinaryBinning) and isinstance(outcomes, BinaryOutcomes):
        points = binning.scores
        thin = points.thin_cells
        return BinarySums(
            ClassCells(counts, _thin_spread(points, outcomes.cells)),
            int(thin[points.first_at(binning.decision_threshold)]),
            np.zeros(points.thin_cell_count, dtype=np.int64),
            to_losses(sums[:, 1:])[:, None, :],
            to_scores(sums[:, :1]),
            outcomes.outside,
        )
    if isinstance(binning, RegressionBinning) and isinstance(outcomes, RegressionOutcomes):
        points = binning.absolute_errors
        low, high = _ends(points, outcomes)
        first, last = _thin_ends(points)
        return RegressionSums(tuple(sums.tolist()), counts[0], low[first], high[last])
    if isinstance(binning, MulticlassBinning) and isinstance(outcomes, MulticlassOutcomes):
        losses = to_losses(sums) if outcomes.cells else None
        labeled, predicted, right = counts
        return MulticlassSums(labeled, predicted, right, (), None, losses, outcomes.outside)
    raise _other_problem_type()


def _check(binning: OutcomeBinning, outcomes: Outcomes) -> None:
    if outcomes.binning != binning.fingerprint:
        raise InputError(
            f"the outcomes were counted on the split points {outcomes.binning}, not on"
            f" {binning.fingerprint}: count the records again on these"
        )


def _other_problem_type() -> InputError:
    return InputError("the outcomes are of another problem type than the split points")


def _class_cells(cells: CellCounts) -> ClassCells:
    return ClassCells(cells.counts.astype(np.float64), cells.spread)


def _confidence(binning: MulticlassBinning, outcomes: MulticlassOutcomes) -> Calibration | None:
    if outcomes.confidence is None or binning.confidence is None:
        return None
    wrong, right = _by_group(binning.confidence.groups, outcomes.confidence.counts, GROUPS)
    return Calibration(wrong + right, to_scores(outcomes.confidence_sums), right)


def _by_group(groups: Counts, counts: NDArray[Any], size: int) -> Floats:
    """float64[classes, size]: sums of counts[classes, cells] by the group of each cell."""
    return np.stack([np.bincount(groups, row, size) for row in counts.astype(np.float64)])


def _ends(points: SplitPoints, outcomes: RegressionOutcomes) -> tuple[Floats, Floats]:
    """The smallest and the largest absolute error that rows of each cell can have."""
    single = outcomes.cells.single_values
    low, high = np.empty(points.cells), np.empty(points.cells)
    low[1::2] = high[1::2] = points.points
    below, above = np.append(0.0, points.points), np.append(points.points, outcomes.largest)
    low[::2] = np.where(np.isnan(single), below, single)
    high[::2] = np.where(np.isnan(single), above, single)
    return low, high


def _thin_ends(points: SplitPoints) -> tuple[Counts, Counts]:
    """The first and the last cell of each thin cell."""
    thin = np.arange(points.thin_cell_count)
    first = np.searchsorted(points.thin_cells, thin, side="left")
    return first, np.searchsorted(points.thin_cells, thin, side="right") - 1


def _thin_spread(points: SplitPoints, cells: CellCounts) -> Bools:
    """Whether the rows of each thin cell may have several scores."""
    used = cells.counts.sum(axis=0) > 0
    occupied = np.bincount(points.thin_cells, used, points.thin_cell_count)
    spread = np.bincount(points.thin_cells, cells.spread, points.thin_cell_count)
    return np.asarray((spread > 0) | (occupied > 1), dtype=np.bool_)

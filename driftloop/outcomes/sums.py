"""The sums of counted outcomes that scores are functions of."""

from typing import overload

import numpy as np

from driftloop.errors import InputError
from driftloop.outcomes.binary import BinaryOutcomes
from driftloop.outcomes.binning import (
    BinaryBinning,
    MulticlassBinning,
    OutcomeBinning,
    RegressionBinning,
)
from driftloop.outcomes.fixed_point import to_losses, to_scores
from driftloop.outcomes.multiclass import MulticlassOutcomes
from driftloop.outcomes.regression import RegressionOutcomes
from driftloop.outcomes.score_counts import Bools, ScoreCounts
from driftloop.outcomes.score_sums import (
    BinarySums,
    Calibration,
    ClassCells,
    MulticlassSums,
    RegressionSums,
    ScoreValue,
    Sums,
    by_group,
)
from driftloop.outcomes.split_points import GROUPS, Counts, Floats, SplitPoints
from driftloop.outcomes.stored import Outcomes

__all__ = [
    "BinarySums",
    "MulticlassSums",
    "RegressionSums",
    "ScoreValue",
    "Sums",
    "segment_sums",
    "sums_of",
]


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
        scores = by_group(points.groups, outcomes.score_sums, GROUPS)
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


def _class_cells(cells: ScoreCounts) -> ClassCells:
    return ClassCells(cells.counts.astype(np.float64), cells.spread)


def _confidence(binning: MulticlassBinning, outcomes: MulticlassOutcomes) -> Calibration | None:
    if outcomes.confidence is None or binning.confidence is None:
        return None
    wrong, right = by_group(binning.confidence.groups, outcomes.confidence.counts, GROUPS)
    return Calibration(wrong + right, to_scores(outcomes.confidence_sums), right)


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


def _thin_spread(points: SplitPoints, cells: ScoreCounts) -> Bools:
    """Whether the rows of each thin cell may have several scores."""
    used = cells.counts.sum(axis=0) > 0
    occupied = np.bincount(points.thin_cells, used, points.thin_cell_count)
    spread = np.bincount(points.thin_cells, cells.spread, points.thin_cell_count)
    return np.asarray((spread > 0) | (occupied > 1), dtype=np.bool_)

"""Labeled records by class, by score, by segment and by group."""

from collections.abc import Sequence

import numpy as np

from driftloop.outcomes import (
    BinaryBinning,
    MulticlassBinning,
    MulticlassOutcomes,
    OutcomeBinning,
    Outcomes,
)
from driftloop.outcomes.sums import BinarySums, MulticlassSums, Sums
from driftloop.performance.daily_outcomes import LabeledPredictions
from driftloop.performance.performance_report import (
    CalibrationPoint,
    Confusion,
    GroupPerformance,
    SegmentPerformance,
)
from driftloop.scores import compute_scores, segment_sums

SEGMENT_SCORES = ("roc_auc", "log_loss", "accuracy", "rmse", "mae")
"""Scores of segments, those of the problem type."""

MIN_SEGMENT_LABELS = 30
"""Labels of a segment of which scores are shown."""

MIN_GROUP_LABELS = 10
"""Labels of a level of a group; smaller ones are left out, so that no person can be recognized."""


def confusion(
    binning: OutcomeBinning, sums: Sums, outcomes: Outcomes, classes: tuple[str, ...]
) -> Confusion | None:
    """Labeled records by true and predicted class; None for a regression."""
    if isinstance(sums, BinarySums):
        counts = (
            (round(sums.true_negatives), round(sums.false_positives)),
            (round(sums.false_negatives), round(sums.true_positives)),
        )
        return Confusion(classes=classes, counts=counts)
    if isinstance(binning, MulticlassBinning) and isinstance(outcomes, MulticlassOutcomes):
        rows = tuple(tuple(map(int, row)) for row in outcomes.confusion.tolist())
        return Confusion(classes=binning.classes, counts=rows)
    return None


def calibration(sums: Sums) -> tuple[CalibrationPoint, ...]:
    """Groups of records of about equal score, of classes whose probability is known."""
    found = sums.calibration if isinstance(sums, BinarySums | MulticlassSums) else None
    if found is None:
        return ()
    return tuple(
        CalibrationPoint(
            records=round(rows), mean_score=probability / rows, positive_share=events / rows
        )
        for rows, probability, events in zip(
            found.rows.tolist(), found.probabilities.tolist(), found.events.tolist(), strict=True
        )
        if rows > 0
    )


def segments(
    binning: OutcomeBinning, outcomes: Outcomes, columns: Sequence[str]
) -> tuple[SegmentPerformance, ...]:
    """The scores of each level of the segment columns that has labels, in their order."""
    found = []
    for column in columns:
        counted = outcomes.segments.get(column)
        for level in () if counted is None else counted.levels:
            sums = segment_sums(binning, outcomes, column, level)
            known = round(sums.rows)
            scores = compute_scores(sums, SEGMENT_SCORES) if known >= MIN_SEGMENT_LABELS else {}
            values = {name: score.value for name, score in scores.items()}
            found.append(SegmentPerformance(column=column, level=level, known=known, scores=values))
    return tuple(found)


def groups(binning: OutcomeBinning, rows: LabeledPredictions) -> tuple[GroupPerformance, ...]:
    """The counts of each level of the declared groups, of a binary model."""
    if not isinstance(binning, BinaryBinning):
        return ()
    known = np.flatnonzero(rows.is_known)
    positive = rows.labels[known] == 1
    selected = rows.records.predictions[known] >= binning.decision_threshold
    found = []
    for column in rows.records.groups:
        codes = column.codes[known]
        for code, level in enumerate(column.levels):
            own = codes == code
            if np.count_nonzero(own) >= MIN_GROUP_LABELS:
                found.append(_group(column.name, level, positive[own], selected[own]))
    return tuple(found)


def _group(name: str, level: str, positive: np.ndarray, selected: np.ndarray) -> GroupPerformance:
    n, y, d = len(positive), int(positive.sum()), int(selected.sum())
    tp = int((positive & selected).sum())
    return GroupPerformance(
        group=name,
        level=level,
        known=n,
        selected=d,
        positives=y,
        true_positives=tp,
        selection_rate=_ratio(d, n),
        true_positive_rate=_ratio(tp, y),
        false_positive_rate=_ratio(d - tp, n - y),
        precision=_ratio(tp, d),
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None

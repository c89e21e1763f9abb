"""Counts labeled classes and probabilities of a multiclass model."""

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftloop.errors import InputError
from driftloop.outcomes.binning import MulticlassBinning
from driftloop.outcomes.fixed_point import (
    LOSSES,
    SMALLEST,
    natural_log,
    rounded_losses,
    rounded_scores,
)
from driftloop.outcomes.label_age import count_ages
from driftloop.outcomes.multiclass import SEGMENT_COUNTS, MulticlassOutcomes
from driftloop.outcomes.rows import UNLABELED, RowDetails, as_codes, as_floats, check_length
from driftloop.outcomes.score_counts import ScoreCounts, blocks, count_scores
from driftloop.outcomes.segments import SegmentCodes, SegmentCounts, make_segment_counts
from driftloop.outcomes.split_points import GROUPS, Counts, Floats, SplitPoints

MAX_SUM_ERROR = 0.01
"""By how much the probabilities of a row may differ from a sum of 1: they are often written with
two or three digits."""


def count_multiclass(
    binning: MulticlassBinning,
    labels: NDArray[np.integer[Any]],
    predicted: NDArray[np.integer[Any]] | None = None,
    *,
    probabilities: Floats | None = None,
    segments: Mapping[str, SegmentCodes] | None = None,
    label_ages: Floats | None = None,
) -> MulticlassOutcomes:
    """Count n rows with a predicted class, of which some may have no label yet.

    Args:
        binning: Classes, and frozen split points of their probabilities.
        labels: Integers[n], codes of the true classes; ``UNLABELED`` where the label is not known.
        predicted: Integers[n], codes of the predicted classes, -1 where there is none; None for the
            class with the largest probability, the first of several.
        probabilities: float64[n, classes]; NaN in a row without a prediction. Needed if the binning
            has split points of probabilities, else not used.
        segments: The level of each row by column, of baseline columns and declared groups.
        label_ages: float64[n], seconds from prediction to label; NaN where unknown.

    Raises:
        InputError: Arguments are missing or differ in length, or a code has no meaning.
    """
    k = len(binning.classes)
    codes = as_codes(labels, k, "labels")
    found = _as_probabilities(binning, probabilities, len(codes))
    chosen = _as_predicted(predicted, found, len(codes), k)
    details = RowDetails.checked(segments, label_ages, len(codes))
    parts = [
        _count_block(
            binning,
            codes[rows],
            chosen[rows],
            None if found is None else found[rows],
            details.take(rows),
        )
        for rows in blocks(len(codes))
    ]
    return reduce(add, parts)


def _as_probabilities(
    binning: MulticlassBinning, probabilities: Floats | None, rows: int
) -> Floats | None:
    if not binning.probabilities:
        return None
    if probabilities is None:
        raise InputError("probabilities: the split points are of probabilities, and there are none")
    found = as_floats(probabilities)
    if found.shape != (rows, len(binning.classes)):
        raise InputError(
            f"probabilities: {rows} rows of {len(binning.classes)} classes (found the shape"
            f" {found.shape})"
        )
    return found


def _as_predicted(
    predicted: NDArray[np.integer[Any]] | None, probabilities: Floats | None, rows: int, k: int
) -> Counts:
    if probabilities is not None:
        is_known = ~np.isnan(probabilities).any(axis=1)
        if predicted is None:
            return np.where(is_known, np.argmax(probabilities, axis=1), UNLABELED)
    elif predicted is None:
        raise InputError("predicted: give the predicted classes, or their probabilities")
    else:
        is_known = np.ones(rows, dtype=np.bool_)
    codes = as_codes(predicted, k, "predicted")
    check_length("predicted", codes, rows)
    return np.where(is_known, codes, UNLABELED)


def _count_block(
    binning: MulticlassBinning,
    labels: Counts,
    predicted: Counts,
    probabilities: Floats | None,
    details: RowDetails,
) -> MulticlassOutcomes:
    is_scored, is_labeled = predicted != UNLABELED, labels != UNLABELED
    waiting = predicted[is_scored & ~is_labeled]
    rows = np.flatnonzero(is_scored & is_labeled)
    found = None if probabilities is None else probabilities[rows]
    counted = _count_labeled(binning, labels[rows], predicted[rows], found, details.take(rows))
    return replace(
        counted,
        unlabeled=np.bincount(waiting, minlength=len(binning.classes)).astype(np.int64),
        unscored=int(np.count_nonzero(~is_scored)),
        outside=0 if probabilities is None else _count_outside(probabilities[is_scored]),
    )


def _count_labeled(
    binning: MulticlassBinning,
    labels: Counts,
    predicted: Counts,
    probabilities: Floats | None,
    details: RowDetails,
) -> MulticlassOutcomes:
    k = len(binning.classes)
    cells: tuple[ScoreCounts, ...] = ()
    confidence, confidence_sums = None, np.zeros(GROUPS, dtype=np.int64)
    losses = np.zeros((LOSSES, len(labels)))
    if probabilities is not None and binning.confidence is not None:
        cells = tuple(
            count_scores(points, column, points.cells_of(column), (labels == code) * 1, 2)
            for code, (points, column) in enumerate(
                zip(binning.probabilities, probabilities.T, strict=True)
            )
        )
        top = probabilities[np.arange(len(labels)), predicted]
        confidence, confidence_sums = _confidence(binning.confidence, top, labels == predicted)
        losses = _losses(labels, probabilities)
    return MulticlassOutcomes(
        binning.fingerprint,
        np.bincount(labels * k + predicted, minlength=k * k).reshape(k, k).astype(np.int64),
        cells,
        confidence,
        confidence_sums,
        losses.sum(axis=1).astype(np.int64),
        np.zeros(k, dtype=np.int64),
        0,
        0,
        count_ages(labels, details.label_ages, k),
        _count_segments(details.segments, labels, predicted, losses, k),
    )


def _confidence(
    split_points: SplitPoints, top: Floats, is_right: NDArray[np.bool_]
) -> tuple[ScoreCounts, Counts]:
    """Counts of the predicted class's probability, and its sums by group."""
    cells = split_points.cells_of(top)
    rounded = rounded_scores(np.clip(top, 0.0, 1.0))
    sums = np.bincount(split_points.groups[cells], rounded, GROUPS).astype(np.int64)
    return count_scores(split_points, top, cells, is_right * 1, 2), sums


def _losses(labels: Counts, probabilities: Floats) -> Floats:
    """float64[4, n]: log-loss -ln p(true class), Brier score sum (p - y)^2 over classes."""
    true = probabilities[np.arange(len(labels)), labels]
    log_losses = -natural_log(np.clip(true, SMALLEST, 1 - SMALLEST))
    clipped = np.clip(probabilities, 0.0, 1.0)
    # sum (p - y)^2 = sum p^2 - 2 p(true) + 1
    brier = (clipped**2).sum(axis=1) - 2 * np.clip(true, 0.0, 1.0) + 1
    return rounded_losses(log_losses, brier)


def _count_segments(
    segments: Mapping[str, SegmentCodes], labels: Counts, predicted: Counts, losses: Floats, k: int
) -> dict[str, SegmentCounts]:
    is_right = labels == predicted
    counted = {}
    for name, segment in segments.items():
        levels, codes = len(segment.labels), segment.codes.astype(np.int64)
        counts = np.stack(
            [
                np.bincount(codes * k + labels, minlength=levels * k),
                np.bincount(codes * k + predicted, minlength=levels * k),
                np.bincount((codes * k + labels)[is_right], minlength=levels * k),
            ]
        )
        sums = np.stack([np.bincount(codes, row, levels) for row in losses], axis=1)
        by_level = counts.reshape(SEGMENT_COUNTS, levels, k).transpose(1, 0, 2)
        counted[name] = make_segment_counts(
            segment.labels, by_level.astype(np.int64), sums.astype(np.int64)
        )
    return counted


def _count_outside(probabilities: Floats) -> int:
    is_wrong = np.abs(probabilities.sum(axis=1) - 1) > MAX_SUM_ERROR
    return int(np.count_nonzero(is_wrong | (probabilities < 0).any(axis=1)))

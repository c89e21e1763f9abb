"""Outcomes of a multiclass model: the confusion, and the probabilities of the classes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.errors import FormatError, InputError
from driftloop.outcomes.binning import MulticlassBinning
from driftloop.outcomes.cell_counts import (
    CellCounts,
    StoredCellCounts,
    blocks,
    count_cells,
    zero_cells,
)
from driftloop.outcomes.fixed_point import LOSSES, SMALLEST, rounded_losses, rounded_scores
from driftloop.outcomes.label_age import AGES, age_codes
from driftloop.outcomes.rows import UNLABELED, as_codes, as_floats, check_length, check_same_binning
from driftloop.outcomes.segments import (
    SegmentCodes,
    SegmentCounts,
    StoredSegments,
    add_segments,
    check_segments,
    load_segments,
    make_segment_counts,
)
from driftloop.outcomes.split_points import GROUPS, Counts, Floats
from driftloop.profile.serialization import pack_counts, unpack_counts

SEGMENT_COUNTS = 3
"""Counts of a segment by class: labeled rows, predicted rows, and rows that are both."""

MAX_SUM_ERROR = 0.01
"""By how much the probabilities of a row may differ from a sum of 1: they are often written with
two or three digits."""


class StoredMulticlass(msgspec.Struct, tag="multiclass", array_like=True):
    """:class:`MulticlassOutcomes` as they are stored."""

    binning: str
    classes: int
    confusion: bytes
    cells: list[StoredCellCounts]
    confidence: StoredCellCounts | None
    confidence_sums: bytes
    losses: bytes
    unlabeled: bytes
    unscored: int
    outside: int
    label_ages: bytes
    segments: dict[str, StoredSegments]


@dataclass(frozen=True, slots=True, eq=False)
class MulticlassOutcomes:
    """Counts of labeled classes and probabilities, which add up as those of binary models do.

    Attributes:
        binning: Fingerprint of the binning.
        confusion: int64[k, k], labeled rows by true and predicted class.
        cells: Per class, labeled rows by whether they are of the class, and the cell of its
            probability; empty where only predicted classes are known.
        confidence: Labeled rows by whether the prediction is right, and the cell of the predicted
            class's probability; None likewise.
        confidence_sums: int64[10], sums of that probability by its group, in units of 2^-20.
        losses: int64[4], sums of log-loss and Brier score, each with its square.
        unlabeled: int64[k], rows without a label, by predicted class.
        unscored: Rows without a prediction, whether labeled or not.
        outside: Rows whose probabilities are below 0 or do not add up to 1.
        label_ages: int64[k, AGES], labeled rows by true class and age of the label.
        segments: Counts by column: int64[levels, 3, k], the labeled, predicted and rightly
            predicted rows of each class, and sums int64[levels, 4] of the losses.
    """

    binning: str
    confusion: Counts
    cells: tuple[CellCounts, ...]
    confidence: CellCounts | None
    confidence_sums: Counts
    losses: Counts
    unlabeled: Counts
    unscored: int
    outside: int
    label_ages: Counts
    segments: Mapping[str, SegmentCounts] = field(default_factory=dict)

    @property
    def labeled(self) -> int:
        """Rows with a prediction and a label."""
        return int(self.confusion.sum())

    @property
    def unlabeled_records(self) -> int:
        """Rows with a prediction whose label is not known."""
        return int(self.unlabeled.sum())

    @property
    def records(self) -> int:
        """All rows with a prediction."""
        return self.labeled + self.unlabeled_records

    def __repr__(self) -> str:
        return f"<MulticlassOutcomes of {self.records:,} records, {self.labeled:,} labeled>"

    def __add__(self, other: "MulticlassOutcomes") -> "MulticlassOutcomes":
        check_same_binning(self, other)
        return MulticlassOutcomes(
            self.binning,
            self.confusion + other.confusion,
            tuple(one + two for one, two in zip(self.cells, other.cells, strict=True)),
            None
            if self.confidence is None or other.confidence is None
            else self.confidence + other.confidence,
            self.confidence_sums + other.confidence_sums,
            self.losses + other.losses,
            self.unlabeled + other.unlabeled,
            self.unscored + other.unscored,
            self.outside + other.outside,
            self.label_ages + other.label_ages,
            add_segments(self.segments, other.segments),
        )

    def to_stored(self) -> StoredMulticlass:
        """The stored form."""
        return StoredMulticlass(
            self.binning,
            len(self.confusion),
            pack_counts(self.confusion.ravel()),
            [one.to_stored() for one in self.cells],
            None if self.confidence is None else self.confidence.to_stored(),
            pack_counts(self.confidence_sums),
            pack_counts(self.losses),
            pack_counts(self.unlabeled),
            self.unscored,
            self.outside,
            pack_counts(self.label_ages.ravel()),
            {name: one.to_stored() for name, one in self.segments.items()},
        )

    @classmethod
    def from_stored(cls, stored: StoredMulticlass) -> "MulticlassOutcomes":
        """The inverse of :meth:`to_stored`; raises FormatError or ValueError if damaged."""
        if stored.classes < 2 or len(stored.cells) not in (0, stored.classes):
            raise FormatError("the stored classes do not fit their counts; write it again")
        k = stored.classes
        return cls(
            stored.binning,
            unpack_counts(stored.confusion).reshape(k, k),
            tuple(CellCounts.from_stored(one) for one in stored.cells),
            None if stored.confidence is None else CellCounts.from_stored(stored.confidence),
            unpack_counts(stored.confidence_sums).reshape(GROUPS),
            unpack_counts(stored.losses).reshape(LOSSES),
            unpack_counts(stored.unlabeled).reshape(k),
            stored.unscored,
            stored.outside,
            unpack_counts(stored.label_ages).reshape(k, AGES),
            load_segments(stored.segments, SEGMENT_COUNTS, (LOSSES,)),
        )


def zero_multiclass(binning: MulticlassBinning) -> MulticlassOutcomes:
    """Outcomes of no rows."""
    k = len(binning.classes)
    return MulticlassOutcomes(
        binning.fingerprint,
        np.zeros((k, k), dtype=np.int64),
        tuple(zero_cells(one, 2) for one in binning.probabilities),
        None if binning.confidence is None else zero_cells(binning.confidence, 2),
        np.zeros(GROUPS, dtype=np.int64),
        np.zeros(LOSSES, dtype=np.int64),
        np.zeros(k, dtype=np.int64),
        0,
        0,
        np.zeros((k, AGES), dtype=np.int64),
    )


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
    ages = None if label_ages is None else as_floats(label_ages)
    if ages is not None:
        check_length("label_ages", ages, len(codes))
    columns = {} if segments is None else dict(segments)
    check_segments(columns, len(codes))
    total = zero_multiclass(binning)
    for rows in blocks(len(codes)):
        total += _count_block(
            binning,
            codes[rows],
            chosen[rows],
            None if found is None else found[rows],
            {name: SegmentCodes(one.codes[rows], one.labels) for name, one in columns.items()},
            None if ages is None else ages[rows],
        )
    return total


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
    segments: Mapping[str, SegmentCodes],
    ages: Floats | None,
) -> MulticlassOutcomes:
    k = len(binning.classes)
    is_scored = predicted != UNLABELED
    rows = np.flatnonzero(is_scored & (labels != UNLABELED))
    unlabeled = np.bincount(predicted[is_scored & (labels == UNLABELED)], minlength=k)
    labels, predicted = labels[rows], predicted[rows]
    segments = {name: one.take(rows) for name, one in segments.items()}
    cells: tuple[CellCounts, ...] = ()
    confidence, outside = None, 0
    confidence_sums = np.zeros(GROUPS, dtype=np.int64)
    losses = np.zeros((LOSSES, len(rows)))
    if probabilities is not None and binning.confidence is not None:
        outside = _count_outside(probabilities[is_scored])
        probabilities = probabilities[rows]
        cells = tuple(
            count_cells(points, column, points.cells_of(column), (labels == code) * 1, 2)
            for code, (points, column) in enumerate(
                zip(binning.probabilities, probabilities.T, strict=True)
            )
        )
        top = probabilities[np.arange(len(rows)), predicted]
        top_cells = binning.confidence.cells_of(top)
        confidence = count_cells(binning.confidence, top, top_cells, (labels == predicted) * 1, 2)
        groups = binning.confidence.groups[top_cells]
        rounded = rounded_scores(np.clip(top, 0.0, 1.0))
        confidence_sums = np.bincount(groups, rounded, GROUPS).astype(np.int64)
        losses = _losses(labels, probabilities)
    return MulticlassOutcomes(
        binning.fingerprint,
        np.bincount(labels * k + predicted, minlength=k * k).reshape(k, k).astype(np.int64),
        cells,
        confidence,
        confidence_sums,
        losses.sum(axis=1).astype(np.int64),
        unlabeled.astype(np.int64),
        int(np.count_nonzero(~is_scored)),
        outside,
        _count_ages(labels, None if ages is None else ages[rows], k),
        _count_segments(segments, labels, predicted, losses, k),
    )


def _losses(labels: Counts, probabilities: Floats) -> Floats:
    """float64[4, n]: log-loss -ln p(true class), Brier score sum (p - y)^2 over classes."""
    true = probabilities[np.arange(len(labels)), labels]
    log_losses = -np.log(np.clip(true, SMALLEST, 1 - SMALLEST))
    clipped = np.clip(probabilities, 0.0, 1.0)
    # sum (p - y)^2 = sum p^2 - 2 p(true) + 1
    brier = (clipped**2).sum(axis=1) - 2 * np.clip(true, 0.0, 1.0) + 1
    return rounded_losses(log_losses, brier)


def _count_segments(
    segments: Mapping[str, SegmentCodes], labels: Counts, predicted: Counts, losses: Floats, k: int
) -> dict[str, SegmentCounts]:
    is_right = labels == predicted
    counted = {}
    for name, segment in sorted(segments.items()):
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


def _count_ages(labels: Counts, ages: Floats | None, k: int) -> Counts:
    if ages is None:
        return np.zeros((k, AGES), dtype=np.int64)
    codes = age_codes(ages)
    known = codes >= 0
    counts = np.bincount(labels[known] * AGES + codes[known], minlength=k * AGES)
    return counts.reshape(k, AGES).astype(np.int64)


def _count_outside(probabilities: Floats) -> int:
    is_wrong = np.abs(probabilities.sum(axis=1) - 1) > MAX_SUM_ERROR
    return int(np.count_nonzero(is_wrong | (probabilities < 0).any(axis=1)))

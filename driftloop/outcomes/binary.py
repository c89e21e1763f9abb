"""Outcomes of a binary model: labeled scores as mergeable counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.outcomes.binning import BinaryBinning
from driftloop.outcomes.fixed_point import LOSSES, binary_losses, rounded_scores
from driftloop.outcomes.label_age import AGES, count_ages
from driftloop.outcomes.rows import (
    UNLABELED,
    RowDetails,
    as_codes,
    as_floats,
    check_length,
    check_same_binning,
)
from driftloop.outcomes.score_counts import (
    ScoreCounts,
    StoredScoreCounts,
    blocks,
    count_scores,
    zero_scores,
)
from driftloop.outcomes.segments import (
    SegmentCodes,
    SegmentCounts,
    StoredSegments,
    add_segments,
    load_segments,
    make_segment_counts,
)
from driftloop.outcomes.split_points import GROUPS, Counts, Floats
from driftloop.profile.serialization import pack_counts, unpack_counts

SEGMENT_SUMS = 1 + LOSSES
"""Sums of a segment: the score, and its losses."""


class StoredBinary(msgspec.Struct, tag="binary", array_like=True):
    """:class:`BinaryOutcomes` as they are stored."""

    binning: str
    cells: StoredScoreCounts
    score_sums: bytes
    losses: bytes
    unlabeled: bytes
    unscored: int
    outside: int
    label_ages: bytes
    segments: dict[str, StoredSegments]


@dataclass(frozen=True, slots=True, eq=False)
class BinaryOutcomes:
    """Counts of labeled scores. ``a + b`` are the outcomes of the rows of both, byte for byte, in
    any order and however the rows are split.

    Arrays have the negative class first.

    Attributes:
        binning: Fingerprint of the binning.
        cells: Labeled rows by class and cell of the score.
        score_sums: int64[2, cells], sums of the scores in units of 2^-20.
        losses: int64[2, 10, 4], sums by class and group of scores: log-loss and Brier score, each
            with its square (``driftloop.outcomes.fixed_point``).
        unlabeled: int64[cells], rows without a label, by cell of the score.
        unscored: Rows without a score, whether labeled or not.
        outside: Rows whose score is below 0 or above 1: then it is no probability.
        label_ages: int64[2, 10, AGES], labeled rows by class, group of scores and age of the label.
        segments: Counts by column: int64[levels, 2, thin cells], and sums int64[levels, 2, 5] of
            the score and the losses.

    Example:
        >>> from driftloop.outcomes import count_binary, fit_binary_binning
        >>> scores, labels = np.array([0.2, 0.7, 0.9]), np.array([0, 1, -1])
        >>> binning = fit_binary_binning(scores)
        >>> outcomes = count_binary(binning, scores, labels)
        >>> (outcomes + outcomes).labeled, outcomes.unlabeled_records
        (4, 1)
    """

    binning: str
    cells: ScoreCounts
    score_sums: Counts
    losses: Counts
    unlabeled: Counts
    unscored: int
    outside: int
    label_ages: Counts
    segments: Mapping[str, SegmentCounts] = field(default_factory=dict)

    @property
    def labeled(self) -> int:
        """Rows with a score and a label."""
        return int(self.cells.counts.sum())

    @property
    def unlabeled_records(self) -> int:
        """Rows with a score whose label is not known."""
        return int(self.unlabeled.sum())

    @property
    def records(self) -> int:
        """All rows with a score."""
        return self.labeled + self.unlabeled_records

    def __repr__(self) -> str:
        return f"<BinaryOutcomes of {self.records:,} records, {self.labeled:,} labeled>"

    def __add__(self, other: "BinaryOutcomes") -> "BinaryOutcomes":
        check_same_binning(self, other)
        return BinaryOutcomes(
            self.binning,
            self.cells + other.cells,
            self.score_sums + other.score_sums,
            self.losses + other.losses,
            self.unlabeled + other.unlabeled,
            self.unscored + other.unscored,
            self.outside + other.outside,
            self.label_ages + other.label_ages,
            add_segments(self.segments, other.segments),
        )

    def to_stored(self) -> StoredBinary:
        """The stored form."""
        return StoredBinary(
            self.binning,
            self.cells.to_stored(),
            pack_counts(self.score_sums.ravel()),
            pack_counts(self.losses.ravel()),
            pack_counts(self.unlabeled),
            self.unscored,
            self.outside,
            pack_counts(self.label_ages.ravel()),
            {name: one.to_stored() for name, one in self.segments.items()},
        )

    @classmethod
    def from_stored(cls, stored: StoredBinary) -> "BinaryOutcomes":
        """The inverse of :meth:`to_stored`; raises FormatError or ValueError if damaged."""
        cells = ScoreCounts.from_stored(stored.cells)
        return cls(
            stored.binning,
            cells,
            unpack_counts(stored.score_sums).reshape(cells.counts.shape),
            unpack_counts(stored.losses).reshape(2, GROUPS, LOSSES),
            unpack_counts(stored.unlabeled).reshape(cells.counts.shape[1]),
            stored.unscored,
            stored.outside,
            unpack_counts(stored.label_ages).reshape(2, GROUPS, AGES),
            load_segments(stored.segments, 2, (2, SEGMENT_SUMS)),
        )


def zero_binary(binning: BinaryBinning) -> BinaryOutcomes:
    """Outcomes of no rows."""
    cells = binning.scores.cells
    return BinaryOutcomes(
        binning.fingerprint,
        zero_scores(binning.scores, 2),
        np.zeros((2, cells), dtype=np.int64),
        np.zeros((2, GROUPS, LOSSES), dtype=np.int64),
        np.zeros(cells, dtype=np.int64),
        0,
        0,
        np.zeros((2, GROUPS, AGES), dtype=np.int64),
    )


def count_binary(
    binning: BinaryBinning,
    scores: Floats,
    labels: NDArray[np.integer[Any]],
    *,
    segments: Mapping[str, SegmentCodes] | None = None,
    label_ages: Floats | None = None,
) -> BinaryOutcomes:
    """Count n scored rows, of which some may have no label yet.

    Args:
        binning: Frozen split points.
        scores: float64[n] of the positive class; NaN where there is none.
        labels: Integers[n]: 1 positive, 0 negative, ``UNLABELED`` where the label is not known.
        segments: The level of each row by column, of baseline columns and declared groups.
        label_ages: float64[n], seconds from prediction to label; NaN where unknown.

    Raises:
        InputError: Arguments differ in length, or a label or a code has no meaning.
    """
    values, codes = as_floats(scores), as_codes(labels, 2, "labels")
    check_length("labels", codes, len(values))
    details = RowDetails.checked(segments, label_ages, len(values))
    parts = [
        _count_block(binning, values[rows], codes[rows], details.take(rows))
        for rows in blocks(len(values))
    ]
    return reduce(add, parts)


def _count_block(
    binning: BinaryBinning, scores: Floats, labels: Counts, details: RowDetails
) -> BinaryOutcomes:
    is_scored, is_labeled = ~np.isnan(scores), labels != UNLABELED
    outside = int(np.count_nonzero((scores < 0) | (scores > 1)))
    waiting = binning.scores.cells_of(scores[is_scored & ~is_labeled])
    unscored = len(scores) - int(np.count_nonzero(is_scored))
    if unscored or len(waiting):
        rows = np.flatnonzero(is_scored & is_labeled)
        scores, labels, details = scores[rows], labels[rows], details.take(rows)
    counted = _count_labeled(binning, scores, labels, details)
    unlabeled = np.bincount(waiting, minlength=binning.scores.cells).astype(np.int64)
    return replace(counted, unlabeled=unlabeled, unscored=unscored, outside=outside)


def _count_labeled(
    binning: BinaryBinning, scores: Floats, labels: Counts, details: RowDetails
) -> BinaryOutcomes:
    split_points = binning.scores
    cells = split_points.cells_of(scores)
    probabilities = np.clip(scores, 0.0, 1.0)
    losses, rounded = binary_losses(probabilities, labels), rounded_scores(probabilities)
    groups = labels * GROUPS + split_points.groups[cells]
    by_cell = np.bincount(labels * split_points.cells + cells, rounded, 2 * split_points.cells)
    return BinaryOutcomes(
        binning.fingerprint,
        count_scores(split_points, scores, cells, labels, 2),
        by_cell.astype(np.int64).reshape(2, -1),
        _sums(groups, losses, 2 * GROUPS).reshape(2, GROUPS, LOSSES),
        np.zeros(split_points.cells, dtype=np.int64),
        0,
        0,
        count_ages(groups, details.label_ages, 2 * GROUPS).reshape(2, GROUPS, AGES),
        _count_segments(binning, details.segments, labels, cells, np.vstack([rounded, losses])),
    )


def _count_segments(
    binning: BinaryBinning,
    segments: Mapping[str, SegmentCodes],
    labels: Counts,
    cells: Counts,
    values: Floats,
) -> dict[str, SegmentCounts]:
    size = binning.scores.thin_cell_count
    by_thin_cell = labels * size + binning.scores.thin_cells[cells]
    counted = {}
    for name, segment in segments.items():
        levels, codes = len(segment.labels), segment.codes.astype(np.int64)
        counts = np.bincount(codes * (2 * size) + by_thin_cell, minlength=levels * 2 * size)
        sums = _sums(codes * 2 + labels, values, levels * 2)
        counted[name] = make_segment_counts(
            segment.labels,
            counts.reshape(levels, 2, size).astype(np.int64),
            sums.reshape(levels, 2, SEGMENT_SUMS),
        )
    return counted


def _sums(codes: Counts, values: Floats, size: int) -> Counts:
    """int64[size, k]: sums of each of float64[k, n] by code."""
    sums = np.stack([np.bincount(codes, row, size) for row in values], axis=1)
    return sums.astype(np.int64)  # float64 holds them exactly

"""Outcomes of a regression: exact moments of the errors y - f, and counts of their sizes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.errors import FormatError
from driftloop.outcomes.binning import RegressionBinning
from driftloop.outcomes.exact_sums import (
    Digits,
    digits_of,
    exact_squares,
    exact_sums,
    pack_integer,
    unpack_integer,
)
from driftloop.outcomes.label_age import AGES, count_ages
from driftloop.outcomes.rows import RowDetails, as_floats, check_length, check_same_binning
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

MOMENTS = ("error", "absolute_error", "squared_error", "error_power_4", "label", "squared_label")
"""What is summed, in this order."""

LARGEST = 1e75
"""Labels and predictions beyond this are unusable: the fourth power of their errors is infinite."""


class StoredRegression(msgspec.Struct, tag="regression", array_like=True):
    """:class:`RegressionOutcomes` as they are stored."""

    binning: str
    cells: StoredScoreCounts
    moments: list[tuple[int, bytes]]
    largest: float
    unlabeled: int
    unscored: int
    unusable: int
    label_ages: bytes
    segments: dict[str, StoredSegments]


@dataclass(frozen=True, slots=True, eq=False)
class RegressionOutcomes:
    """Counts and sums of errors, which add up as those of binary models do.

    Attributes:
        binning: Fingerprint of the binning.
        cells: Labeled rows, int64[1, cells], by the cell of the absolute error.
        moments: Exact sums of ``MOMENTS`` over labeled rows (``driftloop.outcomes.exact_sums``).
        largest: The largest absolute error, 0 without any.
        unlabeled: Rows without a label.
        unscored: Rows without a prediction, whether labeled or not.
        unusable: Rows whose label or prediction is infinite or beyond ``LARGEST``.
        label_ages: int64[10, AGES], labeled rows by group of absolute errors and age of the label.
        segments: Counts by column: int64[levels, 1, thin cells] of absolute errors, and exact sums
            object[levels, 6] of ``MOMENTS``.
    """

    binning: str
    cells: ScoreCounts
    moments: tuple[int, ...]
    largest: float
    unlabeled: int
    unscored: int
    unusable: int
    label_ages: Counts
    segments: Mapping[str, SegmentCounts] = field(default_factory=dict)

    @property
    def labeled(self) -> int:
        """Rows with a prediction and a label."""
        return int(self.cells.counts.sum())

    @property
    def unlabeled_records(self) -> int:
        """Rows with a prediction whose label is not known."""
        return self.unlabeled

    @property
    def records(self) -> int:
        """All rows with a prediction."""
        return self.labeled + self.unlabeled

    def __repr__(self) -> str:
        return f"<RegressionOutcomes of {self.records:,} records, {self.labeled:,} labeled>"

    def __add__(self, other: "RegressionOutcomes") -> "RegressionOutcomes":
        check_same_binning(self, other)
        return RegressionOutcomes(
            self.binning,
            self.cells + other.cells,
            tuple(one + two for one, two in zip(self.moments, other.moments, strict=True)),
            max(self.largest, other.largest),
            self.unlabeled + other.unlabeled,
            self.unscored + other.unscored,
            self.unusable + other.unusable,
            self.label_ages + other.label_ages,
            add_segments(self.segments, other.segments),
        )

    def to_stored(self) -> StoredRegression:
        """The stored form."""
        return StoredRegression(
            self.binning,
            self.cells.to_stored(),
            [pack_integer(one) for one in self.moments],
            self.largest,
            self.unlabeled,
            self.unscored,
            self.unusable,
            pack_counts(self.label_ages.ravel()),
            {name: one.to_stored() for name, one in self.segments.items()},
        )

    @classmethod
    def from_stored(cls, stored: StoredRegression) -> "RegressionOutcomes":
        """The inverse of :meth:`to_stored`; raises FormatError or ValueError if damaged."""
        if len(stored.moments) != len(MOMENTS):
            raise FormatError("the stored moments are incomplete; write it again")
        return cls(
            stored.binning,
            ScoreCounts.from_stored(stored.cells),
            tuple(unpack_integer(zeros, data) for zeros, data in stored.moments),
            stored.largest,
            stored.unlabeled,
            stored.unscored,
            stored.unusable,
            unpack_counts(stored.label_ages).reshape(GROUPS, AGES),
            load_segments(stored.segments, 1, (len(MOMENTS),)),
        )


def zero_regression(binning: RegressionBinning) -> RegressionOutcomes:
    """Outcomes of no rows."""
    return RegressionOutcomes(
        binning.fingerprint,
        zero_scores(binning.absolute_errors, 1),
        (0,) * len(MOMENTS),
        0.0,
        0,
        0,
        0,
        np.zeros((GROUPS, AGES), dtype=np.int64),
    )


def count_regression(
    binning: RegressionBinning,
    predictions: Floats,
    labels: Floats,
    *,
    segments: Mapping[str, SegmentCodes] | None = None,
    label_ages: Floats | None = None,
) -> RegressionOutcomes:
    """Count n predicted rows, of which some may have no label yet.

    Args:
        binning: Frozen split points of the absolute error.
        predictions: float64[n]; NaN where there is none.
        labels: float64[n]; NaN where the label is not known.
        segments: The level of each row by column, of baseline columns and declared groups.
        label_ages: float64[n], seconds from prediction to label; NaN where unknown.

    Raises:
        InputError: Arguments differ in length, or a code has no meaning.
    """
    predicted, actual = as_floats(predictions), as_floats(labels)
    check_length("labels", actual, len(predicted))
    details = RowDetails.checked(segments, label_ages, len(predicted))
    parts = [
        _count_block(binning, predicted[rows], actual[rows], details.take(rows))
        for rows in blocks(len(predicted))
    ]
    return reduce(add, parts)


def _count_block(
    binning: RegressionBinning, predicted: Floats, actual: Floats, details: RowDetails
) -> RegressionOutcomes:
    is_scored, is_labeled = ~np.isnan(predicted), ~np.isnan(actual)
    is_unusable = (np.abs(predicted) > LARGEST) | (np.abs(actual) > LARGEST)
    rows = np.flatnonzero(is_scored & is_labeled & ~is_unusable)
    counted = _count_labeled(binning, predicted[rows], actual[rows], details.take(rows))
    return replace(
        counted,
        unlabeled=int(np.count_nonzero(is_scored & ~is_labeled & ~is_unusable)),
        unscored=int(np.count_nonzero(~is_scored & ~is_unusable)),
        unusable=int(np.count_nonzero(is_unusable)),
    )


def _count_labeled(
    binning: RegressionBinning, predicted: Floats, labels: Floats, details: RowDetails
) -> RegressionOutcomes:
    split_points = binning.absolute_errors
    errors = labels - predicted
    sizes = np.abs(errors)
    cells = split_points.cells_of(sizes)
    parts, no_codes = _summed(errors, labels), np.zeros(len(errors), dtype=np.int64)
    [sums] = _to_moments(exact_sums(parts, [(no_codes, 1)])[0]).tolist()
    return RegressionOutcomes(
        binning.fingerprint,
        count_scores(split_points, sizes, cells, no_codes, 1),
        tuple(sums),
        float(sizes.max(initial=0.0)),
        0,
        0,
        0,
        count_ages(split_points.groups[cells], details.label_ages, GROUPS),
        _count_segments(binning, details.segments, cells, parts),
    )


def _summed(errors: Floats, labels: Floats) -> tuple[Digits, ...]:
    """What is summed: of squares, also what rounding took away."""
    squares, rest = exact_squares(errors)
    label_squares, label_rest = exact_squares(labels)
    values = (
        *(errors, np.abs(errors), squares, squares**2, labels, label_squares),
        *(rest, label_rest),
    )
    return tuple(map(digits_of, values))


def _to_moments(sums: NDArray[np.object_]) -> NDArray[np.object_]:
    """object[L, 6]: the sums of ``MOMENTS`` by those of :func:`_summed`, object[L, 8]."""
    moments = sums[:, : len(MOMENTS)].copy()
    moments[:, MOMENTS.index("squared_error")] += sums[:, -2]
    moments[:, MOMENTS.index("squared_label")] += sums[:, -1]
    return moments


def _count_segments(
    binning: RegressionBinning,
    segments: Mapping[str, SegmentCodes],
    cells: Counts,
    parts: tuple[Digits, ...],
) -> dict[str, SegmentCounts]:
    size = binning.absolute_errors.thin_cell_count
    thin_cells = binning.absolute_errors.thin_cells[cells]
    columns = [
        (segment.codes.astype(np.int64), len(segment.labels)) for segment in segments.values()
    ]
    sums = exact_sums(parts, columns)
    counted = {}
    for (name, segment), (codes, levels), found in zip(
        segments.items(), columns, sums, strict=True
    ):
        counts = np.bincount(codes * size + thin_cells, minlength=levels * size)
        by_level = counts.reshape(levels, 1, size).astype(np.int64)
        counted[name] = make_segment_counts(segment.labels, by_level, _to_moments(found))
    return counted

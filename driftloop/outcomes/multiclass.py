"""Outcomes of a multiclass model: the confusion, and counts of the classes' probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np

from driftloop.errors import FormatError
from driftloop.outcomes.binning import MulticlassBinning
from driftloop.outcomes.fixed_point import LOSSES
from driftloop.outcomes.label_age import AGES
from driftloop.outcomes.rows import check_same_binning
from driftloop.outcomes.score_counts import (
    ScoreCounts,
    StoredScoreCounts,
    zero_scores,
)
from driftloop.outcomes.segments import (
    SegmentCounts,
    StoredSegments,
    add_segments,
    load_segments,
)
from driftloop.outcomes.split_points import GROUPS, Counts
from driftloop.profile.serialization import pack_counts, unpack_counts

SEGMENT_COUNTS = 3
"""Counts of a segment by class: labeled rows, predicted rows, and rows that are both."""


class StoredMulticlass(msgspec.Struct, tag="multiclass", array_like=True):
    """:class:`MulticlassOutcomes` as they are stored."""

    binning: str
    classes: int
    confusion: bytes
    cells: list[StoredScoreCounts]
    confidence: StoredScoreCounts | None
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
    cells: tuple[ScoreCounts, ...]
    confidence: ScoreCounts | None
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
            tuple(ScoreCounts.from_stored(one) for one in stored.cells),
            None if stored.confidence is None else ScoreCounts.from_stored(stored.confidence),
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
        tuple(zero_scores(one, 2) for one in binning.probabilities),
        None if binning.confidence is None else zero_scores(binning.confidence, 2),
        np.zeros(GROUPS, dtype=np.int64),
        np.zeros(LOSSES, dtype=np.int64),
        np.zeros(k, dtype=np.int64),
        0,
        0,
        np.zeros((k, AGES), dtype=np.int64),
    )

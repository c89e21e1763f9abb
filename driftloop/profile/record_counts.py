"""The counts of a set of records, of the reference or of a window."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np

from driftloop.capture import RecordBatch
from driftloop.errors import InputError
from driftloop.profile.bottom_k_sample import (
    BottomKSample,
    empty_sample,
    make_sample,
    record_hashes,
    smallest_hashes,
)
from driftloop.profile.columns import (
    Binning,
    ColumnCounts,
    StoredCounts,
    add_columns,
    all_missing_column,
    count_column,
    from_stored_counts,
    sample_values,
    to_stored_counts,
    zero_column,
)
from driftloop.profile.date_parts import with_date_parts
from driftloop.profile.serialization import pack, unpack


@dataclass(frozen=True, slots=True, eq=False)
class Binnings:
    """The binnings of a baseline: features in payload order, and the prediction if there is one."""

    features: Mapping[str, Binning]
    prediction: Binning | None

    @property
    def column_count(self) -> int:
        """Columns of a sample: the features, then the prediction if there is one."""
        return len(self.features) + (self.prediction is not None)


@dataclass(frozen=True, slots=True, eq=False)
class RecordCounts:
    """Mergeable statistics of records.

    Attributes:
        records: Number of records.
        features: Counts by name of each feature, or column of a date.
        prediction: Counts of the prediction; None if the baseline has none.
        sample: A sample of the records.
        first_time: Earliest inference time in epoch seconds UTC, inf without any.
        last_time: Latest inference time in epoch seconds UTC, -inf without any.
    """

    records: int
    features: Mapping[str, ColumnCounts]
    prediction: ColumnCounts | None
    sample: BottomKSample
    first_time: float
    last_time: float

    def __add__(self, other: "RecordCounts") -> "RecordCounts":
        return RecordCounts(
            records=self.records + other.records,
            features={
                name: add_columns(column, other.features[name])
                for name, column in self.features.items()
            },
            prediction=_add_optional(self.prediction, other.prediction),
            sample=self.sample + other.sample,
            first_time=min(self.first_time, other.first_time),
            last_time=max(self.last_time, other.last_time),
        )


class StoredRecordCounts(msgspec.Struct, array_like=True):
    """:class:`RecordCounts` as they are stored."""

    records: int
    features: dict[str, StoredCounts]
    prediction: StoredCounts | None
    hashes: bytes
    values: bytes
    first: float
    last: float


def zero_counts(binnings: Binnings) -> RecordCounts:
    """Counts of no records."""
    return RecordCounts(
        records=0,
        features={name: zero_column(binning) for name, binning in binnings.features.items()},
        prediction=None if binnings.prediction is None else zero_column(binnings.prediction),
        sample=empty_sample(binnings.column_count),
        first_time=float("inf"),
        last_time=float("-inf"),
    )


def count_batch(
    binnings: Binnings, batch: RecordBatch, *, expect_predictions: bool = True
) -> RecordCounts:
    """Count a batch on the binnings of a baseline.

    Args:
        binnings: Binnings of the features and the prediction.
        batch: Records with every feature of the binnings.
        expect_predictions: Whether a batch without predictions counts as one whose predictions
            are all missing. In training data they are not expected.

    Raises:
        InputError: The batch lacks a feature.
    """
    batch = with_date_parts(batch, binnings.features)
    missing = [name for name in binnings.features if name not in batch.columns]
    if missing:
        raise InputError(f"the records have no column {', '.join(missing)}, which the baseline has")
    times = batch.times[~np.isnan(batch.times)]
    return RecordCounts(
        records=len(batch),
        features={
            name: count_column(name, binning, batch.columns[name])
            for name, binning in binnings.features.items()
        },
        prediction=_count_prediction(
            binnings.prediction, batch, expect_predictions=expect_predictions
        ),
        sample=_sample(binnings, batch),
        first_time=float(times.min()) if len(times) else float("inf"),
        last_time=float(times.max()) if len(times) else float("-inf"),
    )


def to_stored_record_counts(counts: RecordCounts) -> StoredRecordCounts:
    """The stored form."""
    return StoredRecordCounts(
        records=counts.records,
        features={name: to_stored_counts(column) for name, column in counts.features.items()},
        prediction=None if counts.prediction is None else to_stored_counts(counts.prediction),
        hashes=pack(counts.sample.hashes, "<u8"),
        # column by column: neighbors are similar then, and compress well
        values=pack(np.ascontiguousarray(counts.sample.values.T), "<f4"),
        first=counts.first_time,
        last=counts.last_time,
    )


def from_stored_record_counts(stored: StoredRecordCounts, *, column_count: int) -> RecordCounts:
    """The inverse of :func:`to_stored_record_counts`; raises FormatError if they are damaged."""
    hashes = unpack(stored.hashes, "<u8")
    values = unpack(stored.values, "<f4")
    return RecordCounts(
        records=stored.records,
        features={name: from_stored_counts(counts) for name, counts in stored.features.items()},
        prediction=None if stored.prediction is None else from_stored_counts(stored.prediction),
        sample=BottomKSample(
            hashes, np.ascontiguousarray(values.reshape(column_count, len(hashes)).T)
        ),
        first_time=stored.first,
        last_time=stored.last,
    )


def _count_prediction(
    binning: Binning | None, batch: RecordBatch, *, expect_predictions: bool
) -> ColumnCounts | None:
    if binning is None:
        return None
    if batch.prediction is None:
        return (
            all_missing_column(binning, len(batch)) if expect_predictions else zero_column(binning)
        )
    return count_column("prediction", binning, batch.prediction)


def _sample(binnings: Binnings, batch: RecordBatch) -> BottomKSample:
    hashes = record_hashes(batch.event_ids, batch.rows)
    positions = smallest_hashes(hashes)
    values = np.full((len(positions), binnings.column_count), np.nan, dtype=np.float32)
    for column, (name, binning) in enumerate(binnings.features.items()):
        values[:, column] = sample_values(binning, batch.columns[name], positions)
    if binnings.prediction is not None and batch.prediction is not None:
        values[:, -1] = sample_values(binnings.prediction, batch.prediction, positions)
    return make_sample(hashes[positions], values)


def _add_optional(left: ColumnCounts | None, right: ColumnCounts | None) -> ColumnCounts | None:
    if left is None or right is None:
        return None
    return add_columns(left, right)

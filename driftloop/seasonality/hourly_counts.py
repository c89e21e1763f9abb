"""The counts of one hour of records, on binnings with fewer split points.

Hourly counts are stored for weeks, so they are made on a coarse binning. Its split points are some
of those of the full binning, with the same intervals, so that counting on it equals counting on the
full binning and adding up. All histogram bins stay the same. The Kolmogorov-Smirnov distance is
smaller than on the full binning by at most the reference's largest mass strictly between two split
points: some 1/256 for continuous columns (``ks_max_error``), and 0 for columns with few distinct
values.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop import schema
from driftloop.capture import RecordBatch
from driftloop.errors import FormatError
from driftloop.profile.columns import (
    Binning,
    ColumnCounts,
    StoredCounts,
    add_columns,
    count_column,
    from_stored_counts,
    to_stored_counts,
    zero_column,
)
from driftloop.profile.numeric.counts import Counts, NumericBinning, NumericCounts
from driftloop.profile.record_counts import Binnings, RecordCounts
from driftloop.profile.serialization import decode_struct

PREDICTION = schema.PREDICTION
"""Name of the prediction among the columns."""

MAX_SPLIT_POINTS, MIN_SPLIT_POINTS = 256, 64
"""Split points of a column in hourly counts. They bound the error of the Kolmogorov-Smirnov
distance by 1/256, and by 1/64 at worst, with many columns."""

MAX_TOTAL_SPLIT_POINTS = 20_480
"""Split points of all columns together. With more than 80 columns each gets fewer, so that four
weeks of hours take some 100 MB when all of them are in memory."""

HOUR_SECONDS = 3600

Columns = Mapping[str, ColumnCounts]
"""Counts by column name."""

Rows = NDArray[np.intp]
"""Positions of rows in a batch, intp[k]."""


class _StoredHour(msgspec.Struct, array_like=True):
    columns: list[StoredCounts]


@dataclass(frozen=True, slots=True, eq=False)
class CoarseBinning:
    """A column's binning with fewer split points.

    ``positions`` int64[k] are its split points' positions in the full binning; None for all.
    """

    binning: Binning
    positions: Counts | None

    def reduce(self, full: ColumnCounts) -> ColumnCounts:
        """Counts on the full binning as counts on this one."""
        if self.positions is None or not isinstance(full, NumericCounts):
            return full
        up_to = np.cumsum(full.counts_between[:-1] + full.counts_at)
        starts = np.append(0, up_to[self.positions])
        ends = np.append(
            up_to[self.positions] - full.counts_at[self.positions],
            up_to[-1] + full.counts_between[-1],
        )
        return replace(full, counts_at=full.counts_at[self.positions], counts_between=ends - starts)


def coarse_binnings(binnings: Binnings, reference: RecordCounts) -> Mapping[str, CoarseBinning]:
    """The coarse binning of every column by name; the prediction (if any) is ``PREDICTION``, last.

    The same binnings and reference give the same split points.
    """
    per_column = MAX_TOTAL_SPLIT_POINTS // max(binnings.column_count, 1)
    count = min(MAX_SPLIT_POINTS, max(MIN_SPLIT_POINTS, per_column))
    columns = {
        name: _coarsen(binning, reference.features[name], count)
        for name, binning in binnings.features.items()
    }
    if binnings.prediction is not None and reference.prediction is not None:
        columns[PREDICTION] = _coarsen(binnings.prediction, reference.prediction, count)
    return columns


def add_hours(left: Columns, right: Columns) -> Columns:
    """The counts of both, column by column."""
    return {name: add_columns(counts, right[name]) for name, counts in left.items()}


def rows_by_hour(batch: RecordBatch) -> Iterator[tuple[int, Rows]]:
    """Hours since 1970 (UTC), ascending, and the rows of each; rows without a time are omitted."""
    timed = np.flatnonzero(~np.isnan(batch.times))
    hours = np.floor(batch.times[timed] / HOUR_SECONDS).astype(np.int64)
    order = np.argsort(hours, kind="stable")
    distinct_hours, starts = np.unique(hours[order], return_index=True)
    yield from zip(distinct_hours.tolist(), np.split(timed[order], starts[1:]), strict=False)


def count_rows(binnings: Mapping[str, CoarseBinning], batch: RecordBatch, rows: Rows) -> Columns:
    """Counts of some rows by column; without predictions in the batch, none are expected."""
    counts: dict[str, ColumnCounts] = {}
    for name, column in binnings.items():
        cells = batch.prediction if name == PREDICTION else batch.columns[name]
        if cells is None:
            counts[name] = zero_column(column.binning)
        else:
            counts[name] = count_column(name, column.binning, cells.take(rows))
    return counts


def pack_hour(columns: Columns) -> bytes:
    """The compressed form of an hour; equal counts give equal bytes."""
    stored = _StoredHour([to_stored_counts(counts) for counts in columns.values()])
    return zlib.compress(msgspec.msgpack.encode(stored), 6)


def unpack_hour(names: Sequence[str], data: bytes) -> Columns:
    """The inverse of :func:`pack_hour`; raises FormatError if the columns differ."""
    try:
        stored: _StoredHour = decode_struct("seasonality", zlib.decompress(data), _StoredHour)
    except zlib.error as error:
        raise FormatError(f"an hour of this seasonality file is damaged: {error}") from error
    if len(stored.columns) != len(names):
        found, expected = len(stored.columns), len(names)
        raise FormatError(f"an hour of this seasonality file has {found} columns, not {expected}")
    return {name: from_stored_counts(one) for name, one in zip(names, stored.columns, strict=True)}


def _coarsen(binning: Binning, reference: ColumnCounts, count: int) -> CoarseBinning:
    is_small = not isinstance(binning, NumericBinning) or len(binning.split_points) <= count
    if (
        is_small
        or not isinstance(binning, NumericBinning)
        or not isinstance(reference, NumericCounts)
    ):
        return CoarseBinning(binning, None)
    positions = _choose_split_points(binning, reference, count)
    coarse = replace(
        binning,
        split_points=binning.split_points[positions],
        bin_edges=np.searchsorted(positions, binning.bin_edges).astype(np.int64),
        is_merged=binning.is_merged[positions],
        low=binning.low[positions],
        high=binning.high[positions],
    )
    return CoarseBinning(coarse, positions)


def _choose_split_points(binning: NumericBinning, reference: NumericCounts, count: int) -> Counts:
    """Positions of the bin edges, the ends, and split points that divide the reference equally."""
    up_to = np.cumsum(reference.counts_between[:-1] + reference.counts_at)
    target_counts = np.arange(1, count) / count * up_to[-1]
    spread_positions = np.clip(
        np.searchsorted(up_to, target_counts), 0, len(binning.split_points) - 1
    )
    ends = np.array([0, len(binning.split_points) - 1])
    return np.unique(np.concatenate([spread_positions, binning.bin_edges, ends])).astype(np.int64)

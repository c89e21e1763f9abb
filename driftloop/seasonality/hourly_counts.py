"""One hour of records: counted on thinned grids, and packed.

Grids with fewer knots, for counts that are kept hour by hour.

A thinned grid's knots are some of the full grid's, with their very intervals, so that counting on
it is the same as counting on the full grid and adding up. All bins stay what they are. The
Kolmogorov-Smirnov distance on it falls short of the full grid's by at most the reference's largest
mass strictly between two kept knots: some 1/256 for continuous columns (reported as
``ks_max_error``),
and nothing where the column has few distinct values.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

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

PREDICTION = "(prediction)"
"""The prediction among the columns."""

MAX_SPLIT_POINTS, MIN_SPLIT_POINTS = 256, 64
ALL_SPLIT_POINTS = 20_480
"""Knots of all columns together: with more than 80 columns each gets fewer, so that four weeks of
hours are some 100 MB when all of them are read at once."""


@dataclass(frozen=True, slots=True, eq=False)
class CoarseBinning:
    """A column's thinned grid; ``places`` int64[k] are its knots in the full one, None for all."""

    binning: Binning
    places: Counts | None

    def reduce(self, full: ColumnCounts) -> ColumnCounts:
        """Counts on the full grid as counts on this one."""
        if self.places is None or not isinstance(full, NumericCounts):
            return full
        up_to = np.cumsum(full.counts_between[:-1] + full.counts_at)
        starts = np.append(0, up_to[self.places])
        ends = np.append(
            up_to[self.places] - full.counts_at[self.places], up_to[-1] + full.counts_between[-1]
        )
        return replace(full, counts_at=full.counts_at[self.places], counts_between=ends - starts)


def coarse_binnings(binnings: Binnings, reference: RecordCounts) -> Mapping[str, CoarseBinning]:
    """Every column by name, the prediction (where there is one) last and as ``PREDICTION``.

    The same grids and reference give the same knots.
    """
    split_points = min(
        MAX_SPLIT_POINTS, max(MIN_SPLIT_POINTS, ALL_SPLIT_POINTS // max(binnings.column_count, 1))
    )
    columns = {
        name: _thin(binning, reference.features[name], split_points)
        for name, binning in binnings.features.items()
    }
    if binnings.prediction is not None and reference.prediction is not None:
        columns[PREDICTION] = _thin(binnings.prediction, reference.prediction, split_points)
    return columns


def _thin(binning: Binning, reference: ColumnCounts, split_points: int) -> CoarseBinning:
    few = not isinstance(binning, NumericBinning) or len(binning.split_points) <= split_points
    if few or not isinstance(binning, NumericBinning) or not isinstance(reference, NumericCounts):
        return CoarseBinning(binning, None)
    places = _kept(binning, reference, split_points)
    fewer = replace(
        binning,
        split_points=binning.split_points[places],
        bin_edges=np.searchsorted(places, binning.bin_edges).astype(np.int64),
        is_merged=binning.is_merged[places],
        low=binning.low[places],
        high=binning.high[places],
    )
    return CoarseBinning(fewer, places)


def _kept(binning: NumericBinning, reference: NumericCounts, split_points: int) -> Counts:
    """All bin edges, the ends, and knots that cut the reference's values into equal parts."""
    up_to = np.cumsum(reference.counts_between[:-1] + reference.counts_at)
    wanted = np.arange(1, split_points) / split_points * up_to[-1]
    spread = np.clip(np.searchsorted(up_to, wanted), 0, len(binning.split_points) - 1)
    ends = np.array([0, len(binning.split_points) - 1])
    return np.unique(np.concatenate([spread, binning.bin_edges, ends])).astype(np.int64)


HOUR_SECONDS = 3600

Columns = Mapping[str, ColumnCounts]
Rows = NDArray[np.intp]


class _StoredHour(msgspec.Struct, array_like=True):
    columns: list[StoredCounts]


def add_hours(left: Columns, right: Columns) -> Columns:
    """The counts of both, column by column."""
    return {name: add_columns(counts, right[name]) for name, counts in left.items()}


def rows_by_hour(batch: RecordBatch) -> Iterator[tuple[int, Rows]]:
    """Hours since 1970, in order, and the rows of each; rows without a time belong to none."""
    timed = np.flatnonzero(~np.isnan(batch.times))
    hours = np.floor(batch.times[timed] / HOUR_SECONDS).astype(np.int64)
    order = np.argsort(hours, kind="stable")
    every, starts = np.unique(hours[order], return_index=True)
    yield from zip(every.tolist(), np.split(timed[order], starts[1:]), strict=False)


def count_rows(thin: Mapping[str, CoarseBinning], batch: RecordBatch, rows: Rows) -> Columns:
    """Counts of some rows by column; answers are not counted where the model was not asked."""
    counts: dict[str, ColumnCounts] = {}
    for name, column in thin.items():
        cells = batch.prediction if name == PREDICTION else batch.columns[name]
        if cells is None:
            counts[name] = zero_column(column.binning)  # the model was not asked
        else:
            counts[name] = count_column(name, column.binning, cells.take(rows))
    return counts


def pack(columns: Columns) -> bytes:
    """The compressed form; the same counts give the same bytes."""
    stored = _StoredHour([to_stored_counts(counts) for counts in columns.values()])
    return zlib.compress(msgspec.msgpack.encode(stored), 6)


def unpack(names: Sequence[str], data: bytes) -> Columns:
    """The inverse of :func:`pack`; raises FormatError where the columns are others."""
    try:
        stored: _StoredHour = decode_struct("seasonality", zlib.decompress(data), _StoredHour)
    except zlib.error as error:
        raise FormatError(f"an hour of this seasonality is damaged: {error}") from error
    if len(stored.columns) != len(names):
        raise FormatError(f"an hour of this seasonality has {len(stored.columns)} columns: {names}")
    return {name: from_stored_counts(one) for name, one in zip(names, stored.columns, strict=True)}

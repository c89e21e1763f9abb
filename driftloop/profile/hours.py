"""One hour of records: counted on thinned grids, and packed."""

import zlib
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column, NumericColumn, RecordBatch
from driftloop.errors import FormatError
from driftloop.profile.columns import (
    ColumnCounts,
    StoredCounts,
    add_columns,
    count_column,
    from_stored_counts,
    to_stored_counts,
    zero_column,
)
from driftloop.profile.packing import decode_struct
from driftloop.profile.thinned import PREDICTION, CoarseBinning

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
            counts[name] = count_column(name, column.binning, _chosen(cells, rows))
    return counts


def _chosen(column: Column, rows: Rows) -> Column:
    if isinstance(column, CategoricalColumn):
        return CategoricalColumn(column.codes[rows], column.categories)
    wrong = None if column.invalid is None else column.invalid[rows]
    return NumericColumn(column.values[rows], wrong)


def pack(columns: Columns) -> bytes:
    """The compressed form; the same counts give the same bytes."""
    stored = _StoredHour([to_stored_counts(counts) for counts in columns.values()])
    return zlib.compress(msgspec.msgpack.encode(stored), 6)


def unpacked(names: Sequence[str], data: bytes) -> Columns:
    """The inverse of :func:`pack`; raises FormatError where the columns are others."""
    try:
        stored: _StoredHour = decode_struct("rhythm", zlib.decompress(data), _StoredHour)
    except zlib.error as error:
        raise FormatError(f"an hour of this rhythm is damaged: {error}") from error
    if len(stored.columns) != len(names):
        raise FormatError(f"an hour of this rhythm has {len(stored.columns)} columns: {names}")
    return {name: from_stored_counts(one) for name, one in zip(names, stored.columns, strict=True)}

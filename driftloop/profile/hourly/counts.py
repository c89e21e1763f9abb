"""The counts of each hour of some records, which add up exactly."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.capture import NumericColumn, RecordBatch
from driftloop.profile.date_parts import HOUR_SECONDS
from driftloop.profile.hourly.cells import GROUPS
from driftloop.profile.hourly.clock import local_parts
from driftloop.profile.hourly.layout import (
    PREDICTION,
    CountedColumn,
    HourlyLayout,
    column_values,
    names_of,
)
from driftloop.profile.hourly.unseen import UnseenCounts, count_unseen, unseen_rows
from driftloop.profile.numeric.precision import Floats
from driftloop.profile.serialization import pack, pack_counts, unpack, unpack_counts

Positions = NDArray[np.int64]

_MAX_CHUNK_COUNTS = 1 << 22
"""Counts that are made at a time: bounds the memory of long training data to some 32 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class HourCounts:
    """The counts of one hour.

    Attributes:
        positions: int64[k], ascending positions in the layout's vector with a count.
        counts: int64[k], the counts there.
        low: float64[numeric columns], the smallest number of each; inf without any.
        high: float64[numeric columns], the largest number of each; -inf without any.
        unseen: Values that the training data never had, by column.
    """

    positions: Positions
    counts: Positions
    low: Floats
    high: Floats
    unseen: Mapping[str, UnseenCounts] = field(default_factory=dict)

    def __add__(self, other: "HourCounts") -> "HourCounts":
        positions, index = np.unique(
            np.concatenate([self.positions, other.positions]), return_inverse=True
        )
        counts = np.zeros(len(positions), dtype=np.int64)
        np.add.at(counts, index, np.concatenate([self.counts, other.counts]))
        unseen = dict(self.unseen)
        for name, found in other.unseen.items():
            unseen[name] = unseen[name] + found if name in unseen else found
        return HourCounts(
            positions,
            counts,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
            dict(sorted(unseen.items())),
        )


class StoredHour(msgspec.Struct, array_like=True):
    """:class:`HourCounts` as they are stored."""

    steps: bytes
    counts: bytes
    low: bytes
    high: bytes
    unseen: dict[str, UnseenCounts]


Hours = Mapping[int, HourCounts]
"""Counts by hour since 1970 (UTC)."""


def add_hours(left: Hours, right: Hours) -> Hours:
    """The counts of both, in the order of the hours."""
    hours = dict(left)
    for hour, counts in right.items():
        hours[hour] = hours[hour] + counts if hour in hours else counts
    return dict(sorted(hours.items()))


def count_hours(
    layout: HourlyLayout, batch: RecordBatch, *, expect_predictions: bool = True
) -> Hours:
    """Count the records of each hour; records without a time are omitted.

    Args:
        layout: What is counted.
        batch: The records.
        expect_predictions: Whether a batch without predictions misses them; training rows have
            none, or not all of them.
    """
    timed = np.flatnonzero(np.isfinite(batch.times))
    if not len(timed):
        return {}
    hours = np.floor(batch.times[timed] / HOUR_SECONDS).astype(np.int64)
    order = np.argsort(hours, kind="stable")
    rows, hours = timed[order], hours[order]
    distinct, starts = np.unique(hours, return_index=True)
    step = max(1, _MAX_CHUNK_COUNTS // max(layout.size, 1))
    counted: dict[int, HourCounts] = {}
    for first in range(0, len(distinct), step):
        bounds = np.append(starts[first : first + step + 1], len(rows))[: step + 1]
        part = rows[bounds[0] : bounds[-1]]
        counted |= _count_chunk(
            layout, batch, part, distinct[first : first + step], bounds[:-1] - bounds[0]
        )
    if batch.prediction is None and not expect_predictions and PREDICTION in layout.columns:
        where = layout.columns[PREDICTION].missing
        return {hour: _without(counts, where) for hour, counts in counted.items()}
    return counted


def _without(hour: HourCounts, position: int) -> HourCounts:
    """The counts without those at a position."""
    kept = hour.positions != position
    return replace(hour, positions=hour.positions[kept], counts=hour.counts[kept])


def _count_chunk(
    layout: HourlyLayout, batch: RecordBatch, rows: Positions, hours: Positions, starts: Positions
) -> dict[int, HourCounts]:
    """Counts of rows that are sorted by hour; ``starts`` are the first rows of the hours."""
    block = np.repeat(np.arange(len(hours)), np.diff(np.append(starts, len(rows))))
    counts = np.zeros((len(hours), layout.size), dtype=np.int64)
    low = np.full((len(hours), len(layout.numeric)), np.inf)
    high = np.full((len(hours), len(layout.numeric)), -np.inf)
    unseen: list[dict[str, UnseenCounts]] = [{} for _ in hours]
    codes = _count_columns(layout, batch, rows, block, counts)
    for column in layout.compared:
        values = column_values(batch, column.name)
        if values is None:
            continue
        if column.number is not None and isinstance(values, NumericColumn):
            numbers = values.values[rows]
            with np.errstate(invalid="ignore"):
                smallest = np.fmin.reduceat(numbers, starts) + 0.0
                largest = np.fmax.reduceat(numbers, starts) + 0.0
            low[:, column.number] = np.where(np.isnan(smallest), np.inf, smallest)
            high[:, column.number] = np.where(np.isnan(largest), -np.inf, largest)
        if column.is_known:
            _add_unseen(column, batch, rows, block, unseen)
    _count_tables(layout, codes, block, counts)
    _count_orders(layout, batch, rows, block, counts)
    _count_possible_clocks(layout, batch, rows, block, counts)
    return {
        int(hour): _to_hour(counts[i], low[i], high[i], unseen[i]) for i, hour in enumerate(hours)
    }


def _to_hour(
    counts: Positions, low: Floats, high: Floats, unseen: Mapping[str, UnseenCounts]
) -> HourCounts:
    positions = np.flatnonzero(counts)
    return HourCounts(positions, counts[positions], low, high, dict(sorted(unseen.items())))


def _count_columns(
    layout: HourlyLayout,
    batch: RecordBatch,
    rows: Positions,
    block: Positions,
    counts: Positions,
) -> dict[str, Positions]:
    """Count cells; returns the cells of the columns that are part of a pair, int64[rows]."""
    paired, codes = names_of(layout.stored.pairs), {}
    parts = None
    for name, column in layout.columns.items():
        values = column_values(batch, name)
        if values is None:
            found = np.full(len(rows), column.missing - column.start, dtype=np.int64)
        elif column.clock is not None:
            parts = parts or local_parts(batch.times[rows], layout.zone)
            positions = column.clock.positions(values.take(rows))
            found = column.clock.cells_ahead(positions, parts[column.clock.part])
        else:
            found = column.cells.codes(values.take(rows))
            if name in paired:
                codes[name] = found
            found = np.where(found < 0, column.cells.count, found)
        width = column.stop - column.start
        counts[:, column.start : column.stop] = _tabulate(block, found, len(counts), width)
    return codes


def _count_tables(
    layout: HourlyLayout, codes: Mapping[str, Positions], block: Positions, counts: Positions
) -> None:
    groups = {
        name: np.append(layout.columns[name].cells.groups, -1)[found]
        for name, found in codes.items()
    }
    for (one, other), where in layout.tables.items():
        if one not in groups or other not in groups:
            continue
        both = (groups[one] >= 0) & (groups[other] >= 0)
        cell = groups[one][both] * GROUPS + groups[other][both]
        counts[:, where] = _tabulate(block[both], cell, len(counts), where.stop - where.start)


def _count_orders(
    layout: HourlyLayout, batch: RecordBatch, rows: Positions, block: Positions, counts: Positions
) -> None:
    for (one, other), where in layout.orders.items():
        left, right = column_values(batch, one), column_values(batch, other)
        if not isinstance(left, NumericColumn) or not isinstance(right, NumericColumn):
            continue
        a, b = left.values[rows], right.values[rows]
        both = ~np.isnan(a) & ~np.isnan(b)
        is_right = (a[both] >= b[both]).astype(np.int64)
        counts[:, where] = _tabulate(block[both], is_right, len(counts), 2)


def _count_possible_clocks(
    layout: HourlyLayout, batch: RecordBatch, rows: Positions, block: Positions, counts: Positions
) -> None:
    if not layout.possible_clocks:
        return
    parts = local_parts(batch.times[rows], layout.zone)
    for (name, code), where in layout.possible_clocks.items():
        positions = code.positions(batch.columns[name].take(rows))
        ahead = code.cells_ahead(positions, parts[code.part])
        counts[:, where] = _tabulate(block, ahead, len(counts), where.stop - where.start)


def _add_unseen(
    column: CountedColumn,
    batch: RecordBatch,
    rows: Positions,
    block: Positions,
    unseen: list[dict[str, UnseenCounts]],
) -> None:
    values = column_values(batch, column.name)
    if values is None:
        return
    chosen = values.take(rows)
    found = np.flatnonzero(unseen_rows(column.binning, column.used, column.step, chosen))
    for hour in np.unique(block[found]):
        selected = found[block[found] == hour]
        unseen[hour][column.name] = count_unseen(column.binning, chosen.take(selected))


def _tabulate(block: Positions, cell: Positions, blocks: int, width: int) -> Positions:
    return np.bincount(block * width + cell, minlength=blocks * width).reshape(blocks, width)


def to_stored_hours(hours: Hours) -> dict[int, StoredHour]:
    """The stored form."""
    return {hour: _to_stored(counts) for hour, counts in hours.items()}


def from_stored_hours(stored: Mapping[int, StoredHour]) -> Hours:
    """The inverse of :func:`to_stored_hours`; raises FormatError if they are damaged."""
    return {hour: _from_stored(counts) for hour, counts in stored.items()}


def _to_stored(hour: HourCounts) -> StoredHour:
    return StoredHour(
        pack_counts(np.diff(hour.positions, prepend=0)),
        pack_counts(hour.counts),
        pack(hour.low, "<f8"),
        pack(hour.high, "<f8"),
        dict(hour.unseen),
    )


def _from_stored(stored: StoredHour) -> HourCounts:
    return HourCounts(
        np.cumsum(unpack_counts(stored.steps)),
        unpack_counts(stored.counts),
        unpack(stored.low, "<f8"),
        unpack(stored.high, "<f8"),
        stored.unseen,
    )

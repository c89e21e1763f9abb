"""What is counted of each hour: columns and their cells, pairs of columns, and checks of records.

All counts of an hour are one vector. Each column has its cells and one for missing values; a column
that follows the clock has the records by how much they are ahead of it, and those that miss a
value; a pair has its table; a pair of ordered columns the records that have both values, and those
in the wrong order. Of training data without times, a column that may follow the clock has both its
cells and, for each code that its values allow, the records by how much they are ahead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec
import numpy as np

from driftloop import schema
from driftloop.capture import Column, RecordBatch
from driftloop.profile.columns import Binning, ColumnCounts
from driftloop.profile.hourly.cells import GROUPS, Cells, make_cells
from driftloop.profile.hourly.clock import ClockCode
from driftloop.profile.hourly.possible_clocks import PossibleClocks
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts
from driftloop.profile.record_counts import Binnings, RecordCounts

PREDICTION = schema.PREDICTION
"""Name of the prediction among the columns."""

TABLE_CELLS = GROUPS * GROUPS
ORDER_CELLS = 2


class StoredLayout(msgspec.Struct, frozen=True, kw_only=True):
    """What a baseline stores of its layout; the rest follows from its binnings and reference.

    Attributes:
        zone: IANA time zone of the local hours.
        clocks: Code of each column that follows the clock.
        steps: Step of each numeric column that has one.
        known: Numeric columns of which unseen values can be recognized, and all categories.
        pairs: Pairs of columns that depend on each other, by name.
        orders: Pairs (a, b) of numeric columns with a >= b.
    """

    zone: str = "UTC"
    clocks: dict[str, ClockCode] = {}
    steps: dict[str, float] = {}
    known: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    orders: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class CountedColumn:
    """A column and where its counts are.

    Attributes:
        name: The column.
        binning: The baseline's binning.
        cells: Its cells.
        start: Position of its first cell; the missing values follow its last one.
        clock: The code by which it follows the clock, if it does.
        step: The step of its training values, if they have one.
        is_known: Whether unseen values can be recognized.
        used: bool[K], the binning's split points that training values have.
        number: Position among the numeric columns; None for a categorical one.
    """

    name: str
    binning: Binning
    cells: Cells
    start: int
    clock: ClockCode | None
    step: float | None
    is_known: bool
    used: "np.ndarray[tuple[int], np.dtype[np.bool_]] | None"
    number: int | None

    @property
    def missing(self) -> int:
        """Position of the count of missing values."""
        return self.start + (self.cells.count if self.clock is None else self.clock.cells)

    @property
    def stop(self) -> int:
        """Position after its counts."""
        return self.missing + 1

    @property
    def values(self) -> slice:
        """Positions of the counts of its cells."""
        return slice(self.start, self.missing)


@dataclass(frozen=True, eq=False)
class HourlyLayout:
    """The layout of the vector of counts of an hour."""

    stored: StoredLayout
    columns: Mapping[str, CountedColumn]
    size: int = field(default=0)
    possible: PossibleClocks | None = None

    @property
    def zone(self) -> str:
        """IANA time zone of the local hours."""
        return self.stored.zone

    @cached_property
    def compared(self) -> tuple[CountedColumn, ...]:
        """The columns that do not follow the clock."""
        return tuple(column for column in self.columns.values() if column.clock is None)

    @cached_property
    def numeric(self) -> tuple[CountedColumn, ...]:
        """Numeric columns that do not follow the clock, in the order of their numbers."""
        return tuple(column for column in self.compared if column.number is not None)

    @cached_property
    def tables(self) -> Mapping[tuple[str, str], slice]:
        """Positions of the table of each pair."""
        start = self.columns_stop
        return {
            pair: slice(start + TABLE_CELLS * i, start + TABLE_CELLS * (i + 1))
            for i, pair in enumerate(self.stored.pairs)
        }

    @cached_property
    def orders(self) -> Mapping[tuple[str, str], slice]:
        """Positions of the counts of each ordered pair: records in the wrong order, and others."""
        start = self.columns_stop + TABLE_CELLS * len(self.stored.pairs)
        return {
            pair: slice(start + ORDER_CELLS * i, start + ORDER_CELLS * (i + 1))
            for i, pair in enumerate(self.stored.orders)
        }

    @cached_property
    def possible_clocks(self) -> Mapping[tuple[str, ClockCode], slice]:
        """Positions of the records by how much a column is ahead of the clock, for each code by
        which it may follow it; after the last one the records that miss a value."""
        start = self.columns_stop + TABLE_CELLS * len(self.stored.pairs)
        start += ORDER_CELLS * len(self.stored.orders)
        found: dict[tuple[str, ClockCode], slice] = {}
        possible = (
            {} if self.possible is None else {**self.possible.columns, **self.possible.partial}
        )
        for name, allowed in possible.items():
            for code in allowed:
                found[name, code] = slice(start, start + code.cells + 1)
                start += code.cells + 1
        return found

    @cached_property
    def columns_stop(self) -> int:
        """Position after the counts of all columns."""
        return max((column.stop for column in self.columns.values()), default=0)

    def pairs_of(self, name: str) -> tuple[tuple[str, str], ...]:
        """The pairs that a column is part of."""
        return tuple(pair for pair in self.stored.pairs if name in pair)


def make_layout(
    binnings: Binnings,
    reference: RecordCounts,
    stored: StoredLayout,
    possible: PossibleClocks | None = None,
) -> HourlyLayout:
    """The layout of a baseline; equal arguments give equal layouts.

    Args:
        binnings: The baseline's binnings.
        reference: Counts of the training data on them.
        stored: What was found in the training data.
        possible: Columns that may follow the clock, of training data without times.
    """
    columns: dict[str, CountedColumn] = {}
    start = number = 0
    for name, binning, counts in _columns(binnings, reference):
        clock = stored.clocks.get(name)
        is_numeric = isinstance(binning, NumericBinning) and clock is None
        column = CountedColumn(
            name=name,
            binning=binning,
            cells=make_cells(binning, counts, binnings.column_count),
            start=start,
            clock=clock,
            step=stored.steps.get(name),
            is_known=name in stored.known,
            used=counts.counts_at > 0 if isinstance(counts, NumericCounts) else None,
            number=number if is_numeric else None,
        )
        columns[name], start, number = column, column.stop, number + is_numeric
    size = start + TABLE_CELLS * len(stored.pairs) + ORDER_CELLS * len(stored.orders)
    layout = HourlyLayout(stored, columns, size, possible)
    last = max((where.stop for where in layout.possible_clocks.values()), default=size)
    return replace(layout, size=last)


def column_values(batch: RecordBatch, name: str) -> Column | None:
    """The values of a column of the layout; None for predictions that were not captured."""
    return batch.prediction if name == PREDICTION else batch.columns[name]


def _columns(
    binnings: Binnings, reference: RecordCounts
) -> Iterator[tuple[str, Binning, ColumnCounts]]:
    for name, binning in binnings.features.items():
        yield name, binning, reference.features[name]
    prediction = reference.prediction
    if binnings.prediction is not None and prediction is not None and prediction.present:
        yield PREDICTION, binnings.prediction, prediction


def names_of(pairs: Sequence[tuple[str, str]]) -> set[str]:
    """All names in some pairs."""
    return {name for pair in pairs for name in pair}

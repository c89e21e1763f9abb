"""Finds in the training data what is counted of each hour."""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column, NumericColumn, RecordBatch
from driftloop.profile.categorical import CategoricalBinning
from driftloop.profile.date_parts import DAY_SECONDS
from driftloop.profile.hourly.cells import GROUPS
from driftloop.profile.hourly.clock import find_clock_code, local_parts
from driftloop.profile.hourly.layout import (
    HourlyLayout,
    StoredLayout,
    column_values,
    make_layout,
)
from driftloop.profile.hourly.possible_clocks import PossibleClocks
from driftloop.profile.hourly.unseen import MAX_KNOWN, find_step
from driftloop.profile.record_counts import Binnings, RecordCounts

MIN_SPAN_DAYS = 27
"""Days between the first and the last training row without which no hours are counted."""

MAX_PARTNERS = 3
"""Pairs that a column is part of as one of its most associated ones."""

MIN_ASSOCIATION = 0.1
"""Cramer's V from which two columns are partners."""

MAX_PAIRED_COLUMNS = 64
"""Columns among which partners are searched: 2,016 pairs."""

MAX_ORDERED_COLUMNS = 64
"""Numeric columns among which orders are searched."""

MAX_SEARCHED_ROWS = 50_000
"""Rows of training data without times in which partners and orders are searched."""

MAX_DISORDER = 0.001
"""Share of the training rows in which an ordered pair may be in the wrong order."""

MIN_DISORDER_BY_CHANCE = 0.05
"""Share of the rows that would be in the wrong order if the columns did not belong together: only
then the order says something of a row."""


def fit_layout(
    binnings: Binnings,
    reference: RecordCounts,
    batches: Sequence[RecordBatch],
    zone: str,
    excluded: Sequence[str] = (),
) -> HourlyLayout | None:
    """Find clock columns, steps, partners and orders in the training data.

    Args:
        binnings: The baseline's binnings.
        reference: Counts of the training data on them.
        batches: The training rows, with the columns of dates.
        zone: IANA time zone of the local hours.
        excluded: Columns that can't be compared; they are counted, and no pair has them.

    Returns:
        The layout; None if the rows with a time span fewer than ``MIN_SPAN_DAYS``.
    """
    batch = join_timed(batches)
    if batch is None or np.ptp(batch.times) < MIN_SPAN_DAYS * DAY_SECONDS:
        return None
    plain = make_layout(binnings, reference, StoredLayout(zone=zone))
    parts = local_parts(batch.times, zone)
    values = {name: column_values(batch, name) for name in plain.columns}
    codes = {name: find_clock_code(own, parts) for name, own in values.items() if own is not None}
    clocks = {name: code for name, code in codes.items() if code is not None}
    usable = [name for name in plain.columns if name not in clocks and name not in excluded]
    steps, known = _find_values(plain, batch, clocks)
    stored = StoredLayout(
        zone=zone,
        clocks=clocks,
        steps=steps,
        known=known,
        pairs=_find_partners(plain, batch, usable),
        orders=_find_orders(batch, usable),
    )
    return make_layout(binnings, reference, stored)


def fit_untimed_layout(
    binnings: Binnings,
    reference: RecordCounts,
    batches: Sequence[RecordBatch],
    possible: PossibleClocks | None,
    zone: str,
    excluded: Sequence[str] = (),
) -> HourlyLayout:
    """What to count of each hour of live records, where the training data has no times.

    The clock columns are found in the live records: until then, a column that may be one has its
    cells as well, and does not take the place of a partner. Partners and orders are searched in
    ``MAX_SEARCHED_ROWS`` rows.

    Args:
        binnings: The baseline's binnings.
        reference: Counts of the training data on them.
        batches: The training rows, with the columns of dates.
        possible: Columns that may follow the clock.
        zone: IANA time zone of the local hours.
        excluded: Columns that can't be compared; they are counted, and no pair has them.
    """
    plain = make_layout(binnings, reference, StoredLayout(zone=zone))
    batch = _join_batches([one for one in batches if len(one)])
    rows = np.unique(np.linspace(0, len(batch) - 1, MAX_SEARCHED_ROWS).astype(np.int64))
    searched = batch.take(rows)
    clocks = [] if possible is None else [*possible.columns, *possible.partial]
    usable = [name for name in plain.columns if name not in excluded]
    pairs = _find_partners(plain, searched, usable)
    if clocks:
        others = [name for name in usable if name not in clocks]
        pairs = tuple(dict.fromkeys([*pairs, *_find_partners(plain, searched, others)]))
    orders = _find_orders(searched, usable)
    steps, known = _find_values(plain, batch)
    stored = StoredLayout(zone=zone, steps=steps, known=known, pairs=pairs, orders=orders)
    return make_layout(binnings, reference, stored, possible)


def _find_values(
    plain: HourlyLayout, batch: RecordBatch, clocks: Collection[str] = ()
) -> tuple[dict[str, float], tuple[str, ...]]:
    """The step of each numeric column that has one, and the columns whose values are known."""
    steps: dict[str, float] = {}
    known: list[str] = []
    for name, column in plain.columns.items():
        values = column_values(batch, name)
        if values is None or name in clocks:
            continue
        if isinstance(column.binning, CategoricalBinning):
            known += [name] if column.binning.is_exhaustive else []
        elif isinstance(values, NumericColumn):
            distinct = np.unique(values.values[np.isfinite(values.values)])
            step = find_step(distinct)
            if step is not None:
                steps[name] = step
            known += [name] if step is not None or 0 < len(distinct) <= MAX_KNOWN else []
    return steps, tuple(known)


def join_timed(batches: Sequence[RecordBatch]) -> RecordBatch | None:
    """The rows with a time of some batches as one batch; None without any."""
    timed = [batch.take(np.flatnonzero(np.isfinite(batch.times))) for batch in batches]
    timed = [batch for batch in timed if len(batch)]
    return _join_batches(timed) if timed else None


def _join_batches(batches: Sequence[RecordBatch]) -> RecordBatch:
    """Batches with rows as one batch."""
    if len(batches) == 1:
        return batches[0]
    names = batches[0].columns
    predictions = [batch.prediction for batch in batches if batch.prediction is not None]
    count = sum(len(batch) for batch in batches)
    return RecordBatch(
        schema=batches[0].schema,
        columns={name: _join([batch.columns[name] for batch in batches]) for name in names},
        prediction=_join(predictions) if len(predictions) == len(batches) else None,
        event_ids=[f"row-{index}" for index in range(count)],
        inference_ids=[None] * count,
        rows=np.zeros(count, dtype=np.int32),
        times=np.concatenate([batch.times for batch in batches]),
    )


def _join(columns: Sequence[Column]) -> Column:
    numeric = [column for column in columns if isinstance(column, NumericColumn)]
    if numeric:
        values = np.concatenate([column.values for column in numeric])
        return NumericColumn(values)
    parts = [column for column in columns if isinstance(column, CategoricalColumn)]
    categories = tuple(sorted({name for column in parts for name in column.categories}))
    position = {name: index for index, name in enumerate(categories)}
    tables = [np.array([*(position[n] for n in c.categories), -1], np.int32) for c in parts]
    codes = [table[column.codes] for table, column in zip(tables, parts, strict=True)]
    return CategoricalColumn(np.concatenate(codes), categories)


def _find_partners(
    layout: HourlyLayout, batch: RecordBatch, names: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """The up to ``MAX_PARTNERS`` most associated pairs of each column."""
    groups: dict[str, NDArray[np.int64]] = {}
    for name in names[:MAX_PAIRED_COLUMNS]:
        values = column_values(batch, name)
        if values is not None:
            cells = layout.columns[name].cells
            groups[name] = np.append(cells.groups, GROUPS)[cells.codes(values)]
    strength = {
        (one, other): cramers_v(_table(groups[one], groups[other]))
        for one, other in combinations(groups, 2)
    }
    chosen: set[tuple[str, str]] = set()
    for name in groups:
        own = [pair for pair, v in strength.items() if name in pair and v >= MIN_ASSOCIATION]
        chosen |= set(sorted(own, key=lambda pair: (-strength[pair], pair))[:MAX_PARTNERS])
    return tuple(pair for pair in strength if pair in chosen)


def _table(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[6, 6]: counts without missing values."""
    size = GROUPS + 1
    counts = np.bincount(rows * size + columns, minlength=size * size)
    return counts.reshape(size, size)[:GROUPS, :GROUPS]


def cramers_v(table: NDArray[np.int64]) -> float:
    """Cramer's V, less the bias that independent columns would have.

    Cramer, "Mathematical Methods of Statistics" (1946), section 21.9; the expectation of chi-square
    under independence is its degrees of freedom.
    """
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    if min(table.shape) < 2:
        return 0.0
    n = int(table.sum())
    expected = np.outer(table.sum(1), table.sum(0)) / n
    dof = (table.shape[0] - 1) * (table.shape[1] - 1)
    excess = ((table - expected) ** 2 / expected).sum() - dof
    return float(np.sqrt(max(0.0, excess / n / (min(table.shape) - 1))))


def _find_orders(batch: RecordBatch, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    numbers: Mapping[str, NumericColumn] = {
        name: values
        for name in names
        if isinstance(values := column_values(batch, name), NumericColumn)
    }
    names = list(numbers)[:MAX_ORDERED_COLUMNS]
    return tuple(
        (one, other)
        for one, other in permutations(names, 2)
        if _is_ordered(numbers[one].values, numbers[other].values)
    )


def _is_ordered(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Whether a >= b in nearly all rows, though rows that don't belong together would break it."""
    both = ~np.isnan(a) & ~np.isnan(b)
    a, b = a[both], b[both]
    if not len(a) or np.mean(a < b) > MAX_DISORDER:
        return False
    # the share of all pairs of rows, from ranks: exact, and without a random order
    by_chance = np.mean(1 - np.searchsorted(np.sort(b), a, side="right") / len(b))
    return bool(by_chance >= MIN_DISORDER_BY_CHANCE)

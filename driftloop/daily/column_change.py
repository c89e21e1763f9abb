"""How a column of a day differs from its reference, in its own units, for a report's sentences.

The reference is weighted by the day's traffic of each hour, as in the statistics.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from driftloop.daily.clock_check import measure_missing
from driftloop.daily.column_day import ColumnDay, angle
from driftloop.daily.day import Counts, Day, Extremes, no_extremes, widen
from driftloop.daily.reference import RANGE_MARGIN, WEEK_DAYS, TrainingDays, pair_column
from driftloop.daily.statistics.association import table_distance
from driftloop.daily.statistics.variety import alike_share
from driftloop.profile.column_groups import cramers_v
from driftloop.profile.column_pair import value_labels
from driftloop.profile.hourly.cells import NumericCells
from driftloop.profile.hourly.layout import CountedColumn
from driftloop.profile.numeric.precision import Floats

MIN_DISTANCE = 0.2
"""Smallest distance of two tables at which a partner is named; the largest is named in any case."""

MAX_EXAMPLES = 3
"""New values that are named."""

MAIN_PART = 0.5
"""Part of the records that disagree with the clock from which their offset is named."""

OTHER_VALUES = "other values"
NEW_VALUES = "new values"
"""Names of the cells of a categorical column that hold several values."""


class Shares(NamedTuple):
    """A share of the reference and of the day, 0 to 1."""

    reference: float
    current: float


class Quartiles(NamedTuple):
    """The quartiles of a numeric column."""

    p25: float
    p50: float
    p75: float


class MovedValue(NamedTuple):
    """The value, or the values between two bounds, whose share has risen or fallen most.

    ``part`` is its part of all that has risen or fallen. ``lead`` is by which part of its change,
    as Cohen's h, the second largest one is smaller. Of a numeric column all its values are within
    ``bounds``.
    """

    name: str
    shares: Shares
    is_one_value: bool
    part: float
    lead: float = 0.0
    bounds: Extremes | None = None


class Partner(NamedTuple):
    """A column to which the association changed: by what distance, and Cramér's V on both sides."""

    name: str
    distance: float
    association: Shares


class Disorder(NamedTuple):
    """How often a column is below the one that it is usually not below, or above it."""

    partner: str
    is_usually_larger: bool
    shares: Shares


class ColumnChange(NamedTuple):
    """A column of a day beside its reference.

    Attributes:
        values: Values of the day.
        missing: Shares of missing values.
        quartiles: Quartiles of the reference; None for categories, or where there is no value.
        current_quartiles: Quartiles of the day.
        usual_quartiles: The smallest and the largest first quartile, median, third quartile and
            interquartile range of a reference day.
        extremes: The range of all numbers before the day.
        current_extremes: The range of the day's numbers.
        risen: The value whose share has risen most.
        fallen: The value whose share has fallen most.
        single_value: The only value of the day.
        new_values: New values with their shares, the most frequent first.
        unseen_share: The share of all new values.
        out_of_range_share: The share of numbers far beyond the range before the day.
        far_value: The only one of these; None where there are several.
        alike: Share of the pairs of values of one hour that are alike, as in ``variety``.
        partners: Columns to which its association changed, the most changed first.
        disorders: Orders with other columns that are broken.
        clock_share: Share of the records that disagree with the clock.
        clock_offset: By how many hours, weekdays or months most of these are ahead; None where they
            do not agree.
    """

    values: int = 0
    missing: Shares = Shares(0.0, 0.0)
    quartiles: Quartiles | None = None
    current_quartiles: Quartiles | None = None
    usual_quartiles: tuple[Extremes, Extremes, Extremes, Extremes] | None = None
    extremes: Extremes | None = None
    current_extremes: Extremes | None = None
    risen: MovedValue | None = None
    fallen: MovedValue | None = None
    single_value: str | None = None
    new_values: tuple[tuple[str, float], ...] = ()
    unseen_share: float = 0.0
    out_of_range_share: float = 0.0
    far_value: str | None = None
    alike: Shares | None = None
    partners: tuple[Partner, ...] = ()
    disorders: tuple[Disorder, ...] = ()
    clock_share: float = 0.0
    clock_offset: int | None = None


def measure_change(
    training: TrainingDays,
    column: CountedColumn,
    day: Day,
    reference: Sequence[Day],
    known: Collection[str] = (),
    clock_offsets: Collection[int] = (),
) -> ColumnChange:
    """Measure how a column of a day differs from its reference.

    Args:
        training: What the baseline keeps.
        column: The column.
        day: The day.
        reference: Its reference days.
        known: Values that accepted days were the first to have.
        clock_offsets: Offsets from the clock that a person accepted.
    """
    if column.clock is not None:
        return measure_clock(column, day, clock_offsets, reference)
    before = training.extremes.get(column.name, no_extremes())
    is_weekly = column.name in training.weekly
    paired = pair_column(
        training.layout,
        column,
        day,
        reference,
        is_weekly=is_weekly,
        extremes=before,
        known=known,
        new_within=training.new_within(column.name),
    )
    change = _with_values(column, day, paired, known)._replace(
        partners=_partners(training, column, paired),
        disorders=tuple(_disorders(training, column, day, reference)),
        alike=_alike_shares(column, day, reference),
    )
    if column.number is None or not paired.values:
        return change
    for one in reference:
        before = widen(before, one.extremes(column))
    if paired.out_of_range:
        change = change._replace(far_value=_far_value(column, day, before, paired.out_of_range))
    compared = [
        one
        for one in reference
        if not is_weekly or (day.end - one.end) % (WEEK_DAYS * len(paired.current)) == 0
    ]
    usual = [
        found
        for one in compared
        if (found := _quartiles(column, one.total(column.values), one.extremes(column))) is not None
    ]
    current = _quartiles(column, paired.current.sum(axis=0), day.extremes(column))
    return change._replace(
        quartiles=_quartiles(column, paired.expected, before),
        current_quartiles=current,
        usual_quartiles=_ranges(usual),
        extremes=before,
        current_extremes=day.extremes(column),
    )


def measure_clock(
    column: CountedColumn,
    day: Day,
    accepted_offsets: Collection[int] = (),
    reference: Sequence[Day] = (),
) -> ColumnChange:
    """How the values of a column disagree with the clock, and how many are missing.

    Args:
        column: The column.
        day: The day.
        accepted_offsets: Offsets from the clock that a person accepted: they agree too.
        reference: The reference days.
    """
    missing = measure_missing(column, day, reference)
    counts = day.total(column.values).copy()
    total = int(counts.sum())
    counts[[*accepted_offsets]] = 0
    disagree = counts[1:]
    count = int(disagree.sum())
    offset = None
    if count and column.clock is not None:
        ahead = int(np.argmax(disagree)) + 1
        length = column.clock.length
        if ahead < length and disagree[ahead - 1] >= MAIN_PART * count:
            offset = ahead if ahead <= length // 2 else ahead - length
    return ColumnChange(
        total,
        missing=Shares(missing.usual, missing.records.share),
        clock_share=count / max(total, 1),
        clock_offset=offset,
    )


def _with_values(
    column: CountedColumn, day: Day, paired: ColumnDay, known: Collection[str]
) -> ColumnChange:
    """What both kinds of columns have."""
    rows = paired.values + paired.current_missing
    found = day.unseen.get(column.name)
    new = {} if found is None else {v: n for v, n in found.by_value.items() if v not in known}
    frequent = sorted(new, key=lambda value: (-new[value], value))[:MAX_EXAMPLES]
    m = max(paired.values, 1)
    expected, shares = np.clip(paired.expected, 0, 1), paired.shares
    by_cell = np.array([angle(p) for p in shares]) - np.array([angle(q) for q in expected])
    return ColumnChange(
        values=paired.values,
        missing=Shares(paired.usual_missing_share, paired.current_missing / max(rows, 1)),
        risen=_moved(column, by_cell, expected, shares),
        fallen=_moved(column, -by_cell, expected, shares),
        single_value=_single_value(column, day, paired.current.sum(axis=0)),
        new_values=tuple((value, new[value] / m) for value in frequent),
        unseen_share=(paired.unseen or 0.0) / m,
        out_of_range_share=(paired.out_of_range or 0) / m,
    )


def _alike_shares(column: CountedColumn, day: Day, reference: Sequence[Day]) -> Shares | None:
    """The share of pairs of values of one hour of one day that are alike; None without pairs."""
    usual = alike_share(np.concatenate([one.counts[:, column.values] for one in reference]))
    current = alike_share(day.counts[:, column.values])
    return None if usual is None or current is None else Shares(usual, current)


def _moved(column: CountedColumn, changes: Floats, expected: Floats, shares: Floats) -> MovedValue:
    """The cell with the largest change."""
    cell = int(np.argmax(changes))
    largest = max(float(changes[cell]), 1e-12)
    second = float(np.partition(changes, -2)[-2]) if len(changes) > 1 else 0.0
    name, is_one_value = _cell_name(column, cell)
    own = abs(float(shares[cell] - expected[cell]))
    all_moved = max(float(np.abs(shares - expected).sum()) / 2, 1e-12)
    return MovedValue(
        name,
        Shares(float(expected[cell]), float(shares[cell])),
        is_one_value,
        own / all_moved,
        max(0.0, 1 - max(second, 0.0) / largest),
        _cell_bounds(column, cell),
    )


def _cell_bounds(column: CountedColumn, cell: int) -> Extremes | None:
    cells = column.cells
    if not isinstance(cells, NumericCells):
        return None
    point = cell // 2
    if cell % 2:
        return float(cells.low[point]), float(cells.high[point])
    low = float(cells.high[point - 1]) if point else -np.inf
    return low, float(cells.low[point]) if point < len(cells.low) else np.inf


def _far_value(column: CountedColumn, day: Day, before: Extremes, count: int) -> str | None:
    """The number that is the end of the range of every hour that goes far beyond the usual range;
    None where hours have several, or where there are others in the one hour that goes so far."""
    low, high = before
    margin = RANGE_MARGIN * (high - low)
    ends = [
        end
        for hour in day.hours.values()
        if column.number is not None
        for end in {float(hour.low[column.number]), float(hour.high[column.number])}
        if np.isfinite(end) and not low - margin <= end <= high + margin
    ]
    is_one = len({*ends}) == 1 and len(day.hours) > 1 and (len(ends) > 1 or count == 1)
    return value_labels(np.array(ends[:1]))[0] if is_one else None


def _cell_name(column: CountedColumn, cell: int) -> tuple[str, bool]:
    """A cell's value, or the values that it holds."""
    cells = column.cells
    if not isinstance(cells, NumericCells):
        names = list(cells.index)
        if cell < len(names):
            return names[cell], True
        return (OTHER_VALUES if cell == len(names) else NEW_VALUES), False
    points = (cells.low + cells.high) / 2
    point = cell // 2
    if not len(points):  # the training data has no value
        return OTHER_VALUES, False
    if cell % 2:
        return value_labels(points[[point]])[0], True
    labels = value_labels(points[max(point - 1, 0) : point + 1])
    if point == 0:
        return f"below {labels[0]}", False
    if point == len(points):
        return f"above {labels[-1]}", False
    return f"between {labels[0]} and {labels[-1]}", False


def _single_value(column: CountedColumn, day: Day, counts: Counts) -> str | None:
    """The only value of a day; None where there are several."""
    if column.number is not None:
        low, high = day.extremes(column)
        return value_labels(np.array([low]))[0] if low == high else None
    occupied = np.flatnonzero(counts)
    if len(occupied) != 1:
        return None
    name, is_one_value = _cell_name(column, int(occupied[0]))
    found = day.unseen.get(column.name)
    if not is_one_value and found is not None and len(found.by_value) == 1 and not found.others:
        return next(iter(found.by_value))
    return name if is_one_value else None


def _quartiles(
    column: CountedColumn, counts: Counts | Floats, extremes: Extremes
) -> Quartiles | None:
    """Quartiles by linear interpolation within the cells."""
    cells = column.cells
    total = float(counts.sum())
    if not isinstance(cells, NumericCells) or not total:
        return None
    points = (cells.low + cells.high) / 2
    low, high = np.clip(extremes, -np.finfo(np.float64).max, np.finfo(np.float64).max)
    lower, upper = np.full(cells.count, low), np.full(cells.count, high)
    lower[1::2], upper[1::2] = points, points
    lower[2::2], upper[:-1:2] = points, points
    lower[0], upper[-1] = min(low, upper[0]), max(high, lower[-1])
    # only the cells at the ends of the values can reach beyond these
    lower, upper = np.clip(lower, low, high), np.clip(upper, low, high)
    up_to = np.cumsum(counts)
    found = []
    for share in (0.25, 0.5, 0.75):
        cell = int(np.searchsorted(up_to, share * total))
        cell = min(cell, cells.count - 1)
        before = float(up_to[cell] - counts[cell])
        part = (share * total - before) / max(float(counts[cell]), 1e-12)
        found.append(float(lower[cell] + (upper[cell] - lower[cell]) * min(max(part, 0.0), 1.0)))
    return Quartiles(*found)


def _ranges(days: Sequence[Quartiles]) -> tuple[Extremes, Extremes, Extremes, Extremes] | None:
    if not days:
        return None
    values = [(*day, day.p75 - day.p25) for day in days]
    first, second, third, iqr = ((min(side), max(side)) for side in zip(*values, strict=True))
    return first, second, third, iqr


def _partners(
    training: TrainingDays, column: CountedColumn, paired: ColumnDay
) -> tuple[Partner, ...]:
    """The partners whose table with the column changed, the most changed first."""
    found = []
    for pair, tables in zip(training.layout.pairs_of(column.name), paired.tables, strict=False):
        distance = table_distance(tables.reference, tables.current)
        if distance is not None:
            sides = np.stack([tables.reference, tables.current]).astype(np.float64)
            name = next(name for name in pair if name != column.name)
            found.append(Partner(name, distance, Shares(*cramers_v(sides).tolist())))
    found.sort(key=lambda one: (-one.distance, one.name))
    return tuple(found[:1] + [one for one in found[1:] if one.distance >= MIN_DISTANCE])


def _disorders(
    training: TrainingDays, column: CountedColumn, day: Day, reference: Sequence[Day]
) -> list[Disorder]:
    """The orders with other columns."""
    found = []
    for pair, where in training.layout.orders.items():
        if column.name not in pair:
            continue
        wrong, right = (int(n) for n in day.total(where))
        usual = np.asarray(sum((one.total(where) for one in reference), np.zeros(2, np.int64)))
        shares = Shares(float(usual[0]) / max(int(usual.sum()), 1), wrong / max(wrong + right, 1))
        is_larger = column.name == pair[0]
        found.append(Disorder(pair[1] if is_larger else pair[0], is_larger, shares))
    return found

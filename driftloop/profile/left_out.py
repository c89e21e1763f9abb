"""Features that can't be compared: found when the baseline is fitted, and left out of verdicts.

**What follows time** (ids, timestamps, counters): the live values of such a column lie beyond all
training data by nature. It is told from drift by what separates them: drift, however strong, still
meets values that were there before, while such a column never does. So the training data is put in
the order of time and cut into ``BLOCKS`` blocks of equal size, and each block's middle 80% must lie
wholly beyond that of the block before the last, on one side, with one exception allowed. A trend
with noise of more than about a thirtieth of its range fails this, as do a cycle, which turns, a
step, which stands still on either side, and a constant. Half a cycle without any noise would pass:
so the column must not come to rest at either end. Days and counters with repeats pass, though they
have few distinct values; so does any quantity that grows all the time without noise.

Rows without times may be in any order, sorted by the very feature too. So without times only
**row numbers** are left out, which their values alone tell: distinct whole numbers with few gaps,
as no random draw gives. What follows the order of such rows is merely suspected, and told.

**Labels of single rows** (UUIDs, free text): nearly every row of a categorical column has a level
of its own, so no level's share can change.

**Of dates**, the age where training rows have no time of their own to measure it at, and parts of
the calendar that the clock decides: where the middle 80% of the ages (or, without times, of the
dates) lie within less than a cycle, as those of yesterday's orders do within a week.
"""

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftloop.capture import Batch, CategoricalColumn, NumericColumn
from driftloop.profile.calendar import DAY, dates_of
from driftloop.profile.unit import LARGEST_INTEGER
from driftloop.schema import Feature, Kind

Floats = NDArray[np.float64]

FEWEST_ROWS = 100
"""Rows with a value, without which nothing is left out."""

BLOCKS = 20
MIDDLE = (0.1, 0.9)
AT_REST = 0.25
"""Part of the median step between blocks, below which the first or the last one is a rest."""

NEARLY_ALL = 0.99
"""Share of the training rows that must have a time for ages to be compared."""

OWN_LEVEL = 0.9
"""Distinct levels for each row with a value, from which on a column labels single rows."""


FEW_GAPS = 0.2
"""Part of the whole numbers in their range that row numbers make up. As many random draws would
repeat a tenth of their values, not ``1 - NEARLY_ALL``."""

STRAY = 0.01
"""Part of the values at either end that may be no row numbers: 0 or -1 for unknown, say."""


class Why(StrEnum):
    """Why a feature takes no part in verdicts."""

    FOLLOWS_TIME = "follows_time"
    NUMBERS_ROWS = "numbers_rows"
    LABELS_ROWS = "labels_rows"
    NO_TIME = "no_time"
    FOLLOWS_CLOCK = "follows_clock"


class Found(NamedTuple):
    """Reasons by name of the columns that are ``left_out``; features that are ``suspected``."""

    left_out: dict[str, Why]
    suspected: list[str]


def find_left_out(batches: Sequence[Batch], features: Sequence[Feature]) -> Found:
    """What training data shows to be beyond comparison, however it is split into batches.

    ``features`` are those compared, with dates as columns of their own, which the batches have too.
    """
    order = _in_time(batches)
    found: dict[str, Why] = {}
    for feature in features:
        columns = [batch.columns[feature.name] for batch in batches]
        numeric = [column.values for column in columns if isinstance(column, NumericColumn)]
        if numeric:
            why = _why_left_out(np.concatenate(numeric), order)
            found |= {feature.name: why} if why else {}
        elif labels_rows([c for c in columns if isinstance(c, CategoricalColumn)]):
            found[feature.name] = Why.LABELS_ROWS
    for date in batches[0].schema.features:
        if date.kind is Kind.DATE:
            found |= _parts_left_out(date, batches)
    known = {feature.name: found[feature.name] for feature in features if feature.name in found}
    return Found(known, [] if order is not None else list(_suspected(batches, known)))


def _why_left_out(values: Floats, order: NDArray[np.intp] | None) -> Why | None:
    if order is None:
        return Why.NUMBERS_ROWS if numbers_rows(values) else None
    return Why.FOLLOWS_TIME if follows_time(values[order]) else None


def _suspected(batches: Sequence[Batch], left_out: Collection[str]) -> Iterator[str]:
    """Features that follow the order of rows without times."""
    for feature in batches[0].schema.features:
        columns = [batch.columns[feature.name] for batch in batches]
        numeric = [column.values for column in columns if isinstance(column, NumericColumn)]
        if numeric and feature.name not in left_out and follows_time(np.concatenate(numeric)):
            yield feature.name


def _parts_left_out(date: Feature, batches: Sequence[Batch]) -> dict[str, Why]:
    age, weekday, month, hour = date.columns
    dates, times = dates_of(date, batches), np.concatenate([batch.times for batch in batches])
    there = np.isfinite(dates)
    timed = bool(np.mean(np.isfinite(times[there])) >= NEARLY_ALL) if there.any() else False
    found = {} if timed else {age: Why.NO_TIME}
    spread = _spread((times - dates if timed else dates)[there]) / DAY
    cycles = {weekday: 7, month: 365, hour: 1}
    return found | {part: Why.FOLLOWS_CLOCK for part, days in cycles.items() if spread < days}


def _spread(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.subtract(*np.quantile(known, MIDDLE[::-1]))) if len(known) else 0.0


def follows_time(values: Floats) -> bool:
    """Whether values float64[n], in the order of time, all rise or all fall with it."""
    finite = values[np.isfinite(values)]
    return len(finite) >= FEWEST_ROWS and _follows(finite)


def numbers_rows(values: Floats) -> bool:
    """Whether values float64[n], in any order, are distinct whole numbers with few gaps."""
    finite = values[np.isfinite(values)]
    whole = (finite == np.rint(finite)) & (np.abs(finite) < LARGEST_INTEGER)
    distinct = np.unique(finite[whole])
    if len(finite) < FEWEST_ROWS or len(distinct) < NEARLY_ALL * len(finite):
        return False
    stray = int(STRAY * len(distinct))
    inner = distinct[stray : len(distinct) - stray].astype(np.int64)
    steps = (inner[-1] - inner[0]) // np.gcd.reduce(np.diff(inner))
    return bool(len(inner) > FEW_GAPS * steps)


def labels_rows(columns: Sequence[CategoricalColumn]) -> bool:
    """Whether nearly every row has a level of its own."""
    rows = sum(int(np.count_nonzero(column.codes >= 0)) for column in columns)
    levels = {
        column.levels[code] for column in columns for code in np.unique(column.codes) if code >= 0
    }
    return rows >= FEWEST_ROWS and len(levels) >= OWN_LEVEL * rows


def _in_time(batches: Sequence[Batch]) -> NDArray[np.intp] | None:
    """The order of all rows that have a time; None where these are too few to cut into blocks."""
    times = np.concatenate([batch.times for batch in batches])
    known = np.flatnonzero(np.isfinite(times))
    if len(known) < FEWEST_ROWS or len(np.unique(times[known])) < BLOCKS:
        return None
    return known[np.argsort(times[known], kind="stable")]


def _follows(values: Floats) -> bool:
    """Whether values rise, or fall, from block to block."""
    blocks = values[: len(values) // BLOCKS * BLOCKS].reshape(BLOCKS, -1)
    with np.errstate(over="ignore", invalid="ignore"):  # of values near the largest float64
        low, middle, high = np.quantile(blocks, (MIDDLE[0], 0.5, MIDDLE[1]), axis=1)
        steps = np.abs(np.diff(middle))
    if min(steps[0], steps[-1]) < AT_REST * np.median(steps):
        return False
    # neighbours may overlap a little where rows arrive out of turn; every second block may not
    rising, falling = low[2:] > high[:-2], high[2:] < low[:-2]
    return max(np.count_nonzero(rising), np.count_nonzero(falling)) >= BLOCKS - 2 - 1

"""Columns that may hold the local hour, weekday or month, of training data without times.

Their training values are all hours, weekdays or months, and nothing else. Whether they are those
of the requests shows in the captured records, which have times.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from driftloop.capture import RecordBatch
from driftloop.profile.hourly.clock import MAX_DISAGREEING_SHARE, ClockCode, codes, local_parts

MIN_COVERED_SHARE = 0.8
"""Share of the hours, weekdays or months that must be among the training values: nights may have no
traffic."""

MIN_PARTIAL_SHARE = 1 / 3
"""The same share for columns that only many live days can show to follow the clock: eight hours, or
three weekdays. Of months any share is enough."""

MIN_AGREEING_RECORDS = 10
"""Records whose agreement with the clock is no chance: the values of one hour are all alike, those
of the other 23 would not be."""

ClockCounts = Mapping[str, tuple[int, ...]]
"""By column: records with a value and a time, then those that disagree with each code."""


class PossibleClocks(msgspec.Struct, frozen=True, array_like=True):
    """The columns, each with the codes that its training values allow.

    Attributes:
        zone: IANA time zone of the clock.
        columns: Codes by column.
        partial: Codes by column, of columns whose training values are too few of them to be a sign
            by themselves: offices have no nights and no weekends, and a season has few months. Only
            many live days can show it.
    """

    zone: str
    columns: dict[str, tuple[ClockCode, ...]]
    partial: dict[str, tuple[ClockCode, ...]] = {}


def find_possible_clocks(
    batches: Sequence[RecordBatch], names: Sequence[str], zone: str
) -> PossibleClocks | None:
    """Find the columns in the training data; None without any.

    Args:
        batches: The training rows.
        names: The columns to look at.
        zone: IANA time zone of the clock.
    """
    columns: dict[str, tuple[ClockCode, ...]] = {}
    partial: dict[str, tuple[ClockCode, ...]] = {}
    for name in names:
        found = list(_possible_codes(batches, name))
        covered = tuple(code for code, share in found if share >= MIN_COVERED_SHARE)
        if covered:
            columns[name] = covered
        elif found:
            few = tuple(
                code
                for code, share in found
                if share >= MIN_PARTIAL_SHARE or (share and code.part == "month")
            )
            partial |= {name: few} if few else {}
    return PossibleClocks(zone, columns, partial) if columns or partial else None


def _possible_codes(batches: Sequence[RecordBatch], name: str) -> Iterator[tuple[ClockCode, float]]:
    """The codes that all training values allow, with the share of the code that they cover."""
    for code in codes():
        seen = np.zeros(code.length, dtype=np.int64)
        for batch in batches:
            positions = code.positions(batch.columns[name])
            if (positions == -2).any():
                break
            seen += np.bincount(positions[positions >= 0], minlength=code.length)
        else:
            yield code, np.count_nonzero(seen) / code.length


def count_clocks(possible: PossibleClocks | None, batch: RecordBatch) -> ClockCounts:
    """Count the records of a batch that disagree with each code."""
    timed = np.flatnonzero(np.isfinite(batch.times))
    if possible is None or not len(timed):
        return {}
    parts = local_parts(batch.times[timed], possible.zone)
    counts = {}
    for name, allowed in possible.columns.items():
        values = batch.columns[name].take(timed)
        positions = [code.positions(values) for code in allowed]
        present = positions[0] != -1
        wrong = (
            int(np.count_nonzero(present & (found != parts[code.part])))
            for code, found in zip(allowed, positions, strict=True)
        )
        counts[name] = (int(np.count_nonzero(present)), *wrong)
    return counts


def add_clock_counts(left: ClockCounts, right: ClockCounts) -> ClockCounts:
    """The counts of the records of both."""
    names = sorted({*left, *right})
    return {
        name: tuple(
            int(n) for n in np.sum([side[name] for side in (left, right) if name in side], axis=0)
        )
        for name in names
    }


def agreeing_columns(possible: PossibleClocks | None, counts: ClockCounts) -> list[str]:
    """The columns whose values are the clock's in nearly all counted records."""
    if possible is None:
        return []
    return [
        name
        for name in possible.columns
        if name in counts
        and counts[name][0] >= MIN_AGREEING_RECORDS
        and min(counts[name][1:]) <= MAX_DISAGREEING_SHARE * counts[name][0]
    ]

"""The training days of a baseline as they are stored with it."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from driftloop.capture import RecordBatch
from driftloop.daily.history import DayRecord
from driftloop.daily.reference import MonthCounts, TrainingDays
from driftloop.daily.training import learn_days
from driftloop.file_format import DAYS_VERSION, decode, encode
from driftloop.profile import Baseline
from driftloop.profile.date_parts import with_date_parts
from driftloop.profile.hourly.counts import StoredHour, from_stored_hours, to_stored_hours
from driftloop.profile.hourly.layout import HourlyLayout
from driftloop.profile.serialization import decode_struct, pack_counts, unpack_counts


class _Stored(msgspec.Struct, array_like=True):
    hours: dict[int, StoredHour]
    records: tuple[DayRecord, ...]
    weekly: list[str]
    longest_runs: dict[str, int]
    disorder: list[tuple[str, str, float]]
    extremes: dict[str, tuple[float, float]]
    months: dict[int, tuple[int, bytes]]


def with_training_days(baseline: Baseline, batches: Sequence[RecordBatch]) -> Baseline:
    """The baseline with what its training data shows about days.

    Args:
        baseline: Fitted on ``batches``.
        batches: The training data; records need a time to count.

    Returns:
        The baseline, unchanged where the training data has too few days.
    """
    layout = baseline.layout
    if layout is None:
        return baseline
    parts = [with_date_parts(one, baseline.binnings.features) for one in batches]
    training = learn_days(layout, parts)
    return baseline if training is None else replace(baseline, days_bytes=to_bytes(training))


def training_days(baseline: Baseline) -> TrainingDays | None:
    """What the baseline's training data shows about days; None where it has none.

    Raises:
        FormatError: The stored days are damaged or of another version.
    """
    layout = baseline.layout
    if layout is None or baseline.days_bytes is None:
        return None
    return from_bytes(layout, baseline.days_bytes)


def from_bytes(layout: HourlyLayout, data: bytes) -> TrainingDays:
    """The inverse of :func:`to_bytes`; raises FormatError."""
    stored: _Stored = decode_struct("days", decode("days", DAYS_VERSION, data), _Stored)
    return TrainingDays(
        layout=layout,
        hours=from_stored_hours(stored.hours),
        records=stored.records,
        weekly=frozenset(stored.weekly),
        longest_runs=stored.longest_runs,
        disorder={(one, other): share for one, other, share in stored.disorder},
        extremes=stored.extremes,
        months={
            month: MonthCounts(days, unpack_counts(counts))
            for month, (days, counts) in stored.months.items()
        },
    )


def to_bytes(training: TrainingDays) -> bytes:
    """The stored form: versioned; equal days give equal bytes."""
    stored = _Stored(
        to_stored_hours(training.hours),
        tuple(training.records),
        sorted(training.weekly),
        dict(training.longest_runs),
        [(*pair, share) for pair, share in training.disorder.items()],
        dict(training.extremes),
        {month: (one.days, pack_counts(one.counts)) for month, one in training.months.items()},
    )
    return encode("days", DAYS_VERSION, msgspec.msgpack.encode(stored))

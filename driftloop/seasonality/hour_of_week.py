"""The hours of several weeks, each counted by itself on a baseline's thinned grids.

What a window is compared with, where there are cycles: the same hours of the week, of which these
are the counts. One hour is one compressed piece, read when it is needed; 672 hours of 20 features
at 1,000 records are some two MB.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from driftloop.capture import RecordBatch
from driftloop.errors import InputError
from driftloop.profile.baseline import Baseline
from driftloop.profile.date_parts import with_date_parts
from driftloop.profile.profile import Profile
from driftloop.profile.serialization import decode, decode_struct, encode
from driftloop.seasonality.adjustments import Adjustments
from driftloop.seasonality.hourly_counts import (
    HOUR_SECONDS,
    PREDICTION,
    Columns,
    add_hours,
    coarse_binnings,
    count_rows,
    pack,
    rows_by_hour,
    unpack,
)

VERSION = 2
WEEK_HOURS = 168
MIN_WEEKS = 4
"""Whole weeks that a calibration needs: to replay one against the others."""

MAX_WEEKS = 8
"""Whole weeks that are kept, the latest: older ones tell of other seasons, and take up room."""


class _Stored(msgspec.Struct, array_like=True):
    baseline: str
    names: list[str]
    step: int
    hours: dict[int, bytes]
    adjustments: Adjustments | None


@dataclass(frozen=True, slots=True, eq=False)
class HourOfWeekProfile:
    """Counts by hour: ``hours`` has hours since 1970 (UTC), each with its packed counts.

    ``baseline`` is the fingerprint of the baseline on whose grids they are; ``names`` are its
    columns, the prediction as ``(prediction)``. Each piece covers ``step`` hours, 1 unless it was
    made of longer windows. ``a + b`` counts the records of both.
    """

    baseline: str
    names: tuple[str, ...]
    hours: Mapping[int, bytes]
    step: int = 1
    adjustments: Adjustments | None = None

    @property
    def weeks(self) -> tuple[range, ...]:
        """The hours of each whole week, oldest first; they end with the last hour that is there."""
        if not self.hours:
            return ()
        first, end = min(self.hours), max(self.hours) + self.step
        count = min((end - first) // WEEK_HOURS, MAX_WEEKS)
        starts = [end - WEEK_HOURS * back for back in range(count, 0, -1)]
        return tuple(range(start, start + WEEK_HOURS) for start in starts)

    def columns(self, hour: int) -> Columns | None:
        """The counts of the piece that begins with an hour; None where there is none."""
        packed = self.hours.get(hour)
        return None if packed is None else unpack(self.names, packed)

    def __add__(self, other: "HourOfWeekProfile") -> "HourOfWeekProfile":
        mine, others = ((one.baseline, one.names, f"{one.step} hours") for one in (self, other))
        if mine != others:
            raise InputError(
                f"these hours don't add up, since they were counted on {mine} and on {others}: "
                "count both on one baseline, in windows of one length"
            )
        hours = dict(self.hours)
        for hour, packed in other.hours.items():
            _put(hours, self.names, hour, packed)
        return replace(self, hours=_latest(hours, self.step), adjustments=None)

    def with_adjustments(self, adjustments: Adjustments) -> "HourOfWeekProfile":
        """The same hours with what they were found to need."""
        return replace(self, adjustments=adjustments)

    def to_bytes(self) -> bytes:
        """The stored form, versioned; equal counts give equal bytes."""
        stored = _Stored(
            self.baseline, list(self.names), self.step, dict(self.hours), self.adjustments
        )
        return encode("seasonality", VERSION, msgspec.msgpack.encode(stored))

    @classmethod
    def from_bytes(cls, data: bytes) -> "HourOfWeekProfile":
        """The inverse of :meth:`to_bytes`; raises FormatError on anything else."""
        stored: _Stored = decode_struct(
            "seasonality", decode("seasonality", VERSION, data), _Stored
        )
        names = tuple(stored.names)
        return cls(stored.baseline, names, stored.hours, stored.step, stored.adjustments)

    @classmethod
    def from_batches(
        cls, baseline: Baseline, batches: Iterable[RecordBatch]
    ) -> "HourOfWeekProfile":
        """Count each hour of the records that have a time (``RecordBatch.times``).

        Args:
            baseline: Defines the binnings and the columns.
            batches: Records with every column of ``baseline.schema``.

        Returns:
            The counts of the latest :data:`MAX_WEEKS` weeks, one piece per hour.
        """
        binnings = coarse_binnings(baseline.binnings, baseline.reference)
        hours: dict[int, bytes] = {}
        for batch in (with_date_parts(batch, binnings) for batch in batches):
            for hour, rows in rows_by_hour(batch):
                _put(hours, tuple(binnings), hour, pack(count_rows(binnings, batch, rows)))
        return cls(baseline.fingerprint, tuple(binnings), _latest(hours, 1))

    @classmethod
    def from_profiles(
        cls,
        baseline: Baseline,
        windows: Iterable[tuple[datetime, Profile]],
        window_hours: int = 1,
    ) -> "HourOfWeekProfile":
        """Reduce the stored profiles of windows to the coarse binnings of the hourly counts.

        Args:
            baseline: The baseline that the profiles were counted on.
            windows: Start (UTC) and profile of each window. Profiles of the same window, for
                example of its late records, are added.
            window_hours: Length of each window.

        Returns:
            The counts of the latest :data:`MAX_WEEKS` weeks, one piece per window.

        Raises:
            InputError: A profile was counted on another baseline.
        """
        binnings = coarse_binnings(baseline.binnings, baseline.reference)
        hours: dict[int, bytes] = {}
        for start, profile in windows:
            if profile.baseline != baseline.fingerprint:
                raise InputError(
                    f"the profile of {start:%Y-%m-%dT%H:%MZ} was made on another baseline "
                    f"({profile.baseline}, not {baseline.fingerprint})"
                )
            full = dict(profile.counts.features)
            if profile.counts.prediction is not None:
                full[PREDICTION] = profile.counts.prediction
            packed = pack({name: coarse.reduce(full[name]) for name, coarse in binnings.items()})
            _put(hours, tuple(binnings), int(start.timestamp()) // HOUR_SECONDS, packed)
        latest = _latest(hours, window_hours)
        return cls(baseline.fingerprint, tuple(binnings), latest, window_hours)


def _put(hours: dict[int, bytes], names: Sequence[str], hour: int, packed: bytes) -> None:
    """Add a piece to those that are there."""
    known = hours.get(hour)
    if known is not None:
        packed = pack(add_hours(unpack(names, known), unpack(names, packed)))
    hours[hour] = packed


def _latest(hours: Mapping[int, bytes], step: int) -> dict[int, bytes]:
    """In order, without what is older than the weeks that are kept."""
    first = max(hours, default=0) + step - WEEK_HOURS * MAX_WEEKS
    return {hour: hours[hour] for hour in sorted(hours) if hour >= first}

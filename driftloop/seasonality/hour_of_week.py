"""Hourly counts of several weeks on a baseline's coarse binnings: the hour-of-week profile.

If traffic has weekly cycles, a window is compared with the same hours of the week, of which these
are the counts. Each hour is compressed by itself and decoded when it is needed; 672 hours of 20
features at 1,000 records per hour take some 2 MB.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from driftloop.capture import RecordBatch
from driftloop.errors import InputError
from driftloop.file_format import SEASONALITY_VERSION, decode, encode
from driftloop.profile.baseline import Baseline
from driftloop.profile.date_parts import with_date_parts
from driftloop.profile.serialization import decode_struct
from driftloop.seasonality.adjustments import Adjustments
from driftloop.seasonality.hourly_counts import (
    Columns,
    add_hours,
    coarse_binnings,
    count_rows,
    pack_hour,
    rows_by_hour,
    unpack_hour,
)

WEEK_HOURS = 168
"""Hours of a week."""

MIN_WEEKS = 4
"""Complete weeks that a backtest needs, to compare each one with the others."""

MAX_WEEKS = 8
"""Complete weeks that are kept, the latest ones: older weeks are of other seasons, and would
make the file larger."""


class _Stored(msgspec.Struct, array_like=True):
    baseline: str
    names: list[str]
    step: int
    hours: dict[int, bytes]
    adjustments: Adjustments | None


@dataclass(frozen=True, slots=True, eq=False)
class HourOfWeekProfile:
    """Hourly counts of records on a baseline's coarse binnings.

    ``a + b`` counts the records of both.

    Attributes:
        baseline: Fingerprint of the baseline.
        names: Names of the columns; the prediction is ``(prediction)``.
        hours: Encoded counts by hour since 1970 (UTC); read them with :meth:`columns`.
        step: Hours that each entry covers: 1, unless it was made of longer windows.
        adjustments: Adjustments fitted on these weeks, if any.
    """

    baseline: str
    names: tuple[str, ...]
    hours: Mapping[int, bytes]
    step: int = 1
    adjustments: Adjustments | None = None

    @property
    def weeks(self) -> tuple[range, ...]:
        """The hours of each complete week, oldest first; the last week ends with the last hour."""
        if not self.hours:
            return ()
        first, end = min(self.hours), max(self.hours) + self.step
        count = min((end - first) // WEEK_HOURS, MAX_WEEKS)
        starts = [end - WEEK_HOURS * back for back in range(count, 0, -1)]
        return tuple(range(start, start + WEEK_HOURS) for start in starts)

    def columns(self, hour: int) -> Columns | None:
        """Decode an entry.

        Args:
            hour: First hour of the entry, since 1970 (UTC).

        Returns:
            Counts by column, or None without such an entry.

        Raises:
            FormatError: The entry is damaged.
        """
        packed = self.hours.get(hour)
        return None if packed is None else unpack_hour(self.names, packed)

    def __add__(self, other: "HourOfWeekProfile") -> "HourOfWeekProfile":
        mine, theirs = ((one.baseline, one.names, f"{one.step} hours") for one in (self, other))
        if mine != theirs:
            raise InputError(
                f"these hours don't add up: they were counted on {mine} and on {theirs}; "
                "count both on the same baseline, in windows of the same length"
            )
        hours = dict(self.hours)
        for hour, packed in other.hours.items():
            _add_hour(hours, self.names, hour, packed)
        return replace(self, hours=_keep_latest(hours, self.step), adjustments=None)

    def with_adjustments(self, adjustments: Adjustments) -> "HourOfWeekProfile":
        """Add adjustments.

        Args:
            adjustments: Adjustments fitted on these hours.

        Returns:
            The same hours with them.
        """
        return replace(self, adjustments=adjustments)

    def to_bytes(self) -> bytes:
        """The stored form: versioned; equal counts give equal bytes."""
        stored = _Stored(
            self.baseline, list(self.names), self.step, dict(self.hours), self.adjustments
        )
        return encode("seasonality", SEASONALITY_VERSION, msgspec.msgpack.encode(stored))

    @classmethod
    def from_bytes(cls, data: bytes) -> "HourOfWeekProfile":
        """Read a stored profile.

        Args:
            data: What :meth:`to_bytes` returned; the content of a seasonality file.

        Returns:
            The profile.

        Raises:
            FormatError: The bytes are no seasonality, have another version or are damaged.
        """
        stored: _Stored = decode_struct(
            "seasonality", decode("seasonality", SEASONALITY_VERSION, data), _Stored
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
            The counts of the latest :data:`MAX_WEEKS` weeks, one entry per hour.
        """
        binnings = coarse_binnings(baseline.binnings, baseline.reference)
        hours: dict[int, bytes] = {}
        for batch in (with_date_parts(batch, binnings) for batch in batches):
            for hour, rows in rows_by_hour(batch):
                _add_hour(
                    hours, tuple(binnings), hour, pack_hour(count_rows(binnings, batch, rows))
                )
        return cls(baseline.fingerprint, tuple(binnings), _keep_latest(hours, 1))


def _add_hour(hours: dict[int, bytes], names: Sequence[str], hour: int, packed: bytes) -> None:
    """Add an entry to those of the same hour."""
    present = hours.get(hour)
    if present is not None:
        packed = pack_hour(add_hours(unpack_hour(names, present), unpack_hour(names, packed)))
    hours[hour] = packed


def _keep_latest(hours: Mapping[int, bytes], step: int) -> dict[int, bytes]:
    """The entries in order, without those older than ``MAX_WEEKS``."""
    first = max(hours, default=0) + step - WEEK_HOURS * MAX_WEEKS
    return {hour: hours[hour] for hour in sorted(hours) if hour >= first}

"""The counts of a window's hours as they are stored beside its report."""

from typing import NamedTuple

import msgspec

from driftloop.file_format import HOURS_VERSION, decode, encode
from driftloop.profile.hourly.counts import Hours, StoredHour, from_stored_hours, to_stored_hours
from driftloop.profile.serialization import decode_struct

SUFFIX = ".hours"
"""Ends the name of the file, in place of the report's ``.json``."""

_KIND = "hours-file"


class CountedHours(NamedTuple):
    """Counts of the hours of a window.

    Attributes:
        baseline: Fingerprint of the baseline that they were counted on.
        first: The window's first hour since 1970 (UTC).
        end: The hour with which it ends.
        counts: The hours that have records.
    """

    baseline: str
    first: int
    end: int
    counts: Hours

    def to_bytes(self) -> bytes:
        """The stored form: versioned; equal counts give equal bytes."""
        stored = _Stored(self.baseline, self.first, self.end, to_stored_hours(self.counts))
        return encode(_KIND, HOURS_VERSION, msgspec.msgpack.encode(stored))


class _Stored(msgspec.Struct, array_like=True):
    baseline: str
    first: int
    end: int
    hours: dict[int, StoredHour]


def counted_hours_from_bytes(data: bytes) -> CountedHours:
    """The inverse of :meth:`CountedHours.to_bytes`; raises FormatError."""
    stored: _Stored = decode_struct(_KIND, decode(_KIND, HOURS_VERSION, data), _Stored)
    return CountedHours(stored.baseline, stored.first, stored.end, from_stored_hours(stored.hours))


def counted_window(baseline: str, first: int, end: int, hours: Hours) -> CountedHours:
    """The counts of a window, of hours that may have more than it."""
    own = {hour: counts for hour, counts in hours.items() if first <= hour < end}
    return CountedHours(baseline, first, end, own)

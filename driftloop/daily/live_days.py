"""The live days of a version: their counts, and what was decided on each.

A day is decided for good once: when its allowed lateness is over and no earlier day is missing that
may still be analyzed. Until then it is decided again with every later day, in the order of the
days, so that any order in which they arrive gives the same bytes. Afterwards, late records and
reruns change its counts, and never its record. A day that arrives after later ones were decided for
good is decided against the days before it alone, and changes no other record.

A window shorter than a day is decided once, with the hours that are counted by then. Its record is
no reference: it says how long an alarm lasts, and which values the days had that ended at the same
hour. Only that of a window that ends at midnight stands for its day until the day is decided.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from driftloop.daily.accepted_change import AcceptedChange
from driftloop.daily.day import DAY_HOURS, Day, make_day, make_days
from driftloop.daily.day_decision import DayDecision, decide_on_day
from driftloop.daily.drift_from_training import DEFAULT_DAYS
from driftloop.daily.history import MAX_REFERENCE_AGE_DAYS, DayRecord
from driftloop.daily.reference import TrainingDays
from driftloop.file_format import LIVE_DAYS_VERSION, decode, encode
from driftloop.profile.hourly.counts import (
    Hours,
    StoredHour,
    from_stored_hours,
    to_stored_hours,
)
from driftloop.profile.serialization import decode_struct

MAX_WAIT_DAYS = 14
"""Days before the newest one after which a missing day is not waited for: missed windows are given
up then."""

WINDOW_DAYS = 8
"""Days before a window whose windows are kept: more than the longest horizon."""

MAX_RECORDS = 730
"""Records of days that are kept, the last ones."""

LIVE_DAYS = "live-days"
"""Kind of the stored form."""


class _Stored(msgspec.Struct, array_like=True):
    baseline: str
    hours: dict[int, StoredHour]
    decided: tuple[DayRecord, ...]
    pending: tuple[int, ...]
    windows: tuple[DayRecord, ...] = ()


@dataclass(frozen=True, eq=False)
class LiveDays:
    """The live days of a version.

    Attributes:
        baseline: Fingerprint of the version's baseline.
        hours: Counts of the hours of the pending days, of the last ``MAX_REFERENCE_AGE_DAYS``
            decided ones, and of the last two days of windows shorter than a day.
        decided: Records of the days that are decided for good, oldest first.
        pending: Ends of the other days, ascending.
        windows: Records of the windows shorter than a day of the last ``WINDOW_DAYS`` days, and of
            those that end with a pending day, oldest first.
    """

    baseline: str
    hours: Hours = field(default_factory=dict)
    decided: tuple[DayRecord, ...] = ()
    pending: tuple[int, ...] = ()
    windows: tuple[DayRecord, ...] = ()

    @property
    def ends(self) -> list[int]:
        """Ends of all days, ascending."""
        return sorted([*(one.end for one in self.decided), *self.pending])

    def with_counts(self, end: int, hours: Hours) -> "LiveDays":
        """With other counts of the day that ends at ``end``; the day is pending if it is new."""
        is_new = end not in self.pending and all(one.end != end for one in self.decided)
        pending = sorted([*self.pending, end]) if is_new else self.pending
        live = self.with_window_counts(end, DAY_HOURS, hours)
        return replace(live, pending=tuple(pending))

    def with_window_counts(self, end: int, length: int, hours: Hours) -> "LiveDays":
        """With other counts of the ``length`` hours before ``end``."""
        own = range(end - length, end)
        kept = {hour: counts for hour, counts in self.hours.items() if hour not in own}
        kept |= {hour: counts for hour, counts in hours.items() if hour in own}
        return replace(self, hours=dict(sorted(kept.items())))

    def to_bytes(self) -> bytes:
        """The stored form: equal days give equal bytes."""
        hours = to_stored_hours(self.hours)
        stored = _Stored(self.baseline, hours, self.decided, self.pending, self.windows)
        return encode(LIVE_DAYS, LIVE_DAYS_VERSION, msgspec.msgpack.encode(stored))

    @classmethod
    def from_bytes(cls, data: bytes) -> "LiveDays":
        """The inverse of :meth:`to_bytes`; raises FormatError."""
        body = decode(LIVE_DAYS, LIVE_DAYS_VERSION, data)
        stored: _Stored = decode_struct(LIVE_DAYS, body, _Stored)
        hours = from_stored_hours(stored.hours)
        return cls(stored.baseline, hours, stored.decided, stored.pending, stored.windows)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRule:
    """What decides on live days, beside the days themselves.

    Attributes:
        training: The training days of the baseline.
        excluded: Columns that take no part.
        changes: What a person accepted.
        drift_from_training_days: Days whose sum is compared with the training data.
        allowed_lateness_hours: Hours for which late records of a day are accepted.
        is_expected: Whether the version served on the day that ends then, so that the day can
            still be analyzed if it is missing.
    """

    training: TrainingDays
    allowed_lateness_hours: int
    is_expected: Callable[[int], bool]
    excluded: Collection[str] = ()
    changes: Sequence[AcceptedChange] = ()
    drift_from_training_days: int = DEFAULT_DAYS


def settling_ends(live: LiveDays, rule: LiveRule) -> list[int]:
    """Ends of the pending days that can be decided for good, ascending."""
    ends = live.ends
    newest, known = max(ends, default=0), set(ends)
    settling: list[int] = []
    for end in live.pending:
        if end + rule.allowed_lateness_hours > newest or _misses_earlier(known, newest, end, rule):
            break
        settling.append(end)
    return settling


def decide_live_day(live: LiveDays, rule: LiveRule, end: int) -> tuple[LiveDays, DayDecision]:
    """Decide on a day whose counts are in ``live``, and for good on each day that is settled.

    Args:
        live: The days, with the counts of the day (:meth:`LiveDays.with_counts`).
        rule: What decides.
        end: End of the day.

    Returns:
        The days to store, and the decision on the day.
    """
    days = make_days(rule.training.layout, live.hours, live.ends)
    out_of_order = [one for one in live.pending if live.decided and one < live.decided[-1].end]
    records = {record.end: record for record in live.decided}
    decisions: dict[int, DayDecision] = {}
    for one in sorted({*live.pending, end}):
        decisions[one] = _decide(rule, live, days, records, one)
        if one in live.pending:
            records[one] = decisions[one].record
    settled = {*out_of_order, *settling_ends(live, rule)}
    decided = sorted([*live.decided, *(records[one] for one in settled)], key=lambda one: one.end)
    pending = tuple(one for one in live.pending if one not in settled)
    return _trimmed(replace(live, decided=tuple(decided), pending=pending)), decisions[end]


def decide_live_window(
    live: LiveDays, rule: LiveRule, end: int, length: int, hours: Hours
) -> tuple[LiveDays, DayDecision]:
    """Decide on the 24 hours that end with a window shorter than a day, and on the window.

    A window that was decided on the same counts before keeps its record.

    Args:
        live: The days.
        rule: What decides.
        end: End of the window.
        length: Its length in hours.
        hours: The counts of the window.

    Returns:
        The days to store, and the decision.
    """
    known, live = live, live.with_window_counts(end, length, hours)
    records = {one.end: one for one in (*live.windows, *live.decided)}
    midnights = [one for one in sorted(records) if one % DAY_HOURS == 0]
    days = make_days(rule.training.layout, live.hours, midnights)
    decision = _decide(rule, live, days, records, end, length)
    windows = {one.end: one for one in live.windows}
    if end in windows and known.to_bytes() == live.to_bytes():
        return known, decision
    windows[end] = decision.record
    oldest = max(windows) - WINDOW_DAYS * DAY_HOURS
    # that of a pending day stands for it until the day is decided, for up to MAX_WAIT_DAYS
    kept = tuple(windows[one] for one in sorted(windows) if one > oldest or one in live.pending)
    return _trimmed(replace(live, windows=kept)), decision


def _decide(
    rule: LiveRule,
    live: LiveDays,
    days: Sequence[Day],
    records: Mapping[int, DayRecord],
    end: int,
    window_hours: int = DAY_HOURS,
) -> DayDecision:
    """The decision on the day that ends with a window, given the records before it."""
    return decide_on_day(
        rule.training,
        [day for day in days if day.end < end],
        [records[one] for one in sorted(records) if one < end],
        make_day(rule.training.layout, live.hours, end),
        excluded=rule.excluded,
        window_hours=window_hours,
        changes=rule.changes,
        drift_from_training_days=rule.drift_from_training_days,
    )


def _misses_earlier(known: Collection[int], newest: int, end: int, rule: LiveRule) -> bool:
    """Whether a day before ``end`` is missing that may still be analyzed."""
    first = newest - MAX_WAIT_DAYS * DAY_HOURS
    earlier = range(end - DAY_HOURS, first, -DAY_HOURS)
    return any(one not in known and rule.is_expected(one) for one in earlier)


def _trimmed(live: LiveDays) -> LiveDays:
    """Without the counts and records of days that are no reference any more."""
    decided = live.decided[-MAX_RECORDS:]
    kept = [*(one.end for one in decided[-MAX_REFERENCE_AGE_DAYS:]), *live.pending]
    hours = {hour for end in kept for hour in range(end - DAY_HOURS, end)}
    if live.windows:
        newest = live.windows[-1].end
        hours |= {*range(newest - 2 * DAY_HOURS, newest)}
    counts = {hour: found for hour, found in live.hours.items() if hour in hours}
    return replace(live, hours=counts, decided=decided)

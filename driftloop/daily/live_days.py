"""The live days of a version: their counts, and what was decided on each.

A day is decided for good once: when its allowed lateness is over and no earlier day is missing that
may still be analyzed. Until then it is decided again with every later day, in the order of the
days, so that any order in which they arrive gives the same bytes. Afterwards, late records and
reruns change its counts, and never its record. A day that arrives after later ones were decided for
good is decided against the days before it alone, and changes no other record.

A window shorter than a day is decided once, with the hours that are counted by then. Its record is
no reference: it says how long an alarm lasts, and which values the days had that ended at the same
hour. Only that of a window that ends at midnight stands for its day until the day is decided.

Without training days, a first day has a record of today's checks against the training data, and no
decision, until enough of them are accepted (``driftloop.daily.first_days``). They are fixed then;
later days are decided against them and the accepted days since.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import msgspec

from driftloop.daily.accepted_change import AcceptedChange
from driftloop.daily.day import DAY_HOURS, Day, make_day, make_days
from driftloop.daily.day_decision import DayDecision, decide_on_day
from driftloop.daily.drift_from_training import DEFAULT_DAYS
from driftloop.daily.first_days import (
    FirstDayAccount,
    choose_first_days,
    first_day_account,
    first_days_from_bytes,
    first_days_to_bytes,
    learn_first_days,
    project_hours,
)
from driftloop.daily.history import MAX_REFERENCE_AGE_DAYS, DayRecord
from driftloop.daily.reference import TrainingDays
from driftloop.file_format import LIVE_DAYS_VERSION, decode, encode
from driftloop.profile import Baseline
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

MAX_END = 1 << 62
"""An hour after all others."""

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
    checked: tuple[DayRecord, ...] = ()
    first_days: bytes = b""


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
        checked: Records of today's checks of the pending days, of a version without training days,
            oldest first.
        first_days: The stored form of the first live days, once they take the place of training
            days.
    """

    baseline: str
    hours: Hours = field(default_factory=dict)
    decided: tuple[DayRecord, ...] = ()
    pending: tuple[int, ...] = ()
    windows: tuple[DayRecord, ...] = ()
    checked: tuple[DayRecord, ...] = ()
    first_days: bytes = b""

    @property
    def ends(self) -> list[int]:
        """Ends of all days, ascending."""
        return sorted([*(one.end for one in self.decided), *self.pending])

    def with_counts(self, end: int, hours: Hours, checked: DayRecord | None = None) -> "LiveDays":
        """With other counts of the day that ends at ``end``; the day is pending if it is new.

        Args:
            end: End of the day.
            hours: Its counts.
            checked: Of a version without training days, the record of today's checks.
        """
        is_new = end not in self.pending and all(one.end != end for one in self.decided)
        pending = sorted([*self.pending, end]) if is_new else self.pending
        live = self.with_window_counts(end, DAY_HOURS, hours)
        records = {one.end: one for one in self.checked}
        if checked is not None and end in pending:
            records[end] = checked
        kept = tuple(records[one] for one in sorted(records))
        return replace(live, pending=tuple(pending), checked=kept)

    def with_window_counts(self, end: int, length: int, hours: Hours) -> "LiveDays":
        """With other counts of the ``length`` hours before ``end``."""
        own = range(end - length, end)
        kept = {hour: counts for hour, counts in self.hours.items() if hour not in own}
        kept |= {hour: counts for hour, counts in hours.items() if hour in own}
        return replace(self, hours=dict(sorted(kept.items())))

    def to_bytes(self) -> bytes:
        """The stored form: equal days give equal bytes."""
        hours = to_stored_hours(self.hours)
        stored = _Stored(
            self.baseline,
            hours,
            self.decided,
            self.pending,
            self.windows,
            self.checked,
            self.first_days,
        )
        return encode(LIVE_DAYS, LIVE_DAYS_VERSION, msgspec.msgpack.encode(stored))

    @classmethod
    def from_bytes(cls, data: bytes) -> "LiveDays":
        """The inverse of :meth:`to_bytes`; raises FormatError."""
        body = decode(LIVE_DAYS, LIVE_DAYS_VERSION, data)
        stored: _Stored = decode_struct(LIVE_DAYS, body, _Stored)
        return cls(
            stored.baseline,
            from_stored_hours(stored.hours),
            stored.decided,
            stored.pending,
            stored.windows,
            stored.checked,
            stored.first_days,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRule:
    """What decides on live days, beside the days themselves.

    Attributes:
        training: The training days of the baseline; None without any.
        untimed: The baseline, if its first live days take the place of training days.
        excluded: Columns that take no part.
        changes: What a person accepted.
        drift_from_training_days: Days whose sum is compared with the training data.
        allowed_lateness_hours: Hours for which late records of a day are accepted.
        is_expected: Whether the version served on the day that ends then, so that the day can
            still be analyzed if it is missing.
    """

    training: TrainingDays | None
    allowed_lateness_hours: int
    is_expected: Callable[[int], bool]
    untimed: Baseline | None = None
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


def days_to_compare(live: LiveDays, rule: LiveRule) -> TrainingDays | None:
    """The training days, or the first live days in their place; None while there are neither.

    Raises:
        FormatError: The stored first days are damaged.
    """
    if rule.training is not None or rule.untimed is None or not live.first_days:
        return rule.training
    return first_days_from_bytes(rule.untimed, live.first_days)


def account_of_first_days(live: LiveDays, rule: LiveRule) -> FirstDayAccount:
    """How many first days are accepted so far, the pending ones as if they were decided."""
    records = sorted([*live.decided, *live.checked], key=lambda one: one.end)
    return first_day_account(records, rule.changes)


def decide_live_day(
    live: LiveDays, rule: LiveRule, end: int
) -> tuple[LiveDays, DayDecision | None]:
    """Decide on a day whose counts are in ``live``, and for good on each day that is settled.

    Args:
        live: The days, with the counts of the day (:meth:`LiveDays.with_counts`).
        rule: What decides.
        end: End of the day.

    Returns:
        The days to store, and the decision on the day; None of a first day.
    """
    out_of_order = [one for one in live.pending if live.decided and one < live.decided[-1].end]
    settled = {*out_of_order, *settling_ends(live, rule)}
    live = _with_first_days(live, rule, settled)
    training = days_to_compare(live, rule)
    first = MAX_END if training is None else training.last_live_end
    records = {one.end: one for one in live.decided}
    decisions: dict[int, DayDecision] = {}
    if training is not None:
        counted = _count_days(rule, live, training, live.ends)
        for one in sorted({*live.pending, end}):
            if one > first:
                decisions[one] = _decide(rule, counted, training, records, one)
            if one > first and one in live.pending:
                records[one] = decisions[one].record
    records |= {one.end: one for one in live.checked if one.end <= first}
    decided = sorted([*live.decided, *(records[one] for one in settled)], key=lambda one: one.end)
    pending = tuple(one for one in live.pending if one not in settled)
    checked = tuple(one for one in live.checked if one.end in pending and one.end <= first)
    live = replace(live, decided=tuple(decided), pending=pending, checked=checked)
    return _trimmed(live, training), decisions.get(end)


def decide_live_window(
    live: LiveDays, rule: LiveRule, end: int, length: int, hours: Hours
) -> tuple[LiveDays, DayDecision | None]:
    """Decide on the 24 hours that end with a window shorter than a day, and on the window.

    A window that was decided on the same counts before keeps its record.

    Args:
        live: The days.
        rule: What decides.
        end: End of the window.
        length: Its length in hours.
        hours: The counts of the window.

    Returns:
        The days to store, and the decision; None among the first days.
    """
    training = days_to_compare(live, rule)
    if training is None or end <= training.last_live_end:
        return live, None
    known, live = live, live.with_window_counts(end, length, hours)
    records = {one.end: one for one in (*live.windows, *live.decided)}
    midnights = [one for one in records if one % DAY_HOURS == 0]
    counted = _count_days(rule, live, training, sorted(midnights))
    decision = _decide(rule, counted, training, records, end, length)
    windows = {one.end: one for one in live.windows}
    if end in windows and known.to_bytes() == live.to_bytes():
        return known, decision
    windows[end] = decision.record
    oldest = max(windows) - WINDOW_DAYS * DAY_HOURS
    # that of a pending day stands for it until the day is decided, for up to MAX_WAIT_DAYS
    kept = tuple(windows[one] for one in sorted(windows) if one > oldest or one in live.pending)
    return _trimmed(replace(live, windows=kept), training), decision


def _with_first_days(live: LiveDays, rule: LiveRule, settled: Collection[int]) -> LiveDays:
    """With the first days that take the place of training days, once enough are accepted."""
    if rule.training is not None or rule.untimed is None or live.first_days:
        return live
    settling = [one for one in live.checked if one.end in settled]
    records = sorted([*live.decided, *settling], key=lambda one: one.end)
    ends = choose_first_days(records, rule.changes)
    if ends is None:
        return live
    found = learn_first_days(rule.untimed, live.hours, ends)
    return replace(live, first_days=first_days_to_bytes(found))


class _Counted(NamedTuple):
    """The hours that are compared, and the days of them that have records."""

    hours: Hours
    days: Sequence[Day]


def _count_days(
    rule: LiveRule, live: LiveDays, training: TrainingDays, ends: Sequence[int]
) -> _Counted:
    """The hours after the first days, on the layout of what they are compared with."""
    first = training.last_live_end
    hours = {hour: found for hour, found in live.hours.items() if hour >= first}
    if rule.untimed is not None and rule.untimed.layout is not None:
        hours = {**project_hours(rule.untimed.layout, training.layout, hours)}
    return _Counted(hours, make_days(training.layout, hours, [one for one in ends if one > first]))


def _decide(
    rule: LiveRule,
    counted: _Counted,
    training: TrainingDays,
    records: Mapping[int, DayRecord],
    end: int,
    window_hours: int = DAY_HOURS,
) -> DayDecision:
    """The decision on the day that ends with a window, given the records before it."""
    return decide_on_day(
        training,
        [day for day in counted.days if day.end < end],
        [records[one] for one in sorted(records) if training.last_live_end < one < end],
        make_day(training.layout, counted.hours, end),
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


def _trimmed(live: LiveDays, training: TrainingDays | None) -> LiveDays:
    """Without the counts and records of days that are no reference any more.

    The counts of the first days that take the place of training days are kept with them.
    """
    first = 0 if training is None else training.last_live_end
    decided = live.decided[-MAX_RECORDS:]
    kept = [*(one.end for one in decided[-MAX_REFERENCE_AGE_DAYS:] if one.end > first)]
    kept += live.pending
    hours = {hour for end in kept for hour in range(end - DAY_HOURS, end)}
    if live.windows:
        newest = live.windows[-1].end
        hours |= {*range(newest - 2 * DAY_HOURS, newest)}
    counts = {hour: found for hour, found in live.hours.items() if hour in hours}
    return replace(live, hours=counts, decided=decided)

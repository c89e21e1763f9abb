"""The daily rule on the command line: the hours before a window, from where they were counted.

The counts of an analyzed window are stored beside its report, so that later windows need not read
its captured files again. Hours without stored counts are read from the folder of captures.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from driftloop.capture_files import open_capture
from driftloop.cli.report_history import History
from driftloop.config import ModelSettings
from driftloop.daily.day import DAY_HOURS, make_day, make_days
from driftloop.daily.day_decision import DayDecision, decide_on_day
from driftloop.daily.first_days import choose_first_days, learn_first_days, project_hours
from driftloop.daily.history import REFERENCE_DAYS, DayRecord
from driftloop.daily.reference import TrainingDays
from driftloop.daily.stored_hours import (
    CountedHours,
    counted_hours_from_bytes,
    counted_window,
)
from driftloop.detection import DriftPolicy
from driftloop.detection.exclusions import excluded_features
from driftloop.profile import Baseline, Profile
from driftloop.profile.date_parts import HOUR_SECONDS
from driftloop.profile.hourly.counts import HourCounts, Hours, add_hours
from driftloop.profile.profile import count_batch_hours
from driftloop.storage import named, read_bytes
from driftloop.window import HOUR, Window

MAX_READ_DAYS = REFERENCE_DAYS + 7
"""Earlier days that are read: more than the reference, in place of days that are not accepted."""


class CapturedDays(NamedTuple):
    """Where the days before a window are read from.

    Attributes:
        capture: Folder of the captures of the window and of the days before it.
        model: The model's settings.
        baseline: Its baseline.
        policy: Has the excluded features.
        variant: The variant to read.
    """

    capture: str
    model: ModelSettings
    baseline: Baseline
    policy: DriftPolicy
    variant: str | None

    def decide(self, training: TrainingDays, own: CountedHours, past: History) -> DayDecision:
        """The decision on the 24 hours that end with a window.

        Args:
            training: What the baseline keeps of days.
            own: The window's counts.
            past: The earlier windows.
        """
        end, length, first = own.end, own.end - own.first, training.last_live_end
        phase = _phase(own)
        days = [one for one in past.days if one.end > first]
        ends = [one.end for one in days if one.end < end and one.end % DAY_HOURS == phase]
        ends = ends[-MAX_READ_DAYS:]
        needed = {hour for one in ends for hour in range(one - DAY_HOURS, one)}
        needed |= {*range(end - DAY_HOURS, own.first)}
        hours: Hours = {**self._earlier_hours(needed, past.counted), **own.counts}
        if training.are_live and self.baseline.layout is not None:
            hours = project_hours(self.baseline.layout, training.layout, hours)
        return decide_on_day(
            training,
            make_days(training.layout, hours, ends),
            days,
            make_day(training.layout, hours, end),
            excluded=excluded_features(self.baseline, self.policy),
            window_hours=length,
            changes=past.changes,
            drift_from_training_days=self.policy.drift_from_training_days,
        )

    def first_days(self, own: CountedHours, past: History) -> TrainingDays | None:
        """The first accepted live days, for a baseline without training days; None while there are
        too few before a window."""
        ends = choose_first_days(first_records(own, past), past.changes)
        if ends is None:
            return None
        needed = {hour for one in ends for hour in range(one - DAY_HOURS, one)}
        return learn_first_days(self.baseline, self._earlier_hours(needed, past.counted), ends)

    def _earlier_hours(self, needed: set[int], counted: Sequence[tuple[Window, str]]) -> Hours:
        """Counts of hours before the window: stored ones, and others from captured files."""
        found: dict[int, HourCounts] = {}
        missing = {*needed}
        for window, uri in counted:
            if missing.isdisjoint(range(_hour(window.start), _hour(window.end))):
                continue
            data = read_bytes(uri)
            with named(uri):
                stored = counted_hours_from_bytes(data)
            if stored.baseline == self.baseline.fingerprint:
                found |= stored.counts
                missing -= {*range(stored.first, stored.end)}
        return {**found, **self._read_hours(sorted(missing))}

    def _read_hours(self, hours: Sequence[int]) -> Hours:
        """Counts of some hours, from captured files."""
        if not hours:
            return {}
        first, last = (_time(hour) for hour in (hours[0], hours[-1] + 1))
        batches = open_capture(
            self.capture,
            self.model.schema_,
            window=Window(first, last),
            variant=self.variant,
            mapping=self.model.payload_mapping,
            entity=self.model.entity_,
            only_hours=True,
        )
        found: Hours = {}
        for item in batches:
            found = add_hours(
                found,
                count_batch_hours(
                    self.baseline, item.batch, has_responses=item.line_counts.has_responses
                ),
            )
        chosen = {*hours}
        return {hour: counts for hour, counts in found.items() if hour in chosen}


def first_records(own: CountedHours, past: History) -> list[DayRecord]:
    """The days before a window, oldest first; of shorter windows each calendar day as one."""
    if own.end - own.first == DAY_HOURS:
        return [one for one in past.days if one.end <= own.first and _phase(own) == _phase_of(one)]
    by_day: dict[int, DayRecord] = {}
    for one in past.days:
        end = -(-one.end // DAY_HOURS) * DAY_HOURS
        if end <= own.first:
            by_day[end] = _joined(by_day.get(end, DayRecord(end=end, records=0)), one)
    return [by_day[end] for end in sorted(by_day)]


def _joined(day: DayRecord, window: DayRecord) -> DayRecord:
    """The record of a day with one of its windows more."""
    alarms = dict(day.alarms)
    for column, names in window.alarms.items():
        alarms[column] = tuple(sorted({*alarms.get(column, ()), *names}))
    return DayRecord(
        end=day.end,
        records=day.records + window.records,
        alarms=dict(sorted(alarms.items())),
        invalid=day.invalid or window.invalid,
    )


def _phase(own: CountedHours) -> int:
    """The hour at which the days end that are compared."""
    return 0 if own.end - own.first < DAY_HOURS else own.end % DAY_HOURS


def _phase_of(record: DayRecord) -> int:
    return record.end % DAY_HOURS


def count_window(baseline: Baseline, profile: Profile, window: Window) -> CountedHours | None:
    """The counts of a window that the daily rule decides on; None where it does not.

    Its length must be a whole number of hours that divides 24. A window shorter than a day begins
    at a multiple of its length from midnight UTC, and one of 24 hours at any hour.
    """
    length, rest = divmod(window.end - window.start, HOUR)
    if rest or not 1 <= length <= DAY_HOURS or DAY_HOURS % length:
        return None
    first, end = _hour(window.start), _hour(window.end)
    is_aligned = length == DAY_HOURS or first % length == 0
    if window.start.timestamp() % HOUR_SECONDS or not is_aligned:
        return None
    return counted_window(baseline.fingerprint, first, end, profile.hours)


def _hour(time: datetime) -> int:
    return int(time.timestamp()) // HOUR_SECONDS


def _time(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * HOUR_SECONDS, UTC)

"""The daily rule on the command line: the days before a window, from its folder of captures."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from driftloop.capture_files import open_capture
from driftloop.config import ModelSettings
from driftloop.daily.accepted_change import AcceptedChange
from driftloop.daily.day import DAY_HOURS, make_day, make_days
from driftloop.daily.day_decision import DayDecision, decide_on_day
from driftloop.daily.history import REFERENCE_DAYS, DayRecord
from driftloop.daily.stored import training_days
from driftloop.detection import DriftPolicy
from driftloop.detection.exclusions import excluded_features
from driftloop.profile import Baseline, Profile
from driftloop.profile.hourly.counts import HOUR_SECONDS, Hours, add_hours
from driftloop.profile.profile import count_batch_hours
from driftloop.window import DAY, Window

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

    def decide(
        self,
        profile: Profile,
        window: Window,
        history: Sequence[DayRecord],
        changes: Sequence[AcceptedChange] = (),
    ) -> DayDecision | None:
        """The decision on the 24 hours that end with a window; None where the rule does not apply.

        Args:
            profile: The window's profile.
            window: The window; it must be 24 hours long and begin with an hour.
            history: Records of the earlier days.
            changes: What a person accepted.
        """
        training = training_days(self.baseline)
        if training is None or not _is_day(window):
            return None
        end = int(window.end.timestamp()) // HOUR_SECONDS
        ends = [day.end for day in history if day.end < end][-MAX_READ_DAYS:]
        days = make_days(training.layout, self._read_hours(window, ends), ends)
        day = make_day(training.layout, profile.hours, end)
        excluded = excluded_features(self.baseline, self.policy)
        return decide_on_day(
            training,
            days,
            history,
            day,
            excluded=excluded,
            changes=changes,
            drift_from_training_days=self.policy.drift_from_training_days,
        )

    def _read_hours(self, window: Window, ends: Sequence[int]) -> Hours:
        """Counts of the hours from the first of some days to the window."""
        if not ends:
            return {}
        first = datetime.fromtimestamp((ends[0] - DAY_HOURS) * HOUR_SECONDS, UTC)
        batches = open_capture(
            self.capture,
            self.model.schema_,
            window=Window(first, window.start),
            variant=self.variant,
            mapping=self.model.payload_mapping,
            entity=self.model.entity_,
            only_hours=True,
        )
        hours: Hours = {}
        for item in batches:
            hours = add_hours(hours, count_batch_hours(self.baseline, item.batch))
        return hours


def _is_day(window: Window) -> bool:
    return window.end - window.start == DAY and window.start.timestamp() % HOUR_SECONDS == 0

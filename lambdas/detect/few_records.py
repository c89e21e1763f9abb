"""The days before a day with few records: summed until they have enough for a verdict.

A model with some requests a day would never have a verdict. Its last 7 days have one if they hold
``monitoring.min_records`` together, else its last 28 days. Each day with records has a verdict of
its own then, on the days that end with it.
"""

from dataclasses import dataclass

from driftloop.contract.ledger_items import VersionItem
from driftloop.profile import Baseline, Profile
from driftloop.window import DAY, Window
from lambdas.aws.context import AnalysisContext
from lambdas.detect.day_total import DayTotal, has_served_in, sum_day

PERIOD_DAYS = (7, 28)
"""Days that are summed, one after the other until their records are enough."""


@dataclass(frozen=True, slots=True)
class SummedDays:
    """The sum of the profiles of some days, the last of which is analyzed."""

    profile: Profile
    window: Window
    own_records: int
    min_records: int

    @property
    def note(self) -> str:
        """What a reader of the report must know."""
        days = (self.window.end - self.window.start) // DAY
        return (
            f"The day has {self.own_records:,} records, and a verdict takes {self.min_records:,}."
            f" This report is on the {self.profile.records:,} records of the {days} days that end"
            " with it."
        )


def sum_days(
    context: AnalysisContext, version: int, baseline: Baseline, day: Window, total: DayTotal
) -> SummedDays | None:
    """The sum of the fewest days that have enough records; None if all of them have too few,
    or the day itself has none.

    Args:
        context: The analysis that completes the day.
        version: The version: days on which it did not serve are omitted.
        baseline: Its baseline.
        day: The day.
        total: The sum of the day itself.
    """
    if not total.profile.records:
        return None
    least = context.settings.monitoring.min_records
    item = context.ledger.get(VersionItem, version)
    profile = total.profile
    for ago in range(1, PERIOD_DAYS[-1]):
        earlier = Window(day.start - ago * DAY, day.end - ago * DAY)
        if item is None or has_served_in(item, earlier):
            profile = profile + sum_day(context, version, baseline, earlier).profile
        if ago + 1 in PERIOD_DAYS and profile.records >= least:
            return SummedDays(profile, Window(earlier.start, day.end), total.profile.records, least)
    return None

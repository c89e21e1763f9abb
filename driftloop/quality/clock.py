"""Features that hold the local hour, weekday or month, against the times of the records."""

from driftloop.daily.clock_check import check_clock
from driftloop.daily.column_change import measure_clock
from driftloop.daily.day import make_day
from driftloop.profile import Baseline, Profile
from driftloop.quality.violations import Constraint, Violation, percent


def check_clocks(baseline: Baseline, profile: Profile) -> list[Violation]:
    """The features that follow the clock in the training data and disagree with it in a window.

    Args:
        baseline: Has found the features in training data with times.
        profile: The window's records, counted on this baseline. Records without a time are not
            checked.
    """
    layout, hours = baseline.layout, profile.hours
    if layout is None or not hours:
        return []
    end = max(hours) + 1
    window = make_day(layout, hours, end, end - min(hours))
    violations = []
    for found in check_clock(layout, window):
        column = layout.columns[found.column]
        change = measure_clock(column, window)
        part = "" if column.clock is None else column.clock.part
        text = clock_text(layout.zone, part, change.clock_share, change.clock_offset)
        message = f"{found.column}: {text}"
        violations.append(
            Violation(found.column, Constraint.CLOCK, found.value, found.limit, message)
        )
    return violations


def clock_text(zone: str, part: str, share: float, offset: int | None, period: str = "") -> str:
    """How a column disagrees with the clock, without its name.

    Args:
        zone: The time zone.
        part: ``hour``, ``weekday`` or ``month``.
        share: Share of the records that disagree.
        offset: By how many positions most of these are ahead; None where they do not agree.
        period: Which records, such as ``on this day``.
    """
    parts = part if offset in (1, -1) else f"{part}s"
    by = "" if offset is None else f", by {offset:+d} {parts}"
    when = f" {period}" if period else ""
    return f"disagrees with the clock of {zone} in {percent(share)} of the records{when}{by}"

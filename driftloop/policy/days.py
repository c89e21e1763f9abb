"""Which windows a day is made of, and which it lacks."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from driftloop.window import Window


def non_overlapping(windows: Iterable[Window]) -> list[Window]:
    """The windows in order of time, without those that begin within another.

    Windows overlap where ``window_hours`` was changed within the day: the records of the shorter
    ones are in the longer one too, and must not count twice.
    """
    chosen: list[Window] = []
    for window in sorted(windows, key=lambda window: (window.start, -window.end.timestamp())):
        if not chosen or window.start >= chosen[-1].end:
            chosen.append(window)
    return chosen


def missing_windows(
    day: Window, present: Iterable[Window], length: timedelta, since: datetime
) -> list[Window]:
    """The windows of ``length`` within ``day`` of which nothing is present, from ``since`` on."""
    known = list(present)
    count = (day.end - day.start) // length
    steps = (
        Window(day.start + length * step, day.start + length * (step + 1)) for step in range(count)
    )
    return [
        window
        for window in steps
        if window.end > since
        and not any(other.start < window.end and window.start < other.end for other in known)
    ]

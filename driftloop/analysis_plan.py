"""Which windows are analyzed, in which hours their captured files are, and a day's windows."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from driftloop.window import HOUR, Window


def capture_hours(window: Window) -> list[datetime]:
    """Hours whose files can hold the window's records.

    A file is named by its first record: one of the hour before may have records of the window.
    """
    return Window(window.start - HOUR, window.end).hours()


def earlier_windows(window: Window, allowed_lateness_hours: int) -> list[Window]:
    """The windows before ``window`` in which late files are searched, newest first."""
    length = window.end - window.start
    count = -(-timedelta(hours=allowed_lateness_hours) // length)
    return [
        Window(window.start - length * step, window.end - length * step)
        for step in range(1, count + 1)
    ]


def non_overlapping(windows: Iterable[Window]) -> list[Window]:
    """The windows in order of time, without those that start within another one.

    Windows overlap if ``window_hours`` was changed within the day: the records of the shorter ones
    are in the longer one, too, and must not count twice.
    """
    chosen: list[Window] = []
    for window in sorted(windows, key=lambda window: (window.start, -window.end.timestamp())):
        if not chosen or window.start >= chosen[-1].end:
            chosen.append(window)
    return chosen


def missing_windows(
    day: Window, present: Iterable[Window], length: timedelta, since: datetime
) -> list[Window]:
    """Windows of ``length`` within ``day``, from ``since`` on, that overlap none of ``present``."""
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


def uncovered_windows(period: Window, planned: Iterable[Window], length: timedelta) -> list[Window]:
    """The parts of ``period`` that no planned window covers, in order of time.

    They are split where windows of ``length`` begin, counted from midnight. So each is such a
    window, or a part of one if windows had another length before.
    """
    uncovered = []
    start = period.start
    for window in sorted(planned):
        if window.start > start:
            uncovered += _split(start, min(window.start, period.end), length)
        start = max(start, window.end)
    return uncovered + _split(start, period.end, length)


def _split(start: datetime, end: datetime, length: timedelta) -> list[Window]:
    parts = []
    while start < end:
        midnight = Window(start, end).day.start
        following = midnight + length * ((start - midnight) // length + 1)
        parts.append(Window(start, min(following, end)))
        start = following
    return parts

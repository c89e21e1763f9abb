"""The window of an analysis that no schedule gives: as requested, or the span of the records."""

import math
from datetime import UTC, datetime, timedelta

from driftloop.errors import InputError
from driftloop.profile import Profile
from driftloop.time_range import EARLIEST, LATEST
from driftloop.window import Window, format_time

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def requested_window(start: datetime | None, end: datetime | None) -> Window | None:
    """The window from ``start`` to ``end``; None without both.

    An open side is at ``EARLIEST`` or ``LATEST``.

    Raises InputError where the end does not come after the start.
    """
    if start is None and end is None:
        return None
    first = EARLIEST if start is None else start
    last = LATEST if end is None else end
    if last <= first:
        raise InputError(
            f"the end {format_time(last)} must come after the start {format_time(first)}: the"
            " window runs from its start up to, and without, its end"
        )
    return Window(first, last)


def observed_window(profile: Profile, requested: Window | None = None) -> Window | None:
    """The requested window, its open sides closed by the records' times, to whole seconds.

    None where a side is open and no record has a time.
    """
    start = None if requested is None or requested.start == EARLIEST else requested.start
    end = None if requested is None or requested.end == LATEST else requested.end
    if start is not None and end is not None:
        return requested
    counts = profile.counts
    if counts.first_time > counts.last_time:
        return None
    first = _utc(math.floor(counts.first_time))
    last = _utc(math.floor(counts.last_time)) + timedelta(seconds=1)
    return Window(start or first, end or last)


def _utc(seconds: float) -> datetime:
    # not fromtimestamp, which some platforms refuse before 1970
    return _EPOCH + timedelta(seconds=seconds)

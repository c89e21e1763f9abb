"""Times as people read them, always in UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime


def hour_text(text: str) -> str:
    """``2013-07-02T14:00:00Z`` as ``2 Jul 14:00``."""
    moment = _parsed(text)
    return f"{moment.day} {moment:%b %H:%M}"


def long_time(text: str) -> str:
    """``2013-07-02T14:00:00Z`` as ``Tue 2 Jul 2013, 14:00 UTC``."""
    moment = _parsed(text)
    return f"{_day(moment)}, {moment:%H:%M} UTC"


def window_text(window: Mapping[str, str | None]) -> str:
    """``Tue 2 Jul 2013, 14:00 to 15:00 UTC``; an analysis by hand of no record has no window."""
    if not window["start"] or not window["end"]:
        return "no records, so no window"
    start, end = _parsed(window["start"]), _parsed(window["end"])
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{_day(end)}, {end:%H:%M}"
    return f"{_day(start)}, {start:%H:%M} to {until} UTC"


def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _day(moment: datetime) -> str:
    return f"{moment:%a} {moment.day} {moment:%b %Y}"

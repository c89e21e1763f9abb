"""Simulated time as positions and ticks on an axis, and as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from driftloop.html.chart import Scale, Tick

_TICK_HOURS = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672)
_MAX_TICKS = 7
"""Ticks that fit on a narrow screen."""


def format_timestamp(time: datetime) -> str:
    """Return ``Tue 2 Jul 2013 14:05``."""
    return f"{time:%a} {time.day} {time:%b %Y %H:%M}"


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """The simulated time that the page covers, in UTC."""

    start: datetime
    end: datetime

    @classmethod
    def from_times(cls, times: Sequence[datetime]) -> "TimeSpan":
        """Create the span from the first to the last time, at least one hour."""
        if not times:
            start = datetime(1970, 1, 1, tzinfo=UTC)
            return cls(start, start + timedelta(hours=1))
        return cls(min(times), max(max(times), min(times) + timedelta(hours=1)))

    def position(self, time: datetime) -> float:
        """Return the position of ``time`` in percent of the width."""
        return Scale(self.start.timestamp(), self.end.timestamp())(time.timestamp())

    def ticks(self) -> list[Tick]:
        """Return ticks at whole hours or days."""
        hours = (self.end - self.start) / timedelta(hours=1)
        step = next((s for s in _TICK_HOURS if hours / s <= _MAX_TICKS), _TICK_HOURS[-1])
        day = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        first = next(
            k
            for k in range(25 * max(1, 24 // step))
            if day + timedelta(hours=k * step) >= self.start
        )
        times = (day + timedelta(hours=(first + k) * step) for k in range(_MAX_TICKS + 1))
        time_format = "%H:%M" if step < 24 else ""
        return [
            Tick(self.position(time), f"{time.day} {time:%b} {time.strftime(time_format)}".strip())
            for time in times
            if time <= self.end
        ]

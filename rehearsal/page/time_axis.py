"""Simulated time as places on an axis and as words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from driftloop.html.chart import Scale, Tick
from driftloop.window import parse_time

_STEPS = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672)
_MAX_TICKS = 7


def moment(text: str) -> datetime:
    """An event's time, in UTC."""
    return parse_time(text)


def when(at: datetime) -> str:
    """``Tue 2 Jul 2013 14:05``."""
    return f"{at:%a} {at.day} {at:%b %Y %H:%M}"


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """The simulated time that the page covers."""

    start: datetime
    end: datetime

    @classmethod
    def from_times(cls, moments: Sequence[datetime]) -> "TimeSpan":
        """From the first to the last moment, at least an hour."""
        if not moments:
            start = datetime(1970, 1, 1, tzinfo=UTC)
            return cls(start, start + timedelta(hours=1))
        return cls(min(moments), max(max(moments), min(moments) + timedelta(hours=1)))

    def place(self, at: datetime) -> float:
        """Where ``at`` lies, in percent of the width."""
        return Scale(self.start.timestamp(), self.end.timestamp())(at.timestamp())

    def ticks(self) -> list[Tick]:
        """Round hours or days, at most a handful."""
        hours = (self.end - self.start) / timedelta(hours=1)
        step = next((s for s in _STEPS if hours / s <= _MAX_TICKS), _STEPS[-1])
        day = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        first = next(
            k
            for k in range(25 * max(1, 24 // step))
            if day + timedelta(hours=k * step) >= self.start
        )
        moments = (day + timedelta(hours=(first + k) * step) for k in range(_MAX_TICKS + 1))
        form = "%H:%M" if step < 24 else ""
        return [
            Tick(self.place(at), f"{at.day} {at:%b} {at.strftime(form)}".strip())
            for at in moments
            if at <= self.end
        ]

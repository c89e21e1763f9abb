"""Time windows, in UTC: what is analyzed, and when.

An hour H is analyzed at H+1:20, because captured files arrive some minutes late.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def parse_time(text: str) -> datetime:
    """An ISO 8601 time with its zone (``Z`` or an offset), in UTC; ValueError without one."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: write it with Z, as in 2026-01-31T08:00:00Z")
    return moment.astimezone(UTC)


def format_time(moment: datetime) -> str:
    """ISO 8601 in UTC with ``Z``, to the second where there is nothing finer."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """The half-open interval [start, end) of inference times."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a window's start and end need a time zone")
        if self.end <= self.start:
            raise ValueError(
                f"a window's end ({self.end}) must come after its start ({self.start})"
            )

    @classmethod
    def analyzed_at(cls, scheduled: datetime, *, hours: int) -> "Window":
        """The last window of ``hours`` (a divisor of 24, from midnight) closed at ``scheduled``."""
        moment = scheduled.astimezone(UTC)
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        end = midnight + timedelta(hours=(moment.hour // hours) * hours)
        return cls(end - timedelta(hours=hours), end)

    @classmethod
    def from_dict(cls, data: dict[str, str]) -> "Window":
        """The inverse of :meth:`to_dict`."""
        return cls(parse_time(data["start"]), parse_time(data["end"]))

    def to_dict(self) -> dict[str, str]:
        """Plain form: ``start`` and ``end`` in ISO 8601."""
        return {"start": format_time(self.start), "end": format_time(self.end)}

    @property
    def label(self) -> str:
        """The start as ``YYYYMMDDTHH``: legal in execution names and in keys, and sorts by time."""
        return self.start.astimezone(UTC).strftime("%Y%m%dT%H")

    @property
    def day(self) -> "Window":
        """The UTC day that its start lies in."""
        midnight = self.start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return Window(midnight, midnight + DAY)

    @property
    def closes_day(self) -> bool:
        """Whether it is the last of the shorter windows that make up its day."""
        return self.start > self.day.start and self.end >= self.day.end

    @property
    def hour_count(self) -> int:
        """How many hours the window touches."""
        return -(-(self.end - self._first_hour) // HOUR)

    def hours(self) -> list[datetime]:
        """The starts of the hours that the window touches."""
        first = self._first_hour
        return [first + HOUR * step for step in range(self.hour_count)]

    @property
    def _first_hour(self) -> datetime:
        return self.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)

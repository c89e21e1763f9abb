"""Time windows in UTC.

The window of hour H is analyzed at H+1:20, because captured files arrive some minutes late.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANALYSIS_DELAY = timedelta(minutes=20)
"""From the end of a window to the scheduled time of its analysis."""


def parse_time(text: str) -> datetime:
    """An ISO 8601 time with a zone (``Z`` or an offset), in UTC; raises ValueError without one."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is no time: write ISO 8601 with its zone, as in 2026-01-31T08:00:00Z"
        ) from error
    if time.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: write it with Z, as in 2026-01-31T08:00:00Z")
    return time.astimezone(UTC)


def format_time(time: datetime) -> str:
    """ISO 8601 in UTC with ``Z``; fractions of a second only if there are any."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


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
        """The last complete window of ``hours`` (dividing 24, from midnight) at ``scheduled``."""
        time = scheduled.astimezone(UTC)
        midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
        end = midnight + timedelta(hours=(time.hour // hours) * hours)
        return cls(end - timedelta(hours=hours), end)

    @classmethod
    def from_dict(cls, data: dict[str, str]) -> "Window":
        """The inverse of :meth:`to_dict`."""
        return cls(parse_time(data["start"]), parse_time(data["end"]))

    def to_dict(self) -> dict[str, str]:
        """``start`` and ``end`` in ISO 8601, in a dictionary."""
        return {"start": format_time(self.start), "end": format_time(self.end)}

    @property
    def label(self) -> str:
        """The start as ``YYYYMMDDTHH``: valid in execution names and keys, and sorts by time."""
        return self.start.astimezone(UTC).strftime("%Y%m%dT%H")

    @property
    def analysis_time(self) -> datetime:
        """When its analysis is scheduled."""
        return self.end + ANALYSIS_DELAY

    @property
    def day(self) -> "Window":
        """The UTC day of its start."""
        midnight = self.start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return Window(midnight, midnight + DAY)

    @property
    def is_last_of_day(self) -> bool:
        """Whether it is the last of the shorter windows of its day, which it completes."""
        return self.start > self.day.start and self.end >= self.day.end

    @property
    def hour_count(self) -> int:
        """The number of hours that the window overlaps."""
        return -(-(self.end - self._first_hour) // HOUR)

    def hours(self) -> list[datetime]:
        """The starts of the hours that the window overlaps."""
        first = self._first_hour
        return [first + HOUR * step for step in range(self.hour_count)]

    @property
    def _first_hour(self) -> datetime:
        return self.start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)

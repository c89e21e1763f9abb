"""What a contender's decisions come to: false alarms, and the faults that are found."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

QUIET_DAYS = 7
"""Days without an alarm that end one."""

USUAL = 2
"""A column in alarm on so many of the quiet days before a fault is not found by it."""

HORIZONS = (1, 3, 7)
MONTH = 30

Days = Mapping[str, list[str]]


class Decisions(NamedTuple):
    """A contender's decisions.

    Attributes:
        days: Columns in alarm by live day, in order.
        faults: Fault, first day, and columns in alarm by number of the day.
    """

    days: Days
    faults: Sequence[tuple[str, str, Days]]

    @classmethod
    def read(cls, path: Path) -> "Decisions":
        """Read what a contender printed."""
        printed = json.loads(path.read_text())
        return cls(printed["days"], [(one[0], one[1], one[2]) for one in printed["faults"]])

    def flagged_share(self, columns: int = 1) -> float:
        """Share of the live days with at least so many columns in alarm."""
        return sum(len(named) >= columns for named in self.days.values()) / len(self.days)

    def alarms_per_month(self, columns: int = 1) -> float:
        """Days that begin an alarm: at least so many columns after days without."""
        return MONTH * len([*self._alarms(columns)]) / len(self.days)

    def _alarms(self, columns: int) -> Iterator[str]:
        last = -QUIET_DAYS - 1
        for number, (day, named) in enumerate(self.days.items()):
            if len(named) >= columns:
                if number - last > QUIET_DAYS:
                    yield day
                last = number

    def found(self, changed: Mapping[str, list[str]]) -> dict[str, list[int | None]]:
        """By fault, for each first day: the number of the day on which it is found.

        Args:
            changed: The columns that each fault changes.
        """
        found: dict[str, list[int | None]] = {fault: [] for fault in changed}
        for fault, start, named in self.faults:
            unusual = {*changed[fault]} - self.usual(start)
            days = [int(day) for day in named if unusual.intersection(named[day])]
            found[fault].append(min(days, default=None))
        return found

    def usual(self, start: str) -> set[str]:
        """Columns that are usually in alarm, before a day."""
        first = date.fromisoformat(start)
        before = [f"{first - timedelta(days=back)}" for back in range(1, QUIET_DAYS + 1)]
        named = [column for day in before for column in self.days.get(day, [])]
        return {column for column in named if named.count(column) >= USUAL}


def shares(days: list[int | None]) -> tuple[float, ...]:
    """Share that is found by the end of day 1, 3 and 7; 0 where none was looked for."""
    if not days:
        return tuple(0.0 for _ in HORIZONS)
    return tuple(
        sum(day is not None and day <= horizon for day in days) / len(days) for horizon in HORIZONS
    )

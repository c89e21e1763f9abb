"""What past runs, versions and windows say: pure readings of the ledger for the gate."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from driftloop.window import Window

_SPEAKING = frozenset({"stable", "drifted", "invalid_data"})


@dataclass(frozen=True, slots=True)
class PastWindow:
    """One judged window of one version."""

    version: int
    window: Window
    verdict: str
    prediction_drifted: bool = False


def invalid_window(windows: Iterable[PastWindow]) -> str | None:
    """Label of the newest window that says anything, if it says that the data is invalid."""
    speaking = [item for item in windows if item.verdict in _SPEAKING]
    newest = max(speaking, key=lambda item: item.window, default=None)
    if newest is None or newest.verdict != "invalid_data":
        return None
    return newest.window.label


def drifted_windows(windows: Iterable[PastWindow], since: datetime | None) -> tuple[str, ...]:
    """Labels of the drifted windows that ended after ``since``, in order of time."""
    drifted = [
        item.window
        for item in windows
        if (item.verdict == "drifted" or item.prediction_drifted)
        and (since is None or item.window.end > since)
    ]
    return tuple(window.label for window in sorted(drifted))


def drifted_days(days: Iterable[PastWindow], since: datetime | None) -> tuple[str, ...]:
    """The same of days, by date: ``20260131``. A day may drift of which no window has."""
    return tuple(label.partition("T")[0] for label in drifted_windows(days, since))


def consecutive_rejections(refusals: Iterable[datetime], last_promotion: datetime | None) -> int:
    """Challengers that were refused, rejected or rolled back since the last promotion."""
    return sum(last_promotion is None or moment > last_promotion for moment in refusals)


def schedule_is_due(
    now: datetime, every_days: int | None, last_start: datetime | None, since: datetime | None
) -> bool:
    """Whether the schedule asks: so many days after the last run, or the champion, began."""
    if every_days is None:
        return False
    known = [moment for moment in (last_start, since) if moment is not None]
    return not known or now - max(known) >= timedelta(days=every_days)

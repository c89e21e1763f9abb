"""What the gate derives from past executions, versions and windows, without the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from driftloop.window import Window

_CONCLUSIVE = frozenset({"stable", "drifted", "invalid_data"})
"""Verdicts that say something about the data; insufficient_data does not."""


@dataclass(frozen=True, slots=True)
class PastWindow:
    """One analyzed window, or day, of one version."""

    version: int
    window: Window
    verdict: str
    prediction_drifted: bool = False
    largest_drift_from_training: float = 0.0


def invalid_window(windows: Iterable[PastWindow]) -> str | None:
    """Label of the newest window with a conclusive verdict, if that is invalid_data."""
    conclusive = [item for item in windows if item.verdict in _CONCLUSIVE]
    newest = max(conclusive, key=lambda item: item.window, default=None)
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
    """The same for days, by date: ``20260131``. A day may drift without its windows."""
    return tuple(label.partition("T")[0] for label in drifted_windows(days, since))


def days_far_from_training(
    days: Iterable[PastWindow], since: datetime | None, least: float | None
) -> tuple[str, ...]:
    """Dates of the days after ``since`` whose drift from training is ``least`` or more.

    A day is also a window of 24 hours, or the 24 hours that end with a shorter one.
    """
    if least is None:
        return ()
    far = [
        item.window
        for item in days
        if item.largest_drift_from_training >= least and (since is None or item.window.end > since)
    ]
    return tuple(dict.fromkeys(window.label.partition("T")[0] for window in sorted(far)))


def consecutive_rejections(rejections: Iterable[datetime], last_promotion: datetime | None) -> int:
    """Challengers rejected by evaluation or a person, or rolled back, since the promotion."""
    return sum(last_promotion is None or time > last_promotion for time in rejections)


def is_schedule_due(
    as_of: datetime,
    interval_days: int | None,
    last_start: datetime | None,
    promoted_at: datetime | None,
) -> bool:
    """Whether ``interval_days`` have passed since the last start and the last promotion."""
    if interval_days is None:
        return False
    known = [time for time in (last_start, promoted_at) if time is not None]
    return not known or as_of - max(known) >= timedelta(days=interval_days)

"""Reports of earlier analyses: they show when drift started, and its trend."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from driftloop.daily.accepted_change import FILE, AcceptedChange, changes_from_json
from driftloop.daily.history import DayRecord
from driftloop.daily.stored_hours import SUFFIX
from driftloop.detection import WindowOutcome
from driftloop.errors import FormatError
from driftloop.report import WindowReport
from driftloop.storage import list_files, named, read_bytes
from driftloop.window import Window

MAX_NAMED = 3
_REPORT = ".json"

_Key = tuple[datetime, datetime]


class History(NamedTuple):
    """Earlier windows, oldest first.

    Attributes:
        windows: Their outcomes.
        notes: Sentences on files that were not used.
        days: What the daily rule keeps of them.
        counted: Files with the counts of their hours, with their windows.
        changes: What a person accepted.
    """

    windows: list[WindowOutcome]
    notes: list[str]
    days: Sequence[DayRecord] = ()
    counted: Sequence[tuple[Window, str]] = ()
    changes: Sequence[AcceptedChange] = ()


class _Earlier(NamedTuple):
    revision: int
    outcome: WindowOutcome
    day: DayRecord | None
    counted: str | None


def read_history(uri: str, *, model: str, baseline: str, window: Window) -> History:
    """Read the reports of windows that ended before a window.

    Of several reports on one window the one with the highest revision counts. JSON files that are
    not such a report are named in a note.

    Args:
        uri: A folder with reports, local or on S3.
        model: The model that the reports must be about.
        baseline: Fingerprint of the baseline that they must compare with.
        window: The window that is being analyzed.

    Raises:
        InputError: The folder can't be read, or what was accepted is damaged.
    """
    earlier: dict[_Key, _Earlier] = {}
    others: list[str] = []
    unreadable: list[str] = []
    changes: Sequence[AcceptedChange] = ()
    files = list_files(uri)
    by_name = {file.name: file.uri for file in files}
    for file in files:
        if file.name == FILE:
            with named(file.uri):
                changes = changes_from_json(read_bytes(file.uri))
            continue
        if not file.name.endswith(_REPORT):
            continue
        try:
            report = WindowReport.from_json(read_bytes(file.uri))
        except FormatError as error:
            unreadable.append(f"{file.name}: {error}")
            continue
        if (report.model, report.baseline.fingerprint) != (model, baseline):
            others.append(file.name)
            continue
        outcome = report.outcome
        if outcome is None or outcome.window.end > window.start:
            continue
        key = outcome.window.start, outcome.window.end
        if key not in earlier or earlier[key].revision <= report.revision:
            hours = by_name.get(hours_name(file.name))
            earlier[key] = _Earlier(report.revision, outcome, report.day, hours)
    windows = [earlier[key].outcome for key in sorted(earlier)]
    days = [day for key in sorted(earlier) if (day := earlier[key].day) is not None]
    counted = [
        (one.outcome.window, one.counted)
        for key in sorted(earlier)
        if (one := earlier[key]).counted is not None
    ]
    notes = list(_notes(uri, model, windows, others, unreadable))
    return History(windows, notes, days, counted, changes)


def hours_name(report: str) -> str:
    """The name or URI of the file with the counts of a report's hours."""
    return report.removesuffix(_REPORT) + SUFFIX


def _notes(
    uri: str,
    model: str,
    windows: Sequence[WindowOutcome],
    others: Sequence[str],
    unreadable: Sequence[str],
) -> list[str]:
    notes = []
    if not windows:
        notes.append(f"{uri} has no report of {model} on this baseline from before the window.")
    if others:
        notes.append(f"Not used as history, of another model or baseline: {_named(others, ', ')}.")
    if unreadable:
        notes.append(f"Not used as history: {_named(unreadable, '; ')}.")
    return notes


def _named(names: Sequence[str], separator: str) -> str:
    rest = len(names) - MAX_NAMED
    return separator.join(names[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")

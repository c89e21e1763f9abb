"""The window of an analysis by hand: as asked for, or what the data spans."""

import math
from datetime import UTC, datetime, timedelta

from driftloop.capture import RecordBatch
from driftloop.errors import InputError
from driftloop.window import HOUR, Window, format_time, parse_time

_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
_LATEST = datetime(9999, 12, 30, tzinfo=UTC)

NO_DATA = Window(_EARLIEST, _EARLIEST + HOUR)
"""Stands in where there is neither a record nor a time that was asked for."""


def window_from_options(start: str | None, end: str | None) -> Window | None:
    """The window that was asked for, open where only one side was; None where none was."""
    if start is None and end is None:
        return None
    first = _EARLIEST if start is None else asked_time("--start", start)
    last = _LATEST if end is None else asked_time("--end", end)
    if last <= first:
        raise InputError(
            f"--end {format_time(last)} must come after --start {format_time(first)}: give the"
            " window's first moment, then the first one after it"
        )
    return Window(first, last)


def asked_time(option: str, text: str) -> datetime:
    """The time given for an option; raises InputError that names it."""
    try:
        return parse_time(text)
    except ValueError as error:
        form = "an ISO 8601 time with its zone, as in 2026-01-31T08:00:00Z"
        raise InputError(f"{option} {text!r}: give {form} ({error})") from error


class ObservedSpan:
    """Widens to hold the times of all batches."""

    def __init__(self) -> None:
        self._first = math.inf
        self._last = -math.inf

    def add(self, batch: RecordBatch) -> None:
        """Take a batch's times into account."""
        if len(batch):
            self._first = min(self._first, float(batch.times.min()))
            self._last = max(self._last, float(batch.times.max()))

    def window(self, asked: Window | None, start: str | None, end: str | None) -> Window | None:
        """The window: sides as asked for, else the data's, to whole seconds."""
        if asked is not None and start is not None and end is not None:
            return asked
        if self._first > self._last:
            return None
        first = _moment(math.floor(self._first))
        last = _moment(math.floor(self._last)) + timedelta(seconds=1)
        if asked is None:
            return Window(first, last)
        return Window(first if start is None else asked.start, last if end is None else asked.end)


def _moment(seconds: float) -> datetime:
    # not fromtimestamp, which some platforms refuse before 1970
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)

"""Window profiles that the deployed analysis stores, read from a folder or from S3."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from driftloop.capture_files import open_files
from driftloop.errors import InputError
from driftloop.profile import Profile
from driftloop.seasonality.hour_of_week import MIN_WEEKS
from driftloop.storage import FileEntry, list_files
from driftloop.window import Window, format_time

MIN_DURATION = timedelta(weeks=MIN_WEEKS)
"""Span of the windows that an hour-of-week profile needs."""

_WINDOW_NAME = re.compile(r"(?P<label>\d{8}T\d{2})-r(?P<revision>\d+)\.profile")
_LATE_NAME = re.compile(r"late/(?P<label>\d{8}T\d{2})/[^/]+\.profile")


class StoredWindowProfile(NamedTuple):
    """A stored profile of the window that starts at ``start``, or of late records of it."""

    start: datetime
    file: FileEntry


def list_profiles(uri: str) -> list[StoredWindowProfile]:
    """The profiles below ``profiles/<model>/v<version>/`` by time; InputError without any.

    Of a window that was analyzed several times, that of the newest revision.
    """
    newest: dict[str, tuple[int, FileEntry]] = {}
    found = []
    for file in list_files(uri):
        if late := _LATE_NAME.fullmatch(file.name):
            found.append(StoredWindowProfile(_start(late["label"]), file))
        elif window := _WINDOW_NAME.fullmatch(file.name):
            label, revision = window["label"], int(window["revision"])
            if label not in newest or revision > newest[label][0]:
                newest[label] = (revision, file)
    found += [StoredWindowProfile(_start(label), file) for label, (_, file) in newest.items()]
    if not found:
        raise InputError(
            f"{uri}: there are no stored profiles; name the folder profiles/<model>/v<version>/ of"
            " the analysis bucket, or a copy of it"
        )
    return sorted(found, key=lambda profile: (profile.start, profile.file.name))


def complete_weeks(
    stored: Iterable[StoredWindowProfile], length: timedelta, until: datetime | None
) -> Window:
    """The first four whole weeks of windows of ``length``, or the last ones that end by ``until``.

    They start and end with an existing window. The very first window is skipped, because the
    version was deployed in it. Raises InputError that says what exists where that is less.
    """
    starts = sorted({item.start for item in stored})[1:]
    if until is None:
        first = starts[:1]
        last = [start for start in starts if start + length - starts[0] >= MIN_DURATION][:1]
    else:
        last = [start for start in starts if start + length <= until][-1:]
        first = [start for start in starts if last and last[0] + length - start >= MIN_DURATION][
            -1:
        ]
    if not first or not last:
        raise InputError(_too_short(starts, length, until))
    return Window(first[0], last[0] + length)


def within(
    stored: Iterable[StoredWindowProfile], span: Window, length: timedelta
) -> list[StoredWindowProfile]:
    """The profiles in a span; raises InputError where one is not of a window of ``length``."""
    chosen = [item for item in stored if span.start <= item.start < span.end]
    for item in chosen:
        if (item.start - item.start.replace(hour=0)) % length:
            raise InputError(
                f"{item.file.uri}: this is not a window of {length // timedelta(hours=1)} hours."
                " If monitoring.window_hours was changed, accept weeks after the change: give their"
                " end with --until"
            )
    return chosen


def read_profiles(stored: Iterable[StoredWindowProfile]) -> Iterator[tuple[datetime, Profile]]:
    """Each window's start and profile; raises InputError that names a damaged file."""
    items = list(stored)
    for item, (_, stream) in zip(items, open_files(item.file for item in items), strict=True):
        try:
            profile = Profile.from_bytes(stream.read())
        except InputError as error:
            raise InputError(f"{item.file.uri}: {error}") from error
        yield item.start, profile


def _too_short(starts: list[datetime], length: timedelta, until: datetime | None) -> str:
    limit = "" if until is None else f" up to {format_time(until)}"
    if not starts:
        return f"there are no windows{limit} beside the first: {MIN_WEEKS} weeks are needed"
    found = f"there are windows{limit} from {format_time(starts[0])}"
    complete_at = format_time(starts[0] + MIN_DURATION)
    return (
        f"{found} to {format_time(starts[-1] + length)}, and {MIN_WEEKS} whole weeks are needed:"
        f" repeat the command when the windows up to {complete_at} or later have been analyzed"
    )


def _start(label: str) -> datetime:
    return datetime.strptime(label, "%Y%m%dT%H").replace(tzinfo=UTC)

"""The window profiles that the deployed analysis keeps, as they lie in a folder or on S3."""

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

NEEDED = timedelta(weeks=MIN_WEEKS)

_NAME = re.compile(r"(?:late/)?(?P<label>\d{8}T\d{2})(?:/[^/]+)?\.profile")


class StoredWindowProfile(NamedTuple):
    """One kept profile: of the window that begins at ``start``, or of late records of it."""

    start: datetime
    file: FileEntry


def list_profiles(place: str) -> list[StoredWindowProfile]:
    """The profiles below ``profiles/<model>/v<version>/``, by time; InputError without any."""
    found = [
        StoredWindowProfile(start, file)
        for file in list_files(place)
        if (start := _start(file.name))
    ]
    if not found:
        raise InputError(
            f"{place}: there are no kept profiles; name the folder profiles/<model>/v<version>/ of"
            " the analysis bucket, or a copy of it"
        )
    return sorted(found, key=lambda kept: (kept.start, kept.file.name))


def complete_weeks(
    kept: Iterable[StoredWindowProfile], length: timedelta, until: datetime | None
) -> Window:
    """The first four whole weeks of windows of ``length``, or the last ones that end by ``until``.

    They begin and end with a window that is there. The first window of all is left out: in it the
    version went live. Raises InputError, saying what there is, where that is less.
    """
    starts = sorted({item.start for item in kept})[1:]
    if until is None:
        first = starts[:1]
        last = [start for start in starts if start + length - starts[0] >= NEEDED][:1]
    else:
        last = [start for start in starts if start + length <= until][-1:]
        first = [start for start in starts if last and last[0] + length - start >= NEEDED][-1:]
    if not first or not last:
        raise InputError(_too_short(starts, length, until))
    return Window(first[0], last[0] + length)


def within(
    kept: Iterable[StoredWindowProfile], span: Window, length: timedelta
) -> list[StoredWindowProfile]:
    """Those of a span of time; raises InputError where one is not of a window of ``length``."""
    chosen = [item for item in kept if span.start <= item.start < span.end]
    for item in chosen:
        if (item.start - item.start.replace(hour=0)) % length:
            raise InputError(
                f"{item.file.uri}: this is no window of {length // timedelta(hours=1)} hours."
                " Where monitoring.window_hours was changed, weeks after that can be accepted: say"
                " with --until when they end"
            )
    return chosen


def read_profiles(kept: Iterable[StoredWindowProfile]) -> Iterator[tuple[datetime, Profile]]:
    """Each window's start and profile; raises InputError with the place of one that is damaged."""
    items = list(kept)
    for item, (_, stream) in zip(items, open_files(item.file for item in items), strict=True):
        try:
            profile = Profile.from_bytes(stream.read())
        except InputError as error:
            raise InputError(f"{item.file.uri}: {error}") from error
        yield item.start, profile


def _too_short(starts: list[datetime], length: timedelta, until: datetime | None) -> str:
    before = "" if until is None else f" up to {format_time(until)}"
    if not starts:
        return f"there are no windows{before} beside the first: {MIN_WEEKS} weeks are needed"
    there = f"whole windows{before} are there from {format_time(starts[0])}"
    wait = format_time(starts[0] + NEEDED)
    return (
        f"{there} to {format_time(starts[-1] + length)}, and {MIN_WEEKS} whole weeks are needed:"
        f" ask again once the windows up to {wait} or later have been analyzed"
    )


def _start(name: str) -> datetime | None:
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return datetime.strptime(match["label"], "%Y%m%dT%H").replace(tzinfo=UTC)

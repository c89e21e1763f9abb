"""Lists the captured files that a retraining may use, as the gate recorded them.

Only objects of versions that served are read, of the model's own endpoint and of the hours in which
they served. A principal that may write to the capture bucket, such as the role of an endpoint, can
otherwise choose what is learned. Whatever else lies below the model's prefix is counted and named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from driftloop.contract import s3_keys
from driftloop.contract.resource_names import VARIANT
from driftloop.contract.training_sources import (
    SourceVersion,
    TrainingSources,
    read_training_sources,
)
from driftloop.errors import InputError
from driftloop.metadata_text import NONE
from driftloop.s3_uri import parse_s3_uri
from driftloop.untrusted_text import unlinked
from driftloop.window import HOUR, Window
from pipelines.steps.s3 import get, iterate_prefixes, list_keys_between

HOUR_FORMAT = "%Y/%m/%d/%H"
_HOUR_LENGTH = len("2026/01/31/08")
_INSTANT = timedelta(microseconds=1)

MAX_IGNORED_PREFIXES = 32
"""Prefixes that the account names; anybody who may write to the bucket can make more."""

MAX_IGNORED_OBJECTS = 10_000
"""Objects of an ignored prefix that are counted: ten requests to S3."""

MAX_LISTINGS = 200
"""Prefixes that are listed to find objects to ignore. Each takes one request to S3, or those of
``MAX_IGNORED_OBJECTS``; a prefix below which more levels were made takes no longer."""


@dataclass(frozen=True, slots=True)
class VersionCaptures:
    """The captured objects of a version: ``keys`` are sorted, and begin with ``prefix``."""

    source: SourceVersion
    prefix: str
    keys: tuple[str, ...]

    def keys_of(self, windows: Sequence[Window]) -> set[str]:
        """The objects that were started in one of the windows.

        Lines without a readable time count in the hour in which their object was started, as in an
        analysis.
        """
        hours = [
            (_hour(window.start + HOUR - _INSTANT), _hour(window.end - HOUR)) for window in windows
        ]
        return {key for key in self.keys if _is_within(key[len(self.prefix) :], hours)}


@dataclass(frozen=True, slots=True)
class CaptureListing:
    """The captured objects that are read, and how many others are not, by prefix.

    ``rolled_back_versions`` served in the training range and are not read, or not of all periods.
    """

    versions: tuple[VersionCaptures, ...]
    ignored: dict[str, int]
    rolled_back_versions: tuple[int, ...]


def load_training_sources(s3: Any, uri: str, *, model: str, period: Window) -> TrainingSources:
    """What the gate wrote to ``uri`` for this execution.

    Raises:
        InputError: There is no such object, or it is of another model or training range.
    """
    if uri == NONE:
        raise InputError(
            "TrainingSources is none, so captured requests can't be read: only the gate records"
            " which versions served. Start a retraining with a `Retraining Requested` event"
        )
    location = parse_s3_uri(uri)
    try:
        content = get(s3, *location)
    except ClientError as error:  # S3 answers so for an absent key that the role may not list
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        content = None
    if content is None:
        raise InputError(
            f"TrainingSources {uri} can't be read: it was deleted, or the execution was not started"
            " by the gate. Request a new retraining"
        )
    return read_training_sources(content, uri=uri, model=model, range_=period)


def list_captures(s3: Any, bucket: str, sources: TrainingSources) -> CaptureListing:
    """List the objects of the sources' versions, and count the others of the training range.

    Any writer of the capture bucket chooses how many others there are, so that not all of
    them are looked at.
    """
    period = Window(sources.range.start, sources.range.end)
    ignored: dict[str, int] = {}
    versions: list[VersionCaptures] = []
    known: set[str] = set()
    for source in sources.versions:
        prefix = _variant_prefix(sources, source.version)
        known.add(prefix)
        hours = [_hours(span.start, span.end) for span in source.spans]
        keys = tuple(_list_hours(s3, bucket, prefix, period))
        read = tuple(key for key in keys if _is_within(key[len(prefix) :], hours))
        versions.append(VersionCaptures(source, prefix, read))
        if len(read) < len(keys):
            ignored[prefix] = len(keys) - len(read)
    listings = iter(range(MAX_LISTINGS))
    for prefix in _other_prefixes(s3, bucket, sources.model, known, listings):
        if len(ignored) >= MAX_IGNORED_PREFIXES or next(listings, None) is None:
            break
        count = sum(1 for _ in islice(_list_hours(s3, bucket, prefix, period), MAX_IGNORED_OBJECTS))
        if count:
            ignored[unlinked(prefix)] = count
    return CaptureListing(tuple(versions), ignored, sources.rolled_back_versions)


def _variant_prefix(sources: TrainingSources, version: int) -> str:
    """Where data capture writes: SageMaker appends endpoint and variant to the destination."""
    return f"{s3_keys.capture_prefix(sources.model, version)}/{sources.endpoint}/{VARIANT}/"


def _list_hours(s3: Any, bucket: str, prefix: str, period: Window) -> Iterator[str]:
    """Objects that can hold records of the period: an object can contain records of the next hour.

    Data capture names an object for the hour in which it was started.
    """
    return list_keys_between(s3, bucket, prefix, *_hours(period.start, period.end))


def _is_within(name: str, hours: Sequence[tuple[str, str]]) -> bool:
    """Whether an object of this name below its variant was started in one of the spans of hours."""
    return any(first <= name[:_HOUR_LENGTH] <= last for first, last in hours)


def _hours(start: datetime, end: datetime) -> tuple[str, str]:
    return _hour(start - HOUR), _hour(end)


def _hour(time: datetime) -> str:
    return time.strftime(HOUR_FORMAT)


def _other_prefixes(
    s3: Any, bucket: str, model: str, known: set[str], listings: Iterator[int]
) -> Iterator[str]:
    """The prefixes of other versions, endpoints and variants of the model."""
    for version in _prefixes(s3, bucket, f"{model}/", listings):
        for endpoint in _prefixes(s3, bucket, version, listings):
            for variant in _prefixes(s3, bucket, endpoint, listings):
                if variant not in known:
                    yield variant


def _prefixes(s3: Any, bucket: str, prefix: str, listings: Iterator[int]) -> Iterator[str]:
    """The prefixes one level below; none after all ``listings``."""
    if next(listings, None) is not None:
        yield from islice(iterate_prefixes(s3, bucket, prefix), MAX_LISTINGS)

"""One line of data capture as a typed record: what all payload formats share.

The struct names only the fields that are used, so that decoding skips the others.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from driftloop.capture.line_counts import RejectedLineError, RejectReason
from driftloop.capture.lines import Line

EVENT_VERSION = "0"

_PARTS = re.compile("[,;]")


class Payload(msgspec.Struct, gc=False):
    """What came in, or what went out."""

    data: str | None = None
    encoding: str | None = None
    observedContentType: str | None = None  # noqa: N815  (SageMaker's name)


class _Payloads(msgspec.Struct, gc=False):
    endpointInput: Payload | None = None  # noqa: N815
    endpointOutput: Payload | None = None  # noqa: N815


class _Metadata(msgspec.Struct, gc=False):
    eventId: str | None = None  # noqa: N815
    inferenceId: str | None = None  # noqa: N815
    inferenceTime: str | None = None  # noqa: N815


class CaptureRecord(msgspec.Struct, gc=False):
    """A line of data capture."""

    captureData: _Payloads  # noqa: N815
    eventMetadata: _Metadata  # noqa: N815
    eventVersion: str | int | float | None = None  # noqa: N815


class _AttributedMetadata(_Metadata, gc=False):
    customAttributes: object = None  # noqa: N815


class CaptureRecordWithAttributes(CaptureRecord, gc=False):
    """A line of data capture with its custom attributes, which are decoded only where asked for."""

    eventMetadata: _AttributedMetadata  # noqa: N815


class CapturedRequest(NamedTuple):
    """A captured request: ids, time in epoch seconds UTC, its two sides where captured, and the
    custom attribute that was asked for."""

    event_id: str | None
    inference_id: str | None
    time: float
    input: Payload | None
    output: Payload | None
    entity: str | None = None


_decoder = msgspec.json.Decoder(CaptureRecord)
_decode = _decoder.decode
_decode_lines = _decoder.decode_lines
_attributed = msgspec.json.Decoder(CaptureRecordWithAttributes)


def decode_records(data: bytes, attribute: str | None = None) -> Sequence[CaptureRecord] | None:
    """The records of many lines, None where any of them is none; with their custom attributes
    where one is asked for."""
    try:
        return _decode_lines(data) if attribute is None else _attributed.decode_lines(data)
    except (ValueError, RecursionError):
        return None


def decode_record(line: Line, attribute: str | None = None) -> CapturedRequest:
    """The request that a line holds, with a custom attribute where one is asked for; raises
    Unusable with the reason where there is none."""
    if line.reason is not None:
        raise RejectedLineError(line.reason)
    try:
        record = _decode(line.data) if attribute is None else _attributed.decode(line.data)
    except (ValueError, RecursionError) as error:
        raise _unusable(line, error) from error
    if record.eventVersion is not None and _text(record.eventVersion) != EVENT_VERSION:
        raise RejectedLineError(
            RejectReason.UNSUPPORTED_EVENT_VERSION, f"eventVersion {record.eventVersion!r}"
        )
    sides, metadata = record.captureData, record.eventMetadata
    return CapturedRequest(
        metadata.eventId,
        metadata.inferenceId,
        epoch_seconds(metadata.inferenceTime),
        _captured(sides.endpointInput),
        _captured(sides.endpointOutput),
        None if attribute is None else custom_attribute(record, attribute),
    )


def custom_attribute(record: CaptureRecord, key: str) -> str | None:
    """The value of a key among texts such as ``user=42`` or ``user=42, plan=free``; the first
    counts. Whatever is of another form has no value."""
    given = getattr(record.eventMetadata, "customAttributes", None)
    texts = given if isinstance(given, list) else [given]
    for text in texts:
        for part in _PARTS.split(text) if isinstance(text, str) else ():
            name, equals, value = part.partition("=")
            if equals and name.strip() == key:
                return value.strip()
    return None


@lru_cache(maxsize=4096)  # many requests share a second
def epoch_seconds(text: str | None) -> float:
    """ISO 8601 as epoch seconds; SageMaker writes UTC, so a time without zone is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text or "")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()
    except (ValueError, OverflowError) as error:
        raise RejectedLineError(
            RejectReason.MISSING_INFERENCE_TIME, f"inferenceTime {text!r}"
        ) from error


def _captured(side: Payload | None) -> Payload | None:
    return None if side is None or side.data is None else side


def _text(version: str | int | float) -> str:
    return str(int(version)) if version in (0, 0.0) else str(version)


def _unusable(line: Line, error: Exception) -> RejectedLineError:
    """Why a line could not be decoded; only rejected lines pay for finding out."""
    try:
        line.data.decode("utf-8")
    except UnicodeDecodeError as fault:
        return RejectedLineError(RejectReason.NOT_UTF8, f"byte {fault.start}")
    if isinstance(error, msgspec.ValidationError) and _is_json(line.data):
        return RejectedLineError(RejectReason.NOT_A_CAPTURE_RECORD, str(error))
    begun = line.data.lstrip().startswith(b"{")
    if not line.ended and begun and "truncated" in str(error):
        return RejectedLineError(RejectReason.TRUNCATED)
    return RejectedLineError(RejectReason.NOT_JSON, str(error))


def _is_json(data: bytes) -> bool:
    """A typed decoder may stop at a wrong type before it has seen the rest."""
    try:
        msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return False
    return True

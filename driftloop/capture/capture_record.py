"""One line of SageMaker data capture as a typed record: the part that all payload formats share.

The structs name only the fields that are used, so that decoding skips the others.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from driftloop.capture.line_counts import RejectedLineError, RejectReason
from driftloop.capture.lines import Line
from driftloop.time_range import EARLIEST_SECONDS, LATEST_SECONDS

EVENT_VERSION = "0"
"""The version that SageMaker writes as ``eventVersion``."""

_SEPARATORS = re.compile("[,;]")


class Payload(msgspec.Struct, gc=False):
    """The input or the output of a request, as captured."""

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
    """A captured line."""

    captureData: _Payloads  # noqa: N815
    eventMetadata: _Metadata  # noqa: N815
    eventVersion: str | int | float | None = None  # noqa: N815


class _MetadataWithAttributes(_Metadata, gc=False):
    customAttributes: object = None  # noqa: N815


class CaptureRecordWithAttributes(CaptureRecord, gc=False):
    """A captured line with its custom attributes, which are decoded only if one is needed."""

    eventMetadata: _MetadataWithAttributes  # noqa: N815


class CapturedRequest(NamedTuple):
    """A captured endpoint invocation.

    ``time`` is the inference time in epoch seconds UTC. ``input`` and ``output`` are None where
    not captured. ``entity`` is the value of the requested custom attribute.
    """

    event_id: str | None
    inference_id: str | None
    time: float
    input: Payload | None
    output: Payload | None
    entity: str | None = None


_decoder = msgspec.json.Decoder(CaptureRecord)
_decode = _decoder.decode
_decode_lines = _decoder.decode_lines
_decoder_with_attributes = msgspec.json.Decoder(CaptureRecordWithAttributes)


def decode_records(data: bytes, attribute: str | None = None) -> Sequence[CaptureRecord] | None:
    """The records of many lines; None unless all of them are records.

    Custom attributes are decoded if ``attribute`` names one.
    """
    try:
        return (
            _decode_lines(data)
            if attribute is None
            else _decoder_with_attributes.decode_lines(data)
        )
    except (ValueError, RecursionError):
        return None


def decode_record(line: Line, attribute: str | None = None) -> CapturedRequest:
    """The request of a line, with a custom attribute if ``attribute`` names one.

    Raises:
        RejectedLineError: The line is not a record of data capture, or is unreadable.
    """
    if line.reason is not None:
        raise RejectedLineError(line.reason)
    try:
        record = (
            _decode(line.data) if attribute is None else _decoder_with_attributes.decode(line.data)
        )
    except (ValueError, RecursionError) as error:
        raise _rejected_line_error(line, error) from error
    if record.eventVersion is not None and _text(record.eventVersion) != EVENT_VERSION:
        raise RejectedLineError(
            RejectReason.UNSUPPORTED_EVENT_VERSION, f"eventVersion {record.eventVersion!r}"
        )
    payloads, metadata = record.captureData, record.eventMetadata
    return CapturedRequest(
        metadata.eventId,
        metadata.inferenceId,
        epoch_seconds(metadata.inferenceTime),
        _captured_payload(payloads.endpointInput),
        _captured_payload(payloads.endpointOutput),
        None if attribute is None else custom_attribute(record, attribute),
    )


def custom_attribute(record: CaptureRecord, key: str) -> str | None:
    """The first value of a key among texts such as ``user=42`` or ``user=42, plan=free``.

    None if there is none, or if the attributes have another form.
    """
    attributes = getattr(record.eventMetadata, "customAttributes", None)
    texts = attributes if isinstance(attributes, list) else [attributes]
    for text in texts:
        for part in _SEPARATORS.split(text) if isinstance(text, str) else ():
            name, equals, value = part.partition("=")
            if equals and name.strip() == key:
                return value.strip()
    return None


@lru_cache(maxsize=4096)  # many requests share a second
def epoch_seconds(text: str | None) -> float:
    """ISO 8601 as epoch seconds; a time without zone is UTC, as SageMaker writes it."""
    try:
        time = datetime.fromisoformat(text or "")
        if time.tzinfo is None:
            time = time.replace(tzinfo=UTC)
        seconds = time.timestamp()
    except (ValueError, OverflowError) as error:
        raise RejectedLineError(
            RejectReason.MISSING_INFERENCE_TIME, f"inferenceTime {text!r}"
        ) from error
    if not EARLIEST_SECONDS <= seconds < LATEST_SECONDS:  # it has no date in some time zones
        raise RejectedLineError(RejectReason.MISSING_INFERENCE_TIME, f"inferenceTime {text!r}")
    return seconds


def _captured_payload(payload: Payload | None) -> Payload | None:
    return None if payload is None or payload.data is None else payload


def _text(version: str | int | float) -> str:
    return str(int(version)) if version in (0, 0.0) else str(version)


def _rejected_line_error(line: Line, error: Exception) -> RejectedLineError:
    """Why a line can't be decoded; found out only after decoding has failed, which is rare."""
    try:
        line.data.decode("utf-8")
    except UnicodeDecodeError as decode_error:
        return RejectedLineError(RejectReason.NOT_UTF8, f"byte {decode_error.start}")
    if isinstance(error, msgspec.ValidationError) and _is_json(line.data):
        return RejectedLineError(RejectReason.NOT_A_CAPTURE_RECORD, str(error))
    is_object = line.data.lstrip().startswith(b"{")
    if not line.has_end and is_object and "truncated" in str(error):
        return RejectedLineError(RejectReason.TRUNCATED)
    return RejectedLineError(RejectReason.NOT_JSON, str(error))


def _is_json(data: bytes) -> bool:
    """Whether the whole line is JSON; the typed decoder stops at the first wrong type."""
    try:
        msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return False
    return True

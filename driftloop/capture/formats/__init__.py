"""Payload formats, one file each: a new format is one file and one row of a table here.

A format turns a payload into a document: a list of rows (CSV, .npy), or any JSON value.
``request_rows`` and ``predictions`` interpret the document.
"""

from collections.abc import Callable, Mapping

from driftloop.capture.capture_record import Payload
from driftloop.capture.formats import base64_bytes, csv_text, json_text, npy
from driftloop.capture.line_counts import RejectedLineError, RejectReason

TextFormat = Callable[[str], object]

TEXT_FORMATS: Mapping[str, TextFormat] = {
    "json": json_text.read,
    "csv": csv_text.read,
}
"""Formats by a substring of the content type, and by the encodings CSV and JSON."""

BINARY_FORMATS: Mapping[bytes, Callable[[bytes], object]] = {
    npy.MAGIC: npy.read,
}
"""Formats by the first bytes of a BASE64 payload; other bytes must be text."""


def read_document(payload: Payload) -> object:
    """The document of a payload; raises RejectedLineError if it is unreadable."""
    encoding = (payload.encoding or "").upper()
    data = payload.data or ""
    if encoding == "BASE64":
        return _read_bytes(base64_bytes.read(data), payload.observedContentType or "")
    if encoding.lower() not in TEXT_FORMATS:
        raise RejectedLineError(RejectReason.UNSUPPORTED_ENCODING, f"encoding {payload.encoding!r}")
    return TEXT_FORMATS[encoding.lower()](data)


def _read_bytes(data: bytes, content_type: str) -> object:
    for magic, read in BINARY_FORMATS.items():
        if data.startswith(magic):
            return read(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"binary content of type {content_type or 'unknown'!r} is not supported"
        raise RejectedLineError(RejectReason.UNREADABLE_PAYLOAD, detail) from error
    return TEXT_FORMATS[_text_format(text, content_type.lower())](text)


def _text_format(text: str, content_type: str) -> str:
    """The format of a text. An object is JSON whatever the content type: model errors are."""
    first_character = text.lstrip()[:1]
    if first_character == "{":
        return "json"
    format_name = next((name for name in TEXT_FORMATS if name in content_type), None)
    return format_name or ("json" if first_character in ("[", '"') else "csv")

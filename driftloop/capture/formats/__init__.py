"""Payload formats, one file each: a new format is one file and one row of a table here.

A format turns a payload into a document: a list of rows (CSV, .npy), or any JSON value.
``request_rows`` and ``predictions`` interpret the document.
"""

from collections.abc import Callable, Mapping

from driftloop.capture.capture_record import Payload
from driftloop.capture.formats import base64_bytes, csv_text, json_text, libsvm, npy
from driftloop.capture.line_counts import RejectedLineError, RejectReason

TextFormat = Callable[[str], object]

TEXT_FORMATS: Mapping[str, TextFormat] = {
    "json": json_text.read,
    "csv": csv_text.read,
    "libsvm": libsvm.read,
}
"""Formats by a substring of the content type."""

BYTE_ORDER_MARK = "\ufeff"
"""The character with which spreadsheets and Windows begin a text in UTF-8. It is no part of the
text (Unicode Standard, section 23.8)."""

_ENCODINGS = ("json", "csv")
"""Encodings of data capture that name a format of text. An endpoint may be set to capture any
content type as one of them (SageMaker API reference, CaptureContentTypeHeader)."""

BINARY_FORMATS: Mapping[bytes, Callable[[bytes], object]] = {
    npy.MAGIC: npy.read,
}
"""Formats by the first bytes of a BASE64 payload; other bytes must be text."""


def read_document(payload: Payload) -> object:
    """The document of a payload; raises RejectedLineError if it is unreadable."""
    encoding = (payload.encoding or "").upper()
    data = (payload.data or "").removeprefix(BYTE_ORDER_MARK)
    if encoding == "BASE64":
        return _read_bytes(base64_bytes.read(data), payload.observedContentType or "")
    if encoding.lower() not in _ENCODINGS:
        raise RejectedLineError(RejectReason.UNSUPPORTED_ENCODING, f"encoding {payload.encoding!r}")
    if is_libsvm(payload.observedContentType):
        return libsvm.read(data)
    return TEXT_FORMATS[encoding.lower()](data)


def is_libsvm(content_type: str | None) -> bool:
    """Whether a content type is one of libsvm, which CSV's text can be mistaken for."""
    return content_type is not None and "libsvm" in content_type.lower()


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

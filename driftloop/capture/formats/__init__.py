"""Payload formats, one file each: a new format is one file and one row of a table here.

A format turns a payload into a plain document: a list of rows (CSV, .npy), or whatever JSON says.
What a document means as features or as predictions is the business of ``rows`` and ``answers``.
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
"""By a word of the content type; also tells what the encodings CSV and JSON are."""

BINARY_FORMATS: Mapping[bytes, Callable[[bytes], object]] = {
    npy.MAGIC: npy.read,
}
"""By the first bytes of a BASE64 payload; whatever else it holds must be text."""


def read_document(side: Payload) -> object:
    """The document of one side of a request; raises Unusable where there is none."""
    encoding = (side.encoding or "").upper()
    data = side.data or ""
    if encoding == "BASE64":
        return _read_bytes(base64_bytes.read(data), side.observedContentType or "")
    if encoding.lower() not in TEXT_FORMATS:
        raise RejectedLineError(RejectReason.UNSUPPORTED_ENCODING, f"encoding {side.encoding!r}")
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
    """What a text is: an object by its brace (errors come as JSON whatever the content type)."""
    start = text.lstrip()[:1]
    if start == "{":
        return "json"
    named = next((word for word in TEXT_FORMATS if word in content_type), None)
    return named or ("json" if start in ("[", '"') else "csv")

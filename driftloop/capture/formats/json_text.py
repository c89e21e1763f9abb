"""JSON and JSON Lines, also with NaN and Infinity as Python writes them."""

import json

import msgspec

from driftloop.capture.line_counts import RejectedLineError, RejectReason

_decode = msgspec.json.Decoder().decode


def read(text: str) -> object:
    """The document; of JSON Lines, the list of their documents."""
    try:
        return _read_one(text)
    except (ValueError, RecursionError) as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise RejectedLineError(
                RejectReason.UNREADABLE_PAYLOAD, f"not JSON: {error}"
            ) from error
    try:
        return [_read_one(line) for line in lines]
    except (ValueError, RecursionError) as error:
        raise RejectedLineError(
            RejectReason.UNREADABLE_PAYLOAD, f"neither JSON nor JSON Lines: {error}"
        ) from error


def _read_one(text: str) -> object:
    try:
        return _decode(text)
    except (ValueError, RecursionError):
        return json.loads(text, strict=False)

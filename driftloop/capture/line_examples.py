"""The first line of each problem, as people may see it in a report: its shape, and what reads it.

A report has no single records, so an example has the keys and the kinds of the values, and not the
values. `driftloop analyze` shows the line itself to those who have the captured files.
"""

import re

from driftloop.capture.capture_record import Payload, decode_record
from driftloop.capture.formats import base64_bytes, read_document
from driftloop.capture.line_counts import LineProblem, RejectedLineError
from driftloop.capture.lines import Line
from driftloop.capture.mapping_suggestions import suggest_for_request, suggest_for_response
from driftloop.capture.sparse_row import SparseRow
from driftloop.cell_values import is_missing, parse_number
from driftloop.payload_mapping import PayloadMapping
from driftloop.schema import Schema
from driftloop.untrusted_text import MAX_LENGTH, single_line

MAX_SHOWN_ITEMS = 30
"""Keys of an object, or cells of a row, that a shape has."""

MAX_SHOWN_DEPTH = 6
"""Levels of nesting that a shape has."""

_MAX_RAW = 4 * MAX_LENGTH


def describe_line(
    line: Line, problem: LineProblem, schema: Schema, mapping: PayloadMapping
) -> tuple[str, str]:
    """The shape of a line's payload, and the settings that would read it; "" if none are known."""
    payload = payload_of(line, problem)
    if payload is None:
        return mask(line.data[:_MAX_RAW].decode("utf-8", "replace")), ""
    try:
        document = read_document(payload)
        shown = single_line(shape(document))
        if problem is LineProblem.UNREADABLE_RESPONSE:
            return shown, suggest_for_response(document, schema)
        return shown, suggest_for_request(document, schema, mapping)
    except (RejectedLineError, RecursionError):
        return mask(payload_text(payload)), ""


def payload_of(line: Line, problem: LineProblem) -> Payload | None:
    """The request of a line, or its response if that is the problem; None if there is none."""
    try:
        request = decode_record(line)
    except RejectedLineError:
        return None
    return request.output if problem is LineProblem.UNREADABLE_RESPONSE else request.input


def payload_text(payload: Payload) -> str:
    """The beginning of a payload as text."""
    data = payload.data or ""
    if (payload.encoding or "").upper() != "BASE64":
        return data[:_MAX_RAW]
    try:
        return base64_bytes.read(data)[:_MAX_RAW].decode("utf-8-sig", "replace")
    except RejectedLineError:
        return data[:_MAX_RAW]


def mask(text: str) -> str:
    """The text in one line, with every alphabetic character as x and every digit as 9."""
    without_words = re.sub(r"[^\W\d_]", "x", single_line(text))
    return re.sub(r"\d", "9", without_words)


def shape(document: object, depth: int = 0) -> str:
    """Keys and kinds of the values of a document.

    Example:
        >>> shape({"customer": {"age": 41, "city": "Bern"}, "x": None})
        '{customer: {age: number, city: text}, x: missing}'
        >>> shape([["41", "Bern"], ["42", "Chur"]])
        '[[number, text], …]'
    """
    if depth > MAX_SHOWN_DEPTH:
        return "…"
    if isinstance(document, SparseRow):
        return shape({str(index): cell for index, cell in document.cells.items()}, depth)
    if isinstance(document, dict):
        items = [f"{key}: {shape(value, depth + 1)}" for key, value in _first(document.items())]
        return "{" + ", ".join(items + _more(document)) + "}"
    if isinstance(document, list | tuple):
        nested = any(isinstance(item, list | dict | SparseRow) for item in document)
        shown = document[:1] if nested else document[:MAX_SHOWN_ITEMS]
        rest = ["…"] if len(document) > len(shown) else []
        return "[" + ", ".join([*(shape(item, depth + 1) for item in shown), *rest]) + "]"
    if is_missing(document):
        return "missing"
    return "text" if parse_number(document) is None else "number"


def _first(items: object) -> list[tuple[object, object]]:
    return list(items)[:MAX_SHOWN_ITEMS]  # type: ignore[call-overload, no-any-return]


def _more(document: dict[str, object]) -> list[str]:
    return ["…"] if len(document) > MAX_SHOWN_ITEMS else []

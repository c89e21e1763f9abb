"""Infers the template of an endpoint's lines from one of them.

SageMaker writes all records of an endpoint in one form: each line has the same bytes, except for a
few values. Their positions are guessed by their keys, and verified by a trial: with other values in
their place, the line must decode to a record that has those values in its fields.
"""

import re
from enum import StrEnum
from itertools import chain, pairwise
from typing import NamedTuple

from driftloop.capture.capture_record import CaptureRecord
from driftloop.capture.vectorized.byte_buffer import MARGIN_BYTES
from driftloop.capture.vectorized.simple_requests import (
    SimpleRequestCheck,
    decode_lines,
    read_simple_requests,
)

_VALUE_PATTERN = re.compile(
    rb'"(?:data|eventId|inferenceId|inferenceTime)"\s*:\s*"([^"\\]*)(?=(?:\\r)?(?:\\n)?")'
)
"""A value without escapes. A payload's line end is an escape; it belongs to the next constant."""

_LINE_ENDS = ("", "\n", "\r\n")
_INFINITY = float("inf")


class FieldRole(StrEnum):
    """What a value of a line is."""

    ROW = "row"
    PREDICTION = "prediction"
    EVENT_ID = "event_id"
    INFERENCE_ID = "inference_id"
    TIME = "time"


class TemplateField(NamedTuple):
    """Position of a value among the separators of its line (its commas and its end).

    It begins ``start_offset`` bytes after the separator before number ``first_separator``, and ends
    ``end_offset`` bytes before separator number ``last_separator``.
    """

    role: FieldRole
    first_separator: int
    start_offset: int
    last_separator: int
    end_offset: int


class LineTemplate(NamedTuple):
    """The bytes before, between and after the values, and the fields of the values, in their order.

    ``separators`` is the number of commas of a line plus one, for its end.
    """

    constants: tuple[bytes, ...]
    fields: tuple[TemplateField, ...]
    separators: int

    @property
    def backslashes(self) -> int:
        """Backslashes of a line."""
        return sum(constant.count(b"\\") for constant in self.constants)

    @property
    def quotes(self) -> int:
        """Quotation marks of a line."""
        return sum(constant.count(b'"') for constant in self.constants)


def infer_template(line: bytes, check: SimpleRequestCheck) -> LineTemplate | None:
    """The template of a line; None if it is not a simple request, or if a role is unclear.

    A line that differs from it in the values alone, and whose values have no quotation mark, no
    backslash and no control character, is a record with those values in the same fields.
    """
    records = decode_lines(line)
    if records is None or read_simple_requests(records, check, -_INFINITY, _INFINITY) is None:
        return None
    spans = [match.span(1) for match in _VALUE_PATTERN.finditer(line)]
    bounds = [0, *chain.from_iterable(spans), len(line)]
    pieces = [line[start:end] for start, end in pairwise(bounds)]
    constants, values = tuple(pieces[::2]), pieces[1::2]
    roles = _roles(constants)
    if roles is None or set(roles) != set(_values(records[0])):
        return None
    counts = [value.count(b",") for value in values]
    expected_counts = [check.columns - 1 if role is FieldRole.ROW else 0 for role in roles]
    are_separated = all(b"," in constant for constant in constants[1:-1])
    if counts != expected_counts or not are_separated or len(constants[0]) < MARGIN_BYTES:
        return None
    return LineTemplate(
        constants, tuple(_locate_fields(constants, roles, counts)), line.count(b",") + 1
    )


def _roles(constants: tuple[bytes, ...]) -> list[FieldRole] | None:
    """The roles of the values between the constants, found by a trial; None if one is unclear.

    The trial is made twice with different markers: a constant that happens to decode to a marker
    would pass for a value once, and can't twice.
    """
    roles = _decode_markers(constants, "<{}>")
    return roles if roles == _decode_markers(constants, "[{}]") else None


def _decode_markers(constants: tuple[bytes, ...], marker_format: str) -> list[FieldRole] | None:
    """The fields in which markers arrive that replace the values; None unless all of them do."""
    markers = [marker_format.format(number) for number in range(len(constants) - 1)]
    line = b"".join(
        chain.from_iterable(zip(constants, [*map(str.encode, markers), b""], strict=True))
    )
    records = decode_lines(line)
    values = _values(records[0]) if records else {}
    role_of = {
        marker: role
        for role, value in values.items()
        for marker in markers
        if _is_marker(value, marker, role)
    }
    return [role_of[marker] for marker in markers] if len(role_of) == len(markers) else None


def _is_marker(value: str, marker: str, role: FieldRole) -> bool:
    ends = _LINE_ENDS if role in (FieldRole.ROW, FieldRole.PREDICTION) else ("",)
    return value.removeprefix(marker) in ends and value.startswith(marker)


def _values(record: CaptureRecord) -> dict[FieldRole, str]:
    """The values that a record has, by role."""
    data, metadata = record.captureData, record.eventMetadata
    values = {
        FieldRole.ROW: None if data.endpointInput is None else data.endpointInput.data,
        FieldRole.PREDICTION: None if data.endpointOutput is None else data.endpointOutput.data,
        FieldRole.EVENT_ID: metadata.eventId,
        FieldRole.INFERENCE_ID: metadata.inferenceId,
        FieldRole.TIME: metadata.inferenceTime,
    }
    return {role: value for role, value in values.items() if value is not None}


def _locate_fields(
    constants: tuple[bytes, ...], roles: list[FieldRole], comma_counts: list[int]
) -> list[TemplateField]:
    """Fields by the separators around them; ``comma_counts`` are the commas within each value."""
    fields = []
    first = 0
    for (before, after), role, commas in zip(pairwise(constants), roles, comma_counts, strict=True):
        first += before.count(b",")
        start_offset = len(before) - before.rfind(b",") - 1
        end_offset = after.find(b",") if b"," in after else len(after)
        fields.append(TemplateField(role, first, start_offset, first + commas, end_offset))
        first += commas
    return fields

"""What the lines of one endpoint have in common, learned from one of them.

SageMaker writes an endpoint's records by one pattern: line after line the same bytes, but for a few
values. Where these stand is guessed by their names and proved by a trial: with other values put in
their place, the line must decode to a record with those in its fields.
"""

import re
from enum import StrEnum
from itertools import chain, pairwise
from typing import NamedTuple

from driftloop.capture.capture_record import CaptureRecord
from driftloop.capture.vectorized.byte_buffer import MARGIN
from driftloop.capture.vectorized.simple_requests import (
    SimpleRequestCheck,
    decode_lines,
    read_simple_requests,
)

_VALUE = re.compile(
    rb'"(?:data|eventId|inferenceId|inferenceTime)"\s*:\s*"([^"\\]*)(?=(?:\\r)?(?:\\n)?")'
)
"""A value without escapes; a payload's line end, which is one, counts to the bytes around it."""

_LINE_ENDS = ("", "\n", "\r\n")
_INFINITE = float("inf")


class FieldRole(StrEnum):
    """What a value is."""

    ROW = "row"
    ANSWER = "answer"
    EVENT = "event"
    INFERENCE = "inference"
    TIME = "time"


class TemplateField(NamedTuple):
    """Where a value stands among the commas and the end (the marks) of its line.

    It begins ``after`` bytes behind the mark before number ``first``, and ends ``before`` bytes
    ahead of mark number ``last``.
    """

    role: FieldRole
    first: int
    after: int
    last: int
    before: int


class LineTemplate(NamedTuple):
    """The bytes before, between and after the values, and the values, in their order."""

    constants: tuple[bytes, ...]
    fields: tuple[TemplateField, ...]
    marks: int

    @property
    def escapes(self) -> int:
        """Backslashes of a line."""
        return sum(constant.count(b"\\") for constant in self.constants)

    @property
    def quotes(self) -> int:
        """Quotation marks of a line."""
        return sum(constant.count(b'"') for constant in self.constants)


def infer_template(line: bytes, test: SimpleRequestCheck) -> LineTemplate | None:
    """The shape of a line that holds a plain request; None where it is another, or can't be told.

    A line that differs in nothing but the values, and whose values hold no quotation mark, no
    backslash and no control character, is a record with these values in the same fields.
    """
    records = decode_lines(line)
    if records is None or read_simple_requests(records, test, -_INFINITE, _INFINITE) is None:
        return None
    spans = [found.span(1) for found in _VALUE.finditer(line)]
    cuts = [0, *chain.from_iterable(spans), len(line)]
    pieces = [line[start:end] for start, end in pairwise(cuts)]
    constants, values = tuple(pieces[::2]), pieces[1::2]
    roles = _roles(constants)
    if roles is None or set(roles) != set(_values(records[0])):
        return None
    counts = [value.count(b",") for value in values]
    wanted = [test.columns - 1 if role is FieldRole.ROW else 0 for role in roles]
    apart = all(b"," in constant for constant in constants[1:-1])
    if counts != wanted or not apart or len(constants[0]) < MARGIN:
        return None
    return LineTemplate(constants, tuple(_fields(constants, roles, counts)), line.count(b",") + 1)


def _roles(constants: tuple[bytes, ...]) -> list[FieldRole] | None:
    """What the value between each two of the constants is, by trial; None where it is not told.

    Twice with other marks: a constant that itself decodes to a mark would pass for a value once.
    """
    found = _trial(constants, "<{}>")
    return found if found == _trial(constants, "[{}]") else None


def _trial(constants: tuple[bytes, ...], form: str) -> list[FieldRole] | None:
    marks = [form.format(number) for number in range(len(constants) - 1)]
    line = b"".join(
        chain.from_iterable(zip(constants, [*map(str.encode, marks), b""], strict=True))
    )
    records = decode_lines(line)
    values = _values(records[0]) if records else {}
    found = {
        mark: role for role, value in values.items() for mark in marks if _is(value, mark, role)
    }
    return [found[mark] for mark in marks] if len(found) == len(marks) else None


def _is(value: str, mark: str, role: FieldRole) -> bool:
    ends = _LINE_ENDS if role in (FieldRole.ROW, FieldRole.ANSWER) else ("",)
    return value.removeprefix(mark) in ends and value.startswith(mark)


def _values(record: CaptureRecord) -> dict[FieldRole, str]:
    """The values that a record has."""
    sides, metadata = record.captureData, record.eventMetadata
    values = {
        FieldRole.ROW: None if sides.endpointInput is None else sides.endpointInput.data,
        FieldRole.ANSWER: None if sides.endpointOutput is None else sides.endpointOutput.data,
        FieldRole.EVENT: metadata.eventId,
        FieldRole.INFERENCE: metadata.inferenceId,
        FieldRole.TIME: metadata.inferenceTime,
    }
    return {role: value for role, value in values.items() if value is not None}


def _fields(
    constants: tuple[bytes, ...], roles: list[FieldRole], counts: list[int]
) -> list[TemplateField]:
    fields = []
    first = 0
    for (before, behind), role, within in zip(pairwise(constants), roles, counts, strict=True):
        first += before.count(b",")
        after = len(before) - before.rfind(b",") - 1
        ahead = behind.find(b",") if b"," in behind else len(behind)
        fields.append(TemplateField(role, first, after, first + within, ahead))
        first += within
    return fields

"""Reads label files: JSON Lines of ground truth records, in SageMaker's format."""

import base64
import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec


class _Data(msgspec.Struct, gc=False):
    data: str | float | int | bool | None
    encoding: str = "CSV"


class _Event(msgspec.Struct, gc=False):
    eventId: str  # noqa: N815  (SageMaker's name)


class _Record(msgspec.Struct, gc=False):
    groundTruthData: _Data  # noqa: N815
    eventMetadata: _Event  # noqa: N815


@dataclass(slots=True)
class GroundTruth:
    """Labels by request, with counts of the lines that were read.

    Attributes:
        labels: The labels of a request's records, as text, by its inferenceId or eventId.
        lines: Number of lines that are not blank.
        replaced: Number of requests whose labels a later line replaced.
        unreadable: Number of lines without a readable label.
    """

    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lines: int = 0
    replaced: int = 0
    unreadable: int = 0

    @property
    def label_count(self) -> int:
        """Labeled records: cells that are not blank, each request once."""
        return sum(bool(cell.strip()) for cells in self.labels.values() for cell in cells)

    def add(self, request_id: str, cells: tuple[str, ...]) -> None:
        """Add the labels of a request; they replace those that were added before."""
        self.replaced += request_id in self.labels
        self.labels[request_id] = cells


def read_labels(lines: Iterable[bytes], into: GroundTruth | None = None) -> GroundTruth:
    """Read the lines of a label file.

    No line raises an error: unreadable lines are counted, and blank lines are ignored.

    Args:
        lines: The lines of a file.
        into: Adds to these labels. Read files in the order in which they were collected, because
            the last labels of a request replace earlier ones.
    """
    ground_truth = into if into is not None else GroundTruth()
    for line in lines:
        if not line.strip():
            continue
        ground_truth.lines += 1
        record = parse_label(line)
        if record is None:
            ground_truth.unreadable += 1
        else:
            ground_truth.add(*record)
    return ground_truth


def parse_labels(lines: Sequence[bytes]) -> list[tuple[str, tuple[str, ...]] | None]:
    """What :func:`parse_label` gives for each of many lines.

    Lines that are all records are decoded together, in a third of the time.
    """
    try:
        records = _decoder.decode_lines(b"\n".join(lines))
    except (ValueError, RecursionError):
        records = []
    if len(records) != len(lines):  # a blank line, or one that is no record
        return [parse_label(line) for line in lines]
    texts = [one.groundTruthData.data for one in records if one.groundTruthData.encoding == "CSV"]
    plain = [text for text in texts if isinstance(text, str) and text]
    if len(plain) == len(records) and not _SPECIAL.search("".join(plain)):
        return [
            (one.eventMetadata.eventId, (text,)) for one, text in zip(records, plain, strict=True)
        ]
    return [_read_record(record) for record in records]


def parse_label(line: bytes) -> tuple[str, tuple[str, ...]] | None:
    """The request and the labels of its records, one cell each; None for an unreadable line.

    Anyone who may write a label file chooses its lines, so none raises an error.
    """
    try:
        record = _decoder.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError):
        # ValueError: no UTF-8. RecursionError: JSON that is nested too deeply.
        return None
    return _read_record(record)


_decoder = msgspec.json.Decoder(_Record)


def _read_record(record: _Record) -> tuple[str, tuple[str, ...]] | None:
    try:
        return record.eventMetadata.eventId, _cells(record.groundTruthData)
    except (msgspec.DecodeError, csv.Error, ValueError, RecursionError):
        # ValueError: no BASE64, no UTF-8. RecursionError: JSON that is nested too deeply.
        return None


_SPECIAL = re.compile(r'[",\s\x1c-\x1e\x85\u2028\u2029]')
"""What CSV has beside plain text: quotes, separators, line ends and blanks."""


def _cells(label: _Data) -> tuple[str, ...]:
    if not isinstance(label.data, str):
        return ("" if label.data is None else str(label.data),)
    text = label.data
    if label.encoding == "CSV" and text and not _SPECIAL.search(text):
        return (text,)
    if label.encoding.upper() == "BASE64":
        text = base64.b64decode(text, validate=True).decode("utf-8")
    if label.encoding.upper() == "JSON":
        return _from_json(text)
    return tuple(row[0] if row else "" for row in csv.reader(text.rstrip("\r\n").splitlines()))


def _from_json(text: str) -> tuple[str, ...]:
    value = msgspec.json.decode(text)
    values = value if isinstance(value, list) else [value]
    return tuple("" if item is None else str(item) for item in values)

"""Reads label files: JSON Lines of ground truth records, in SageMaker's format."""

import base64
import csv
from collections.abc import Iterable
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


def parse_label(line: bytes) -> tuple[str, tuple[str, ...]] | None:
    """The request and the labels of its records, one cell each; None for an unreadable line.

    Anyone who may write a label file chooses its lines, so none raises an error.
    """
    try:
        record = _decode(line)
        return record.eventMetadata.eventId, _cells(record.groundTruthData)
    except (msgspec.DecodeError, csv.Error, ValueError, RecursionError):
        # ValueError: no UTF-8, no BASE64. RecursionError: JSON that is nested too deeply.
        return None


_decode = msgspec.json.Decoder(_Record).decode


def _cells(label: _Data) -> tuple[str, ...]:
    if not isinstance(label.data, str):
        return ("" if label.data is None else str(label.data),)
    text = label.data
    if label.encoding.upper() == "BASE64":
        text = base64.b64decode(text, validate=True).decode("utf-8")
    if label.encoding.upper() == "JSON":
        return _from_json(text)
    return tuple(row[0] if row else "" for row in csv.reader(text.rstrip("\r\n").splitlines()))


def _from_json(text: str) -> tuple[str, ...]:
    value = msgspec.json.decode(text)
    values = value if isinstance(value, list) else [value]
    return tuple("" if item is None else str(item) for item in values)

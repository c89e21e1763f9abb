"""Label files in the form that SageMaker documents, JSON Lines of ground-truth records."""

import base64
import binascii
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
    """Labels by request: one cell per row of it, as text; and what became of the lines.

    ``replaced`` counts labels that a later line overruled; ``unreadable`` counts lines that hold
    no label.
    """

    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lines: int = 0
    replaced: int = 0
    unreadable: int = 0

    def add(self, event: str, cells: tuple[str, ...]) -> None:
        """Take a request's labels; the last ones win."""
        self.replaced += event in self.labels
        self.labels[event] = cells


def read_labels(lines: Iterable[bytes], into: GroundTruth | None = None) -> GroundTruth:
    """Read the lines of a label file; give files in the order of their collection.

    No line raises: what can't be read is counted. Blank lines are nothing.
    """
    truth = into if into is not None else GroundTruth()
    for line in lines:
        if not line.strip():
            continue
        truth.lines += 1
        try:
            record = _decode(line)
            truth.add(record.eventMetadata.eventId, _cells(record.groundTruthData))
        except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, csv.Error):
            truth.unreadable += 1
    return truth


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
    return tuple("" if each is None else str(each) for each in values)

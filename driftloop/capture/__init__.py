"""Reads files of SageMaker data capture into batches of records, with counts of every line."""

from driftloop.capture.deduplication import deduplicate_entities, first_row_per_entity
from driftloop.capture.line_counts import (
    LineCounts,
    LostObjectError,
    RejectedLine,
    RejectReason,
    SkipReason,
)
from driftloop.capture.lines import count_lines
from driftloop.capture.reader import ReadBatch, read_capture
from driftloop.capture.record_batch import (
    CategoricalColumn,
    Column,
    NumericColumn,
    RecordBatch,
)

__all__ = [
    "CategoricalColumn",
    "Column",
    "LineCounts",
    "LostObjectError",
    "NumericColumn",
    "ReadBatch",
    "RecordBatch",
    "RejectReason",
    "RejectedLine",
    "SkipReason",
    "count_lines",
    "deduplicate_entities",
    "first_row_per_entity",
    "read_capture",
]

"""Captured bytes to columnar batches, a tally of every line, and rejects with their reasons."""

from driftloop.capture.batch import (
    Batch,
    CategoricalColumn,
    Column,
    NumericColumn,
    batch_from_columns,
)
from driftloop.capture.entity import one_per_entity, one_row_each
from driftloop.capture.reader import Chunk, read_capture
from driftloop.capture.tally import Filtered, Reason, Reject, Tally

__all__ = [
    "Batch",
    "CategoricalColumn",
    "Chunk",
    "Column",
    "Filtered",
    "NumericColumn",
    "Reason",
    "Reject",
    "Tally",
    "batch_from_columns",
    "one_per_entity",
    "one_row_each",
    "read_capture",
]

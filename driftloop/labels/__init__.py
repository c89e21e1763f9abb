"""Ground truth: reads label files, counts labels, and joins them with captured records."""

from driftloop.labels.count import LabelCounter
from driftloop.labels.join import JoinedLabels, RecordIds, join, join_labels, record_ids
from driftloop.labels.label_policy import LabelPolicy, MissingLabel, parse_join_key
from driftloop.labels.lines import split_lines
from driftloop.labels.parse import GroundTruth, parse_label, read_labels
from driftloop.labels.pending import CodedColumn, PendingRecords, concat_pending
from driftloop.labels.resolved import (
    LabelSource,
    ResolvedLabels,
    merge_labels,
    read_resolved_labels,
)

__all__ = [
    "CodedColumn",
    "GroundTruth",
    "JoinedLabels",
    "LabelCounter",
    "LabelPolicy",
    "LabelSource",
    "MissingLabel",
    "PendingRecords",
    "RecordIds",
    "ResolvedLabels",
    "concat_pending",
    "join",
    "join_labels",
    "merge_labels",
    "parse_join_key",
    "parse_label",
    "read_labels",
    "read_resolved_labels",
    "record_ids",
    "split_lines",
]

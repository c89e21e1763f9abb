"""Ground truth: reads label files, counts labels, and joins them with captured records."""

from driftloop.labels.count import LabelCounter
from driftloop.labels.join import join_labels
from driftloop.labels.lines import split_lines
from driftloop.labels.parse import GroundTruth, parse_label, read_labels

__all__ = [
    "GroundTruth",
    "LabelCounter",
    "join_labels",
    "parse_label",
    "read_labels",
    "split_lines",
]

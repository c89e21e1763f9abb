"""Ground truth: reads label files, counts labels, and joins them with captured records.

What needs numpy is imported from its module (``join``, ``resolved``, ``pending``): the gate, which
only counts labels, has none.
"""

from driftloop.labels.count import LabelCounter
from driftloop.labels.label_policy import LabelPolicy, MissingLabel
from driftloop.labels.lines import split_lines
from driftloop.labels.parse import GroundTruth, parse_label, read_labels

__all__ = [
    "GroundTruth",
    "LabelCounter",
    "LabelPolicy",
    "MissingLabel",
    "parse_label",
    "read_labels",
    "split_lines",
]

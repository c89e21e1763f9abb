"""Ground truth: label files to labels, and labels to the records they belong to."""

from driftloop.labels.join import join_labels
from driftloop.labels.parse import GroundTruth, read_labels

__all__ = ["GroundTruth", "join_labels", "read_labels"]

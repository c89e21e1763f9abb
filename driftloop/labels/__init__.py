"""Ground truth: label files to labels, and labels to the records they belong to."""

from driftloop.labels.join import labels_of
from driftloop.labels.parse import GroundTruth, read_labels

__all__ = ["GroundTruth", "labels_of", "read_labels"]

"""Ground truth: reads label files, and joins labels with captured records."""

from driftloop.labels.join import join_labels
from driftloop.labels.parse import GroundTruth, read_labels

__all__ = ["GroundTruth", "join_labels", "read_labels"]

"""From scores to a verdict with its reasons, and to the report that holds everything."""

from driftloop.detection.decision_rule import detect_drift, detect_in_column
from driftloop.detection.persistence import persistent_columns
from driftloop.detection.policy import DriftPolicy
from driftloop.detection.verdict import ColumnVerdict, Verdict

__all__ = [
    "ColumnVerdict",
    "DriftPolicy",
    "Verdict",
    "detect_drift",
    "detect_in_column",
    "persistent_columns",
]

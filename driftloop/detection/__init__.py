"""From a comparison to a verdict with its reasons."""

from driftloop.detection.decision_rule import detect_drift, detect_in_column
from driftloop.detection.persistence import persistent_columns
from driftloop.detection.policy import DriftPolicy
from driftloop.detection.verdict import ColumnStatus, ColumnVerdict, Verdict, WindowVerdict
from driftloop.detection.window_outcome import WindowOutcome

__all__ = [
    "ColumnStatus",
    "ColumnVerdict",
    "DriftPolicy",
    "Verdict",
    "WindowOutcome",
    "WindowVerdict",
    "detect_drift",
    "detect_in_column",
    "persistent_columns",
]

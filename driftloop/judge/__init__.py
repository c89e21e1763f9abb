"""From scores to a verdict with its reasons, and to the report that holds everything."""

from driftloop.judge.alarm import persistent_columns
from driftloop.judge.policy import DriftPolicy
from driftloop.judge.report import build_report
from driftloop.judge.rule import detect_drift, detect_in_column
from driftloop.judge.verdict import ColumnVerdict, Verdict

__all__ = [
    "ColumnVerdict",
    "DriftPolicy",
    "Verdict",
    "build_report",
    "detect_drift",
    "detect_in_column",
    "persistent_columns",
]

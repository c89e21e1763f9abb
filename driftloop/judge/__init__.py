"""From scores to a verdict with its reasons, and to the report that holds everything."""

from driftloop.judge.alarm import persistent
from driftloop.judge.policy import Policy
from driftloop.judge.report import build_report
from driftloop.judge.rule import judge, judge_alone
from driftloop.judge.verdict import ColumnVerdict, Verdict

__all__ = [
    "ColumnVerdict",
    "Policy",
    "Verdict",
    "build_report",
    "judge",
    "judge_alone",
    "persistent",
]

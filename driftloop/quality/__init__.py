"""Constraints that the baseline teaches, and what a window makes of them."""

from driftloop.quality.check import check_constraints
from driftloop.quality.coarser import find_rounding
from driftloop.quality.findings import QualityLimits, QualityResult, Violation
from driftloop.quality.repeats import estimate_duplicates

__all__ = [
    "QualityLimits",
    "QualityResult",
    "Violation",
    "check_constraints",
    "estimate_duplicates",
    "find_rounding",
]

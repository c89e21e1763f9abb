"""Data quality: constraints of the baseline, rounded values, duplicate records."""

from driftloop.quality.constraints import check_constraints
from driftloop.quality.duplicates import estimate_duplicates
from driftloop.quality.rounding import find_rounding
from driftloop.quality.violations import QualityLimits, QualityResult, Violation

__all__ = [
    "QualityLimits",
    "QualityResult",
    "Violation",
    "check_constraints",
    "estimate_duplicates",
    "find_rounding",
]

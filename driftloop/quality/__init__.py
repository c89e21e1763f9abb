"""Constraints that the baseline teaches, and what a window makes of them."""

from driftloop.quality.check import check_quality
from driftloop.quality.coarser import find_coarser
from driftloop.quality.findings import Limits, Quality, Violation
from driftloop.quality.repeats import repeats

__all__ = ["Limits", "Quality", "Violation", "check_quality", "find_coarser", "repeats"]

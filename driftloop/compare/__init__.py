"""A window's profile beside its baseline: how much each column differs, and how surely."""

from driftloop.compare.compare import compare_column, compare_profile
from driftloop.compare.describe import summarize_column
from driftloop.compare.multivariate import CorrelationDrift
from driftloop.compare.scores import CategoryChange, ColumnComparison, Comparison

__all__ = [
    "CategoryChange",
    "ColumnComparison",
    "Comparison",
    "CorrelationDrift",
    "compare_column",
    "compare_profile",
    "summarize_column",
]

"""A window's profile beside its baseline: how much each column differs, and how surely."""

from driftloop.comparison.correlation import CorrelationDrift
from driftloop.comparison.profiles import compare_column, compare_profile
from driftloop.comparison.scores import CategoryChange, ColumnComparison, Comparison
from driftloop.comparison.summary import ColumnSummary, summarize_column

__all__ = [
    "CategoryChange",
    "ColumnComparison",
    "ColumnSummary",
    "Comparison",
    "CorrelationDrift",
    "compare_column",
    "compare_profile",
    "summarize_column",
]

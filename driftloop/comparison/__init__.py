"""Compares a window's profile with its reference: tests, effect sizes and drift metrics."""

from driftloop.comparison.association import AssociationDrift
from driftloop.comparison.correlation import CorrelationDrift
from driftloop.comparison.profiles import compare_column, compare_profile
from driftloop.comparison.reference import pair_with_reference
from driftloop.comparison.scores import CategoryChange, ColumnComparison, Comparison
from driftloop.comparison.summary import ColumnSummary, summarize_column

__all__ = [
    "AssociationDrift",
    "CategoryChange",
    "ColumnComparison",
    "ColumnSummary",
    "Comparison",
    "CorrelationDrift",
    "compare_column",
    "compare_profile",
    "pair_with_reference",
    "summarize_column",
]

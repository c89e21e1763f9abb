"""Reasons of verdicts as texts, in the columns' own units."""

from collections.abc import Mapping

from driftloop.comparison import ColumnComparison, ColumnSummary
from driftloop.comparison.summary import CategoryShares, NumericColumnSummary, NumericSummary
from driftloop.detection.explanation import number_text
from driftloop.detection.policy import DriftPolicy, MinEffectSizes
from driftloop.detection.verdict import ColumnStatus, ColumnVerdict
from driftloop.quality.violations import percent
from driftloop.untrusted_text import quoted_value

MIN_SPREAD_RATIO = 1.5
"""Ratio of interquartile ranges from which the spread changed more than the median."""

MAX_MEDIAN_SHIFT = 0.25
"""Shift of the median, in the larger interquartile range, up to which that is so."""


def insufficient_records(records: int, policy: DriftPolicy) -> str:
    """Why a window has no verdict on drift."""
    return f"{records:,} records; a verdict needs at least {policy.min_records:,}"


def no_drift(records: int, columns: Mapping[str, ColumnVerdict]) -> str:
    """Why a window is stable."""
    minor = [name for name, column in columns.items() if column.status == ColumnStatus.MINOR_CHANGE]
    text = f"no column has drifted in {records:,} records"
    return f"{text}; minor changes: {', '.join(minor)}" if minor else text


def minor_change(column: ColumnComparison, min_effect_sizes: MinEffectSizes, change: str) -> str:
    """A significant change below the minimum effect size."""
    text = f"{change}; " if change else ""
    return (
        f"{column.name}: {text}a statistically significant change below the minimum effect size"
        f" (effect size {column.effect_size or 0.0:.2g}; minimum"
        f" {min_effect_sizes.distribution:.3g} for distributions,"
        f" {min_effect_sizes.share:.3g} for shares)"
    )


def describe_change(summary: ColumnSummary) -> str:
    """How a column changed: medians or spread, or the category whose share changed most."""
    if isinstance(summary, NumericColumnSummary):
        reference, current = summary.reference, summary.current
        if reference.median is None or current.median is None:
            return ""
        is_moved = number_text(reference.median) != number_text(current.median)
        if is_moved and not has_other_spread(reference, current):
            return f"median {number_text(reference.median)} → {number_text(current.median)}"
        return _spread(reference, current)
    categories = [item for item in summary.categories if item.tag != "missing"]
    if not categories:
        return ""
    largest = max(categories, key=lambda item: abs(item.change))
    return f"{quoted_value(largest.category)} {_share_change(largest)}"


def has_other_spread(reference: NumericSummary, current: NumericSummary) -> bool:
    """Whether the spread changed much, and the median little."""
    widths = []
    for side in (reference, current):
        low, high = side.quantiles.p25, side.quantiles.p75
        if low is None or high is None or high <= low:
            return False
        widths.append(high - low)
    if reference.median is None or current.median is None:
        return False
    is_near = abs(current.median - reference.median) <= MAX_MEDIAN_SHIFT * max(widths)
    return is_near and max(widths) >= MIN_SPREAD_RATIO * min(widths)


def _share_change(item: CategoryShares) -> str:
    return f"{percent(item.reference)} → {percent(item.current)}"


def _spread(reference: NumericSummary, current: NumericSummary) -> str:
    """The quartiles; where they are unchanged the mean."""
    sides = [
        f"{number_text(side.quantiles.p25)} to {number_text(side.quantiles.p75)}"
        for side in (reference, current)
    ]
    if sides[0] != sides[1]:
        return f"middle half {sides[0]} → {sides[1]}"
    return f"mean {number_text(reference.mean)} → {number_text(current.mean)}"

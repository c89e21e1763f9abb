"""What changed in a column, in its own units, from its part of the report."""

from collections.abc import Iterator, Sequence

from driftloop.comparison.summary import CategoryShares, Quantiles
from driftloop.detection.explanation import listed
from driftloop.detection.reasons import describe_change
from driftloop.report.formatting import format_number, format_share
from driftloop.report.window_report import AnyColumn, NumericColumnReport
from driftloop.untrusted_text import quoted_value

MIN_SPREAD_RATIO = 1.3
"""Ratio of interquartile ranges from which a change of spread is mentioned."""

MAX_NAMED_CATEGORIES = 3
MAX_NEW_OR_LOST = 8
MIN_SHARE_CHANGE = 0.002
"""Smallest change of a category's share that is mentioned."""

_POSITIONS = (
    ("p05", "p95", "Nearly all values are {side} nearly all reference values."),
    ("p25", "p75", "Three quarters of the values are {side} three quarters of the reference."),
    ("p50", "p75", "Half of the values are {side} three quarters of the reference."),
)
"""Low quantile of the current side, high one of the reference, and what it means if the first is
larger; strongest statement first."""

_MIRRORED = {"p05": "p95", "p25": "p75", "p50": "p50", "p75": "p25", "p95": "p05"}


def short_change(column: AnyColumn) -> str:
    """``median 35.06 → 80.96``; empty where a side has no value."""
    return describe_change(column.summary)


def sentences(column: AnyColumn) -> tuple[str, ...]:
    """How the current values compare with the reference: position and spread of numbers, or the
    categories that changed."""
    if not isinstance(column, NumericColumnReport):
        return tuple(_category_sentences(column.categories))
    reference, current = column.reference.quantiles, column.current.quantiles
    if None in (column.reference.median, column.current.median):
        return ()
    return (*_position_sentences(reference, current), *_spread_sentences(reference, current))


def _position_sentences(reference: Quantiles, current: Quantiles) -> Iterator[str]:
    """The strongest statement that is true."""
    for low, high, text in _POSITIONS:
        if _at(current, low) > _at(reference, high):
            yield text.format(side="above")
            return
        if _at(current, _MIRRORED[low]) < _at(reference, _MIRRORED[high]):
            yield text.format(side="below")
            return


def _spread_sentences(reference: Quantiles, current: Quantiles) -> Iterator[str]:
    widths = [_at(side, "p75") - _at(side, "p25") for side in (reference, current)]
    if min(widths) <= 0:
        return
    ratio = widths[1] / widths[0]
    change = f"interquartile range {format_number(widths[0])} → {format_number(widths[1])}"
    if ratio >= MIN_SPREAD_RATIO:
        yield f"The spread is larger: {change}."
    elif ratio <= 1 / MIN_SPREAD_RATIO:
        yield f"The spread is smaller: {change}."


def _at(quantiles: Quantiles, name: str) -> float:
    return float(getattr(quantiles, name))


def _category_sentences(categories: Sequence[CategoryShares]) -> Iterator[str]:
    """Categories with the largest increase and decrease, and all new and disappeared ones."""
    own = [item for item in categories if item.tag in ("", "new", "disappeared")]
    ranked = sorted(own, key=lambda item: (item.change, item.category))
    decreased = [item for item in ranked if item.change <= -MIN_SHARE_CHANGE]
    increased = [item for item in reversed(ranked) if item.change >= MIN_SHARE_CHANGE]
    for verb, items in (("Increased", increased), ("Decreased", decreased)):
        if items:
            yield f"{verb} most: {', '.join(map(_shares, items[:MAX_NAMED_CATEGORIES]))}."
    for tag, text in (("new", "New"), ("disappeared", "Disappeared")):
        names = [quoted_value(item.category) for item in own if item.tag == tag]
        if names:
            yield f"{text}: {listed(names, MAX_NEW_OR_LOST)}."


def _shares(item: CategoryShares) -> str:
    change = f"{format_share(item.reference)} → {format_share(item.current)}"
    return f"{quoted_value(item.category)} {change}"

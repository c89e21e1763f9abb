"""What a feature's entry in the report holds for drawing: the one place that knows its form."""

from collections.abc import Iterator, Mapping
from typing import Any

from driftloop.report.histogram import density_outlines, histogram
from driftloop.report.levels import bars
from driftloop.report.numbers import format_number, format_share
from driftloop.report.shapes import Bar, Histogram, Outlines

SIDES = ("baseline", "current")

_NUMBERS = ("median", "mean", "std", "min", "max")
_SHARES = {
    "missing_share": "missing",
    "invalid_type_share": "not a number",
    "infinite_share": "infinite",
}
_WORDS = {"std": "standard deviation", "min": "least", "max": "largest"}

SPARK_LEVELS = 12
"""Levels in the small picture of a row, the baseline's most frequent ones."""


def histogram_chart(entry: Mapping[str, Any]) -> Histogram | None:
    """Baseline and window as outlines; None for a categorical column or one without values."""
    drawn = entry.get("histogram")
    if not drawn:
        return None
    medians = [(side, (entry.get(side) or {}).get("median")) for side in SIDES]
    return histogram(drawn["bin_edges"], drawn["baseline"], drawn["current"], medians)


def sparkline(entry: Mapping[str, Any]) -> Outlines | None:
    """The same as one small picture; levels stand side by side."""
    drawn = entry.get("histogram")
    if drawn:
        return density_outlines(drawn["bin_edges"], drawn["baseline"], drawn["current"])
    categories = sorted(
        entry.get("categories") or (), key=lambda item: (-item["baseline"], -item["current"])
    )[:SPARK_LEVELS]
    edges = [float(place) for place in range(len(categories) + 1)]
    before, now = ([float(item[side]) for item in categories] for side in SIDES)
    return density_outlines(edges, before, now)


def category_chart(entry: Mapping[str, Any]) -> tuple[Bar, ...]:
    """Levels of a categorical column, new, vanished and missing ones among them.

    Of a numeric column, records without a finite number, where there are any.
    """
    return bars(entry.get("categories") or list(_without_number(entry)))


def summary_rows(entry: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Baseline against window in the feature's own units."""
    before, after = (entry.get(side) or {} for side in SIDES)
    lines = [
        (_WORDS.get(name, name), format_number(before.get(name)), format_number(after.get(name)))
        for name in _NUMBERS
        if before.get(name) is not None or after.get(name) is not None
    ]
    was, now = (_middle_half(side.get("quantiles") or {}) for side in (before, after))
    if was or now:
        lines.insert(1, ("middle half", was or "–", now or "–"))
    unseen = [side.get("unseen_share") for side in (before, after)]
    if any(unseen):
        lines.append(("never seen before", format_share(unseen[0]), format_share(unseen[1])))
    return tuple(lines)


def _without_number(entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    before, after = (entry.get(side) or {} for side in SIDES)
    for name, label in _SHARES.items():
        shares = [side.get(name) or 0.0 for side in (before, after)]
        if any(shares):
            yield {"category": label, "baseline": shares[0], "current": shares[1], "tag": "missing"}


def _middle_half(quantiles: Mapping[str, float | None]) -> str:
    low, high = quantiles.get("p25"), quantiles.get("p75")
    return "" if low is None or high is None else f"{format_number(low)} to {format_number(high)}"

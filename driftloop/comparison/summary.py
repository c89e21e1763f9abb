"""A column in its own units, for people: summaries, and shares on shared bins for plotting."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftloop.comparison.quantiles import NOTHING_SAMPLED, ColumnQuantiles
from driftloop.profile.categorical import CategoricalBinning, CategoricalCounts
from driftloop.profile.column_pair import OTHERS, Counts, category_bins
from driftloop.profile.columns import Binning, ColumnCounts
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts
from driftloop.profile.numeric.precision import Floats

BARS = 24
NEAR = 0.5
"""Bars that an edge of the histogram is moved by at most, to a knot."""

MAX_CATEGORIES = 40
MAX_MARKED = 20
"""New and vanished levels that are told by name though they are not among the largest."""

REACH = 2.0
"""Widths of the middle 90% of both sides by which a histogram reaches beyond it at most: a few
values far out would leave nothing to see of the others. The outer bars hold them."""

MAX_DRAWN = 1e150
"""Beyond, differences overflow and a picture says nothing."""

_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def summarize_column(
    binning: Binning,
    reference: ColumnCounts,
    current: ColumnCounts,
    sampled: tuple[Floats, Floats] = (NOTHING_SAMPLED, NOTHING_SAMPLED),
) -> dict[str, Any]:
    """``baseline`` and ``current`` summaries, and ``histogram`` or ``categories`` for plotting.

    ``sampled`` float64[k] are the column's values in either side's kept sample: they place what
    lies between knots. A histogram has ``bin_edges`` (b + 1) and the shares ``baseline`` and
    ``current`` (b), the outer bins with all that is beyond. Levels are ``{"category", "baseline",
    "current", "tag"}``, where the tag is ``new``, ``disappeared``, ``missing``, ``sum`` or empty.
    """
    if isinstance(binning, NumericBinning):
        if not isinstance(reference, NumericCounts) or not isinstance(current, NumericCounts):
            raise TypeError("a numeric grid needs numeric counts")
        before, now = (
            ColumnQuantiles(binning, reference, sampled[0]),
            ColumnQuantiles(binning, current, sampled[1]),
        )
        return {
            "baseline": _summary(binning, before),
            "current": _summary(binning, now),
            "histogram": _histogram(binning, before, now),
        }
    if not isinstance(reference, CategoricalCounts) or not isinstance(current, CategoricalCounts):
        raise TypeError("a categorical grid needs categorical counts")
    return {
        "baseline": _category_summary(binning, reference),
        "current": _category_summary(binning, current),
        "categories": _categories(binning, reference, current),
    }


def _summary(binning: NumericBinning, side: ColumnQuantiles) -> dict[str, Any]:
    """Moments, extremes and quantiles of a numeric column; None where it has no value."""
    counts = side.counts
    rows = max(counts.rows, 1)
    quantiles = {f"p{round(100 * q):02d}": side.quantile(q) for q in _QUANTILES}
    return {
        "n": counts.rows,
        "missing_share": counts.missing / rows,
        "invalid_type_share": counts.invalid / rows,
        "infinite_share": counts.infinite / rows,
        "mean": counts.mean(binning),
        "std": counts.std(binning),
        "min": _finite(counts.minimum),
        "max": _finite(counts.maximum),
        "median": quantiles["p50"],
        "quantiles": quantiles,
    }


def _histogram(
    binning: NumericBinning, before: ColumnQuantiles, now: ColumnQuantiles
) -> dict[str, list[float]] | None:
    ends = _quantiles((before, now), (0.001, 0.999))
    extremes = _quantiles((before,), (0.0, 1.0))
    largest = max(map(abs, [*ends, *extremes]), default=math.inf)
    if not before.counts.present or largest > MAX_DRAWN:
        return None
    low, high = _span(ends, _quantiles((before, now), (0.05, 0.95)) or ends)
    few = binning.distinct_count <= BARS
    edges = _few(binning, before, low, high) if few else _even(binning, low, high)
    if any(right <= left for left, right in pairwise(edges)):
        return None  # values so near to each other that no edge fits between
    return {"bin_edges": edges, "baseline": _cut(before, edges), "current": _cut(now, edges)}


def _quantiles(sides: Sequence[ColumnQuantiles], shares: Sequence[float]) -> list[float]:
    found = [side.quantile(share) for side in sides for share in shares]
    return [value for value in found if value is not None]


def _span(ends: Sequence[float], middle: Sequence[float]) -> tuple[float, float]:
    """From the least end to the largest, but so near to the middle that it can still be seen."""
    low, high = min(middle), max(middle)
    reach = REACH * (high - low)
    if not reach:
        return min(ends), max(ends)
    return max(min(ends), low - reach), min(max(ends), high + reach)


def _even(binning: NumericBinning, low: float, high: float) -> list[float]:
    """Equally spaced edges, each moved to a knot where one is near: counts there are exact."""
    targets = np.linspace(low, high, BARS + 1)[1:-1]
    right = np.clip(
        np.searchsorted(binning.split_points, targets), 1, len(binning.split_points) - 1
    )
    nearer = targets - binning.split_points[right - 1] < binning.split_points[right] - targets
    nearest = binning.split_points[right - nearer]
    near = np.abs(nearest - targets) <= NEAR * (high - low) / BARS
    edges = np.unique(np.where(near, nearest, targets))
    return [low, *edges[(edges > low) & (edges < high)].tolist(), high]


def _few(binning: NumericBinning, before: ColumnQuantiles, low: float, high: float) -> list[float]:
    """Edges of a bin about each of the reference's few values."""
    values = binning.split_points[np.flatnonzero(before.counts.counts_at)]
    middles = (values[1:] + values[:-1]) / 2
    reach = float(np.diff(values).min()) / 2 if len(values) > 1 else 0.5
    first, last = float(values[0]) - reach, float(values[-1]) + reach
    return [min(first, low), *middles.tolist(), max(last, high)]


def _cut(side: ColumnQuantiles, edges: Sequence[float]) -> list[float]:
    """Shares float[b] between edges, the outer ones with all that is beyond."""
    present = side.counts.present
    ends = np.array([0.0, *(side.count_below(edge) for edge in edges[1:-1]), present])
    return [float(share) for share in np.diff(ends) / max(present, 1)]


def _category_summary(binning: CategoricalBinning, counts: CategoricalCounts) -> dict[str, Any]:
    rows = max(counts.rows, 1)
    apart = counts.known[: len(binning.categories)]
    top = int(np.argmax(apart)) if apart.any() else None
    return {
        "n": counts.rows,
        "missing_share": counts.missing / rows,
        "unseen_share": counts.unseen_count / rows if binning.is_exhaustive else None,
        "grouped_share": binning.count_grouped(counts) / rows,
        "other_share": counts.other / rows,
        "categories": int(np.count_nonzero(apart)) + len(counts.new)
        if binning.is_exhaustive
        else None,
        "top": None if top is None else binning.categories[top],
    }


def _categories(
    binning: CategoricalBinning, reference: CategoricalCounts, current: CategoricalCounts
) -> list[dict[str, Any]]:
    bins, labels = category_bins(binning, reference, current)
    before, now = (_shares(side) for side in (bins.reference, bins.current))
    items: list[dict[str, Any]] = [
        {
            "category": label,
            "baseline": float(before[place]),
            "current": float(now[place]),
            "tag": _tag(
                label,
                int(bins.reference[place]),
                int(bins.current[place]),
                group=len(binning.categories) <= place < len(binning.labels),
            ),
        }
        for place, label in enumerate(labels)
        if bins.reference[place] or bins.current[place]
    ]
    items.sort(key=lambda item: (-max(item["baseline"], item["current"]), item["category"]))
    largest, small = items[:MAX_CATEGORIES], items[MAX_CATEGORIES:]
    marked = [item for item in small if item["tag"] in ("new", "disappeared")][:MAX_MARKED]
    items = [*largest, *marked, *_summed([item for item in small if item not in marked])]
    shares = [counts.missing / max(counts.rows, 1) for counts in (reference, current)]
    if any(shares):
        items.append(
            {"category": "missing", "baseline": shares[0], "current": shares[1], "tag": "missing"}
        )
    return items


def _summed(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    if not items:
        return []
    total = {side: math.fsum(item[side] for item in items) for side in ("baseline", "current")}
    return [{"category": f"{len(items)} others", **total, "tag": "sum"}]


def _tag(label: str, before: int, now: int, *, group: bool) -> str:
    if label == OTHERS:
        return "sum"
    if group or (before and now):
        return ""
    return "disappeared" if before else "new"


def _shares(counts: Counts) -> NDArray[np.float64]:
    return np.asarray(counts / max(int(counts.sum()), 1), dtype=np.float64)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

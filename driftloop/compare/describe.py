"""A column in its own units, for people: summaries, and shares on shared bins for plotting."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftloop.compare.side import NOTHING_SAMPLED, Side
from driftloop.profile.categorical import CategoricalCounts, CategoricalGrid
from driftloop.profile.columns import ColumnCounts, Grid
from driftloop.profile.numeric import NumericCounts, NumericGrid
from driftloop.profile.pair import OTHERS, Counts, level_bins
from driftloop.profile.significant import Floats

BARS = 24
NEAR = 0.5
"""Bars that an edge of the histogram is moved by at most, to a knot."""

MOST_LEVELS = 40
MOST_MARKED = 20
"""New and vanished levels that are told by name though they are not among the largest."""

REACH = 2.0
"""Widths of the middle 90% of both sides by which a histogram reaches beyond it at most: a few
values far out would leave nothing to see of the others. The outer bars hold them."""

LARGEST_DRAWN = 1e150
"""Beyond, differences overflow and a picture says nothing."""

_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def describe(
    grid: Grid,
    reference: ColumnCounts,
    current: ColumnCounts,
    sampled: tuple[Floats, Floats] = (NOTHING_SAMPLED, NOTHING_SAMPLED),
) -> dict[str, Any]:
    """``baseline`` and ``current`` summaries, and ``histogram`` or ``levels`` for plotting.

    ``sampled`` float64[k] are the column's values in either side's kept sample: they place what
    lies between knots. A histogram has ``edges`` (b + 1) and the shares ``baseline`` and
    ``current`` (b), the outer bins with all that is beyond. Levels are ``{"level", "baseline",
    "current", "tag"}``, where the tag is ``new``, ``vanished``, ``missing``, ``sum`` or empty.
    """
    if isinstance(grid, NumericGrid):
        if not isinstance(reference, NumericCounts) or not isinstance(current, NumericCounts):
            raise TypeError("a numeric grid needs numeric counts")
        before, now = Side(grid, reference, sampled[0]), Side(grid, current, sampled[1])
        return {
            "baseline": _summary(grid, before),
            "current": _summary(grid, now),
            "histogram": _histogram(grid, before, now),
        }
    if not isinstance(reference, CategoricalCounts) or not isinstance(current, CategoricalCounts):
        raise TypeError("a categorical grid needs categorical counts")
    return {
        "baseline": _level_summary(grid, reference),
        "current": _level_summary(grid, current),
        "levels": _levels(grid, reference, current),
    }


def _summary(grid: NumericGrid, side: Side) -> dict[str, Any]:
    """Moments, extremes and quantiles of a numeric column; None where it has no value."""
    counts = side.counts
    rows = max(counts.rows, 1)
    quantiles = {f"p{round(100 * q):02d}": side.quantile(q) for q in _QUANTILES}
    return {
        "n": counts.rows,
        "missing_share": counts.missing / rows,
        "wrong_type_share": counts.wrong / rows,
        "infinite_share": counts.infinite / rows,
        "mean": counts.mean(grid),
        "std": counts.deviation(grid),
        "min": _finite(counts.minimum),
        "max": _finite(counts.maximum),
        "median": quantiles["p50"],
        "quantiles": quantiles,
    }


def _histogram(grid: NumericGrid, before: Side, now: Side) -> dict[str, list[float]] | None:
    ends = _quantiles((before, now), (0.001, 0.999))
    extremes = _quantiles((before,), (0.0, 1.0))
    largest = max(map(abs, [*ends, *extremes]), default=math.inf)
    if not before.counts.present or largest > LARGEST_DRAWN:
        return None
    low, high = _span(ends, _quantiles((before, now), (0.05, 0.95)) or ends)
    few = grid.distinct <= BARS
    edges = _few(grid, before, low, high) if few else _even(grid, low, high)
    if any(right <= left for left, right in pairwise(edges)):
        return None  # values so near to each other that no edge fits between
    return {"edges": edges, "baseline": _cut(before, edges), "current": _cut(now, edges)}


def _quantiles(sides: Sequence[Side], shares: Sequence[float]) -> list[float]:
    found = [side.quantile(share) for side in sides for share in shares]
    return [value for value in found if value is not None]


def _span(ends: Sequence[float], middle: Sequence[float]) -> tuple[float, float]:
    """From the least end to the largest, but so near to the middle that it can still be seen."""
    low, high = min(middle), max(middle)
    reach = REACH * (high - low)
    if not reach:
        return min(ends), max(ends)
    return max(min(ends), low - reach), min(max(ends), high + reach)


def _even(grid: NumericGrid, low: float, high: float) -> list[float]:
    """Equally spaced edges, each moved to a knot where one is near: counts there are exact."""
    targets = np.linspace(low, high, BARS + 1)[1:-1]
    right = np.clip(np.searchsorted(grid.knots, targets), 1, len(grid.knots) - 1)
    nearer = targets - grid.knots[right - 1] < grid.knots[right] - targets
    nearest = grid.knots[right - nearer]
    near = np.abs(nearest - targets) <= NEAR * (high - low) / BARS
    edges = np.unique(np.where(near, nearest, targets))
    return [low, *edges[(edges > low) & (edges < high)].tolist(), high]


def _few(grid: NumericGrid, before: Side, low: float, high: float) -> list[float]:
    """Edges of a bin about each of the reference's few values."""
    values = grid.knots[np.flatnonzero(before.counts.at)]
    middles = (values[1:] + values[:-1]) / 2
    reach = float(np.diff(values).min()) / 2 if len(values) > 1 else 0.5
    first, last = float(values[0]) - reach, float(values[-1]) + reach
    return [min(first, low), *middles.tolist(), max(last, high)]


def _cut(side: Side, edges: Sequence[float]) -> list[float]:
    """Shares float[b] between edges, the outer ones with all that is beyond."""
    present = side.counts.present
    ends = np.array([0.0, *(side.below(edge) for edge in edges[1:-1]), present])
    return [float(share) for share in np.diff(ends) / max(present, 1)]


def _level_summary(grid: CategoricalGrid, counts: CategoricalCounts) -> dict[str, Any]:
    rows = max(counts.rows, 1)
    apart = counts.known[: len(grid.levels)]
    top = int(np.argmax(apart)) if apart.any() else None
    return {
        "n": counts.rows,
        "missing_share": counts.missing / rows,
        "unseen_share": counts.unseen / rows if grid.exhaustive else None,
        "grouped_share": grid.grouped(counts) / rows,
        "summed_share": counts.other / rows,
        "levels": int(np.count_nonzero(apart)) + len(counts.new) if grid.exhaustive else None,
        "top": None if top is None else grid.levels[top],
    }


def _levels(
    grid: CategoricalGrid, reference: CategoricalCounts, current: CategoricalCounts
) -> list[dict[str, Any]]:
    bins, labels = level_bins(grid, reference, current)
    before, now = (_shares(side) for side in (bins.reference, bins.current))
    items: list[dict[str, Any]] = [
        {
            "level": label,
            "baseline": float(before[place]),
            "current": float(now[place]),
            "tag": _tag(
                label,
                int(bins.reference[place]),
                int(bins.current[place]),
                group=len(grid.levels) <= place < len(grid.labels),
            ),
        }
        for place, label in enumerate(labels)
        if bins.reference[place] or bins.current[place]
    ]
    items.sort(key=lambda item: (-max(item["baseline"], item["current"]), item["level"]))
    largest, small = items[:MOST_LEVELS], items[MOST_LEVELS:]
    marked = [item for item in small if item["tag"] in ("new", "vanished")][:MOST_MARKED]
    items = [*largest, *marked, *_summed([item for item in small if item not in marked])]
    shares = [counts.missing / max(counts.rows, 1) for counts in (reference, current)]
    if any(shares):
        items.append(
            {"level": "missing", "baseline": shares[0], "current": shares[1], "tag": "missing"}
        )
    return items


def _summed(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    if not items:
        return []
    total = {side: math.fsum(item[side] for item in items) for side in ("baseline", "current")}
    return [{"level": f"{len(items)} others", **total, "tag": "sum"}]


def _tag(label: str, before: int, now: int, *, group: bool) -> str:
    if label == OTHERS:
        return "sum"
    if group or (before and now):
        return ""
    return "vanished" if before else "new"


def _shares(counts: Counts) -> NDArray[np.float64]:
    return np.asarray(counts / max(int(counts.sum()), 1), dtype=np.float64)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

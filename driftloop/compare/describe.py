"""A column in its own units, for people: summaries, and shares on shared bins for plotting."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.categorical import CategoricalCounts, CategoricalGrid
from driftloop.profile.columns import ColumnCounts, Grid
from driftloop.profile.numeric import NumericCounts, NumericGrid
from driftloop.profile.pair import OTHERS, Counts, cumulative, level_bins

BARS = 24
MOST_LEVELS = 40
LARGEST_DRAWN = 1e150
"""Beyond, differences overflow and a picture says nothing."""

_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def describe(grid: Grid, reference: ColumnCounts, current: ColumnCounts) -> dict[str, Any]:
    """``baseline`` and ``current`` summaries, and ``histogram`` or ``levels`` for plotting.

    A histogram has ``edges`` (b + 1) and the shares ``baseline`` and ``current`` (b), the outer
    bins with all that is beyond. Levels are ``{"level", "baseline", "current", "tag"}``, where the
    tag is ``new``, ``vanished``, ``missing``, ``sum`` or empty.
    """
    if isinstance(grid, NumericGrid):
        if not isinstance(reference, NumericCounts) or not isinstance(current, NumericCounts):
            raise TypeError("a numeric grid needs numeric counts")
        return {
            "baseline": summary(grid, reference),
            "current": summary(grid, current),
            "histogram": _histogram(grid, reference, current),
        }
    if not isinstance(reference, CategoricalCounts) or not isinstance(current, CategoricalCounts):
        raise TypeError("a categorical grid needs categorical counts")
    return {
        "baseline": _level_summary(grid, reference),
        "current": _level_summary(grid, current),
        "levels": _levels(grid, reference, current),
    }


def summary(grid: NumericGrid, counts: NumericCounts) -> dict[str, Any]:
    """Moments, extremes and quantiles of a numeric column; None where it has no value."""
    rows = max(counts.rows, 1)
    quantiles = {f"p{round(100 * q):02d}": quantile(grid, counts, q) for q in _QUANTILES}
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


def quantile(grid: NumericGrid, counts: NumericCounts, share: float) -> float | None:
    """The value that ``share`` of the values don't exceed; straight lines between knots."""
    if not counts.present or not len(grid.knots):
        return None
    left, up_to = cumulative(counts)
    wanted = max(1.0, share * counts.present)
    place = int(np.searchsorted(up_to, wanted - 1e-9))
    if place < len(up_to) and left[place] < wanted:
        return float(grid.knots[place])
    start = int(up_to[place - 1]) if place else 0
    inside = int(left[place]) - start if place < len(up_to) else counts.present - start
    low = float(grid.knots[place - 1]) if place else counts.minimum
    high = float(grid.knots[place]) if place < len(up_to) else counts.maximum
    low, high = max(low, counts.minimum), min(high, counts.maximum)
    return _finite(low + (high - low) * (wanted - start) / max(inside, 1))


def _histogram(
    grid: NumericGrid, reference: NumericCounts, current: NumericCounts
) -> dict[str, list[float]] | None:
    ends = [quantile(grid, side, q) for side in (reference, current) for q in (0.001, 0.999)]
    known = [end for end in ends if end is not None]
    extremes = [abs(quantile(grid, reference, q) or 0.0) for q in (0.0, 1.0)]
    if not known or not reference.present or max(*map(abs, known), *extremes) > LARGEST_DRAWN:
        return None
    inner, edges = _few(grid, reference, known) if grid.distinct <= BARS else _even(grid, known)
    if any(right <= left for left, right in pairwise(edges)):
        return None  # values so near to each other that no edge fits between
    return {
        "edges": edges,
        "baseline": _cut(reference, inner),
        "current": _cut(current, inner),
    }


def _even(grid: NumericGrid, ends: Sequence[float]) -> tuple[NDArray[np.intp], list[float]]:
    """Knots nearest to equally spaced edges: counts there are exact."""
    low, high = min(ends), max(ends)
    targets = np.linspace(low, high, BARS + 1)[1:-1]
    right = np.clip(np.searchsorted(grid.knots, targets), 1, len(grid.knots) - 1)
    nearer = targets - grid.knots[right - 1] < grid.knots[right] - targets
    places = np.unique(right - nearer)
    places = places[(grid.knots[places] > low) & (grid.knots[places] < high)]
    return places, [low, *grid.knots[places].tolist(), high]


def _few(
    grid: NumericGrid, reference: NumericCounts, ends: Sequence[float]
) -> tuple[NDArray[np.intp], list[float]]:
    """A bin about each of the reference's few values."""
    places = np.flatnonzero(reference.at)
    values = grid.knots[places]
    middles = (values[1:] + values[:-1]) / 2
    reach = float(np.diff(values).min()) / 2 if len(values) > 1 else 0.5
    low = min(float(values[0]) - reach, *ends)
    high = max(float(values[-1]) + reach, *ends)
    return places[:-1], [low, *middles.tolist(), high]


def _cut(counts: NumericCounts, inner: NDArray[np.intp]) -> list[float]:
    _, up_to = cumulative(counts)
    ends = np.concatenate([[0], up_to[inner], [counts.present]])
    return [float(share) for share in np.diff(ends) / max(counts.present, 1)]


def _level_summary(grid: CategoricalGrid, counts: CategoricalCounts) -> dict[str, Any]:
    rows = max(counts.rows, 1)
    top = int(np.argmax(counts.known)) if counts.known.any() else None
    return {
        "n": counts.rows,
        "missing_share": counts.missing / rows,
        "unseen_share": counts.unseen / rows if grid.exhaustive else None,
        "levels": int(np.count_nonzero(counts.known)) + len(counts.new),
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
            "tag": _tag(label, int(bins.reference[place]), int(bins.current[place])),
        }
        for place, label in enumerate(labels)
        if bins.reference[place] or bins.current[place]
    ]
    items.sort(key=lambda item: (-max(item["baseline"], item["current"]), item["level"]))
    items = [*items[:MOST_LEVELS], *_summed(items[MOST_LEVELS:])]
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


def _tag(label: str, before: int, now: int) -> str:
    if label == OTHERS:
        return "sum"
    if before and now:
        return ""
    return "vanished" if before else "new"


def _shares(counts: Counts) -> NDArray[np.float64]:
    return np.asarray(counts / max(int(counts.sum()), 1), dtype=np.float64)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

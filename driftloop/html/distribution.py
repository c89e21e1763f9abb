"""What a feature's entry in the report holds for drawing: the one place that knows its form.

A numeric column as two outlines and two distribution functions.

A categorical column as pairs of bars.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from driftloop.html.chart import Bar, Histogram, Outlines, Scale, Tick, line_path, steps_path, ticks
from driftloop.report.formatting import format_number, format_share

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


HEADROOM = 1.06
"""What is left free above the tallest bar."""


def histogram(
    edges: Sequence[float],
    baseline: Sequence[float],
    current: Sequence[float],
    medians: Sequence[tuple[str, float | None]] = (),
) -> Histogram | None:
    """Densities on shared edges (n+1) from shares (n), and what they sum up to.

    None where there is nothing to draw.
    """
    density = density_outlines(edges, baseline, current)
    if density is None:
        return None
    across = Scale(edges[0], edges[-1])
    return Histogram(
        density=density,
        cumulative=_cumulative(edges, baseline, current),
        ticks=tuple(Tick(across(at), format_number(at)) for at in ticks(edges[0], edges[-1], 6)),
        medians=tuple(
            (side, across(value), f"median {format_number(value)}")
            for side, value in medians
            if value is not None
        ),
        gap=_gap(edges, baseline, current),
    )


def density_outlines(
    edges: Sequence[float], baseline: Sequence[float], current: Sequence[float]
) -> Outlines | None:
    """Bins may differ in width, so heights are shares over widths, on one scale for both sides."""
    if len(edges) < 2 or edges[-1] <= edges[0]:
        return None
    widths = [right - left for left, right in pairwise(edges)]
    tall = [_densities(shares, widths) for shares in (baseline, current)]
    top = max((max(side, default=0.0) for side in tall), default=0.0)
    if top <= 0:
        return None
    across, up = Scale(edges[0], edges[-1]), Scale(0.0, top * HEADROOM)
    places = [across(edge) for edge in edges]
    before, now = (steps_path(places, [up(height) for height in side]) for side in tall)
    return Outlines(before, now)


def _cumulative(
    edges: Sequence[float], baseline: Sequence[float], current: Sequence[float]
) -> Outlines:
    """Shares of values up to each edge, joined by straight lines."""
    across = Scale(edges[0], edges[-1])
    before, now = (
        line_path([(across(edge), 100 * up_to) for edge, up_to in zip(edges, side, strict=True)])
        for side in (_sums(baseline), _sums(current))
    )
    return Outlines(before, now)


def _gap(
    edges: Sequence[float], baseline: Sequence[float], current: Sequence[float]
) -> Tick | None:
    """Where the distribution functions are furthest apart among the edges."""
    before, now = _sums(baseline), _sums(current)
    gaps = [abs(b - a) for a, b in zip(before, now, strict=True)]
    place = max(range(len(gaps)), key=gaps.__getitem__)
    if not gaps[place]:
        return None
    shares = f"{format_share(before[place])} → {format_share(now[place])}"
    text = f"up to {format_number(edges[place])}: {shares}"
    return Tick(Scale(edges[0], edges[-1])(edges[place]), text)


def _sums(shares: Sequence[float]) -> list[float]:
    return [0.0, *(min(1.0, up_to) for up_to in accumulate(shares))]


def _densities(shares: Sequence[float], widths: Sequence[float]) -> list[float]:
    return [part / width if width > 0 else 0.0 for part, width in zip(shares, widths, strict=True)]


MAX_CATEGORIES = 12
"""Bars of one feature: what is beyond is summed into one."""

MAX_MARKED = 6
"""Bars of levels that are new, vanished or missing: beside them the large ones have their place."""

MARKED = ("new", "disappeared", "missing")
SUM = "sum"


def bars(categories: Sequence[Mapping[str, Any]]) -> tuple[Bar, ...]:
    """Levels ``{"category", "baseline", "current", "tag"}`` in shares: what is new, vanished or
    missing, then the others, largest first.

    What is beyond :data:`MOST_LEVELS` is summed, with what the report has summed already.
    """
    named = sorted((item for item in categories if item.get("tag") != SUM), key=_size)
    marked = [item for item in named if item.get("tag") in MARKED][:MAX_MARKED]
    plain = [item for item in named if item.get("tag") not in MARKED]
    shown = [*marked, *plain[: MAX_CATEGORIES - len(marked)]]
    hidden = [item for item in categories if item not in shown]
    if hidden:
        total = {side: sum(item[side] for item in hidden) for side in ("baseline", "current")}
        shown.append({"category": "all others", **total, "tag": SUM})
    longest = max((max(item["baseline"], item["current"]) for item in shown), default=0.0)
    length = Scale(0.0, longest or 1.0)
    return tuple(
        Bar(
            label=str(item["category"]),
            baseline=length(item["baseline"]),
            current=length(item["current"]),
            baseline_text=format_share(item["baseline"]),
            current_text=format_share(item["current"]),
            tag=str(item.get("tag", "")),
        )
        for item in shown
    )


def _size(item: Mapping[str, Any]) -> tuple[bool, float, str]:
    """Missing values first, then the largest."""
    present = item.get("tag") != "missing"
    return present, -max(item["baseline"], item["current"]), str(item["category"])

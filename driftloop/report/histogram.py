"""A numeric column as two outlines, a categorical one as pairs of bars."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from driftloop.report.numbers import number, share
from driftloop.report.scale import Scale, steps_path, ticks
from driftloop.report.shapes import Bar, Histogram, Tick

MOST_LEVELS = 12
"""Bars of one feature: what is beyond is summed into one."""


def outlines(
    edges: Sequence[float],
    baseline: Sequence[float],
    current: Sequence[float],
    medians: Sequence[tuple[str, float | None]] = (),
    note: str = "",
) -> Histogram | None:
    """Densities on shared edges (n+1) from shares (n); None where there is nothing to draw.

    Bins may differ in width, so heights are shares over widths, on one scale for both sides.
    """
    if len(edges) < 2 or edges[-1] <= edges[0]:
        return None
    widths = [right - left for left, right in pairwise(edges)]
    tall = [_densities(shares, widths) for shares in (baseline, current)]
    top = max((max(side, default=0.0) for side in tall), default=0.0)
    if top <= 0:
        return None
    across, up = Scale(edges[0], edges[-1]), Scale(0.0, top * 1.06)
    places = [across(edge) for edge in edges]
    paths = [steps_path(places, [up(height) for height in side]) for side in tall]
    return Histogram(
        baseline=paths[0],
        current=paths[1],
        ticks=tuple(Tick(across(at), number(at)) for at in ticks(edges[0], edges[-1], 6)),
        medians=tuple(
            (side, across(value), f"median {number(value)}")
            for side, value in medians
            if value is not None
        ),
        note=note,
    )


def bars(levels: Sequence[Mapping[str, Any]]) -> tuple[Bar, ...]:
    """Levels ``{"level", "baseline", "current", "tag"}`` in shares, largest first, new ones kept.

    Beyond :data:`MOST_LEVELS` the plain ones are summed, so that what is new, vanished or missing
    is always seen.
    """
    ordered = sorted(levels, key=_importance)
    shown, hidden = ordered[:MOST_LEVELS], ordered[MOST_LEVELS:]
    if hidden:
        shown.append(
            {
                "level": f"{len(hidden)} others",
                "baseline": sum(item["baseline"] for item in hidden),
                "current": sum(item["current"] for item in hidden),
                "tag": "sum",
            }
        )
    longest = max((max(item["baseline"], item["current"]) for item in shown), default=0.0)
    length = Scale(0.0, longest or 1.0)
    return tuple(
        Bar(
            label=str(item["level"]),
            baseline=length(item["baseline"]),
            current=length(item["current"]),
            baseline_text=share(item["baseline"]),
            current_text=share(item["current"]),
            tag=str(item.get("tag", "")),
        )
        for item in shown
    )


def _importance(item: Mapping[str, Any]) -> tuple[bool, float, str]:
    marked = item.get("tag") in ("new", "vanished", "missing")
    return (not marked, -max(item["baseline"], item["current"]), str(item["level"]))


def _densities(shares: Sequence[float], widths: Sequence[float]) -> list[float]:
    return [part / width if width > 0 else 0.0 for part, width in zip(shares, widths, strict=True)]

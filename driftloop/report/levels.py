"""A categorical column as pairs of bars."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftloop.report.numbers import share
from driftloop.report.scale import Scale
from driftloop.report.shapes import Bar

MOST_LEVELS = 12
"""Bars of one feature: what is beyond is summed into one."""

MARKED = ("new", "vanished", "missing")


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
    marked = item.get("tag") in MARKED
    return (not marked, -max(item["baseline"], item["current"]), str(item["level"]))

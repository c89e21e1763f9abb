"""A categorical column as pairs of bars."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftloop.report.numbers import share
from driftloop.report.scale import Scale
from driftloop.report.shapes import Bar

MOST_LEVELS = 12
"""Bars of one feature: what is beyond is summed into one."""

MARKED = ("new", "vanished", "missing")
SUM = "sum"


def bars(levels: Sequence[Mapping[str, Any]]) -> tuple[Bar, ...]:
    """Levels ``{"level", "baseline", "current", "tag"}`` in shares, largest first, new ones kept.

    Beyond :data:`MOST_LEVELS` the plain ones are summed, with what the report has summed already,
    so that what is new, vanished or missing is always seen.
    """
    named = sorted((item for item in levels if item.get("tag") != SUM), key=_importance)
    shown = named[:MOST_LEVELS]
    hidden = [*named[MOST_LEVELS:], *(item for item in levels if item.get("tag") == SUM)]
    if hidden:
        total = {side: sum(item[side] for item in hidden) for side in ("baseline", "current")}
        shown.append({"level": "all others", **total, "tag": SUM})
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

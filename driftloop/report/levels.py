"""A categorical column as pairs of bars."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftloop.report.numbers import share
from driftloop.report.scale import Scale
from driftloop.report.shapes import Bar

MOST_LEVELS = 12
"""Bars of one feature: what is beyond is summed into one."""

MOST_MARKED = 6
"""Bars of levels that are new, vanished or missing: beside them the large ones have their place."""

MARKED = ("new", "vanished", "missing")
SUM = "sum"


def bars(levels: Sequence[Mapping[str, Any]]) -> tuple[Bar, ...]:
    """Levels ``{"level", "baseline", "current", "tag"}`` in shares: what is new, vanished or
    missing, then the others, largest first.

    What is beyond :data:`MOST_LEVELS` is summed, with what the report has summed already.
    """
    named = sorted((item for item in levels if item.get("tag") != SUM), key=_size)
    marked = [item for item in named if item.get("tag") in MARKED][:MOST_MARKED]
    plain = [item for item in named if item.get("tag") not in MARKED]
    shown = [*marked, *plain[: MOST_LEVELS - len(marked)]]
    hidden = [item for item in levels if item not in shown]
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


def _size(item: Mapping[str, Any]) -> tuple[bool, float, str]:
    """Missing values first, then the largest."""
    present = item.get("tag") != "missing"
    return present, -max(item["baseline"], item["current"]), str(item["level"])

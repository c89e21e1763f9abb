"""A categorical column as pairs of bars."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftloop.report.numbers import format_share
from driftloop.report.scale import Scale
from driftloop.report.shapes import Bar

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

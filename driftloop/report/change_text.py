"""What changed of a feature, in words and in its own units, from its entry in the report."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from driftloop.detection.reasons import describe_change
from driftloop.report.formatting import format_number, format_share

WIDER = 1.3
"""Ratio of middle halves from which on a change of spread is told."""

TOLD_CATEGORIES = 3
MIN_MOVE = 0.002
"""Smallest change of a level's share that is told."""

_APART = (
    ("p05", "p95", "Nearly all values lie {side} nearly all of the baseline's."),
    ("p25", "p75", "Three quarters of the values lie {side} three quarters of the baseline's."),
    ("p50", "p75", "Half of the values lie {side} three quarters of the baseline's."),
)
_MIRRORED = {"p05": "p95", "p25": "p75", "p50": "p50", "p75": "p25", "p95": "p05"}


def short_change(entry: Mapping[str, Any]) -> str:
    """``median 35.06 → 80.96``; empty where a side has no value."""
    return describe_change(entry) if "histogram" in entry or "categories" in entry else ""


def sentences(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """How the values lie now, beside how they lay: place and spread, or levels that moved."""
    if entry.get("categories"):
        return tuple(_moved(entry["categories"]))
    before, now = (((entry.get(side) or {}).get("quantiles") or {}) for side in _SIDES)
    if not before or not now or None in (*before.values(), *now.values()):
        return ()
    return (*_placed(before, now), *_spread(before, now))


_SIDES = ("baseline", "current")


def _placed(before: Mapping[str, float], now: Mapping[str, float]) -> Iterator[str]:
    """How far the values are apart from the baseline's; the strongest sentence that is true."""
    for low, high, text in _APART:
        if now[low] > before[high]:
            yield text.format(side="above")
            return
        if now[_MIRRORED[low]] < before[_MIRRORED[high]]:
            yield text.format(side="below")
            return


def _spread(before: Mapping[str, float], now: Mapping[str, float]) -> Iterator[str]:
    widths = [side["p75"] - side["p25"] for side in (before, now)]
    if min(widths) <= 0:
        return
    ratio = widths[1] / widths[0]
    told = f"the middle half is {format_number(widths[1])} wide, and was {format_number(widths[0])}"
    if ratio >= WIDER:
        yield f"They spread wider: {told}."
    elif ratio <= 1 / WIDER:
        yield f"They lie closer together: {told}."


def _moved(categories: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Levels that gained and lost most, new and vanished ones by name."""
    own = [item for item in categories if item.get("tag") in ("", "new", "disappeared")]
    by_move = sorted(own, key=lambda item: (_move(item), str(item["category"])))
    lost = [item for item in by_move if _move(item) <= -MIN_MOVE][:TOLD_CATEGORIES]
    gained = [item for item in reversed(by_move) if _move(item) >= MIN_MOVE][:TOLD_CATEGORIES]
    for verb, items in (("Gained", gained), ("Lost", lost)):
        if items:
            yield f"{verb} most: {', '.join(map(_told, items))}."
    for tag, text in (("new", "Never seen before"), ("disappeared", "No longer seen")):
        names = [item for item in own if item.get("tag") == tag]
        if names:
            yield f"{text}: {_listed([str(item['category']) for item in names])}."


def _move(item: Mapping[str, Any]) -> float:
    return float(item["current"]) - float(item["baseline"])


def _told(item: Mapping[str, Any]) -> str:
    return f"{item['category']} {format_share(item['baseline'])} → {format_share(item['current'])}"


def _listed(names: Sequence[str], most: int = 8) -> str:
    rest = len(names) - most
    shown = ", ".join(names[:most])
    return f"{shown} and {rest} more" if rest > 0 else shown

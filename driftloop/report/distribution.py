"""What a feature's entry in the report holds for drawing: the one place that knows its form."""

from collections.abc import Mapping
from typing import Any

from driftloop.report.histogram import bars, outlines
from driftloop.report.numbers import number, share
from driftloop.report.shapes import Bar, Histogram

_NUMBERS = ("median", "mean", "std", "min", "max")
_SHARES = {
    "missing_share": "missing",
    "wrong_type_share": "not a number",
    "infinite_share": "infinite",
    "unseen_share": "never seen before",
}
_WORDS = {"std": "standard deviation", "min": "least", "max": "largest"}


def outlines_of(entry: Mapping[str, Any]) -> Histogram | None:
    """Baseline and window as outlines; None for a categorical column or one without values."""
    drawn = entry.get("histogram")
    if not drawn:
        return None
    medians = [(side, (entry.get(side) or {}).get("median")) for side in ("baseline", "current")]
    return outlines(drawn["edges"], drawn["baseline"], drawn["current"], medians)


def levels_of(entry: Mapping[str, Any]) -> tuple[Bar, ...]:
    """Levels of a categorical column, new, vanished and missing ones among them."""
    return bars(entry.get("levels") or ())


def summary_of(entry: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Baseline against window in the feature's own units."""
    before, after = entry.get("baseline") or {}, entry.get("current") or {}
    lines = [
        (_WORDS.get(name, name), number(before.get(name)), number(after.get(name)))
        for name in _NUMBERS
        if before.get(name) is not None or after.get(name) is not None
    ]
    lines += [
        (label, share(before.get(name)), share(after.get(name)))
        for name, label in _SHARES.items()
        if before.get(name) or after.get(name)
    ]
    return tuple(lines)

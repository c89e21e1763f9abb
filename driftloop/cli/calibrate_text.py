"""A calibration in words."""

from collections.abc import Mapping
from typing import Any


def table(found: Mapping[str, Any]) -> list[str]:
    """The calibration for a terminal."""
    rate, months = found["records_per_window"], found["months"]
    alarms = found["alarms_per_month"]
    low, high = alarms["interval"]
    rows = found["minimum_detectable_changes"]
    width = max([len(row["feature"]) for row in rows], default=0)
    return [
        f"{found['model']}: windows of {rate:,} records, without drift for {months} x 720 windows",
        f"  any column flagged  {_share(found['significant_windows'])}",
        f"  verdict drifted     {_share(found['drifted'])}",
        f"  alarms a month      {alarms['mean']:.2g} (95%: {low:.2g} to {high:.2g})",
        f"smallest change caught in {found['power']:.0%} of the windows:",
        *(f"  {row['feature']:<{width}}  {size_text(row)}" for row in rows),
        *(f"note: {note}" for note in found["notes"]),
        *_weeks(found["backtest"]),
    ]


def _weeks(found: Mapping[str, Any] | None) -> list[str]:
    """What the training weeks gave, where the baseline knows their hours."""
    if found is None:
        return []
    replay, rows = found["replay"], found["minimum_detectable_changes"]
    width = max([len(name) for name in found["columns"]], default=0)
    before, after = replay["alarms_before"], replay["alarms_after"]
    return [
        f"{replay['weeks']} training weeks, replayed ({replay['windows']:,} windows):",
        f"  windows drifted     {replay['drifted_before']:,} as if independent,"
        f" {replay['drifted_after']:,} with floors raised",
        f"  alarms              {before:,} as if independent, {after:,} with floors raised,"
        f" {replay['held_out_alarms']:,} with floors of the other weeks",
        "  design effects, and floors raised by, for windows and days:",
        *(
            f"    {name:<{width}}  {_granted(one['window'])}, {_granted(one['day'])}"
            for name, one in found["columns"].items()
        ),
        "  smallest change caught in 90% of these windows:",
        *(f"    {row['feature']:<{width}}  {size_text(row)}" for row in rows),
        *(f"note: {note}" for note in found["notes"]),
    ]


def _granted(one: Mapping[str, float]) -> str:
    return f"{one['design_effect']:.3g} and {one['min_effect_multiplier']:.3g}"


def size_text(row: Mapping[str, Any]) -> str:
    """``0.28 standard deviations (+3.1)``."""
    size = row["size"]
    if row["change"] == "shift":
        if size is None:
            return "no shift up to 4 standard deviations is caught so often"
        own = (
            ""
            if row["in_column_units"] is None
            else f" ({row['in_column_units']:+.3g} in its own units)"
        )
        return f"a shift of {size:.2f} standard deviations{own}"
    if row["change"] == "new_category":
        return "no new level is caught" if size is None else f"a new level of {_percent(size)}"
    before, after = row["categories"]
    where = f"moved from {before!r} to {after!r}"
    return f"no share {where} is caught" if size is None else f"{_percent(size)} {where}"


def _share(item: Mapping[str, Any]) -> str:
    low, high = item["interval"]
    return f"{_percent(item['share'])} (95%: {_percent(low)} to {_percent(high)})"


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"

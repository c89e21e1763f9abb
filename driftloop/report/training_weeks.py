"""What replaying the training weeks gave: alarms before and after, and what was granted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from driftloop.report.numbers import format_count, format_number, plural


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    """One column's design effects and factors of its floors, for windows and for days."""

    name: str
    design_window: str
    design_day: str
    floor_window: str
    floor_day: str


@dataclass(frozen=True, slots=True)
class TrainingWeeks:
    """The section on training weeks."""

    sentence: str
    rows: tuple[tuple[str, str, str], ...]
    held_out: str
    grants: tuple[AdjustmentRow, ...]


def training_weeks(found: Mapping[str, Any]) -> TrainingWeeks:
    """The section, from a calibration's ``backtest``."""
    replay = found["replay"]
    weeks, windows = plural(replay["weeks"], "training week"), plural(replay["windows"], "window")
    return TrainingWeeks(
        sentence=f"{weeks} of {windows}, each compared with the same hours of the other weeks.",
        rows=(
            (
                "windows drifted",
                format_count(replay["drifted_before"]),
                format_count(replay["drifted_after"]),
            ),
            ("alarms", format_count(replay["alarms_before"]), format_count(replay["alarms_after"])),
        ),
        held_out=f"Under floors that the other weeks alone would set, the weeks raise"
        f" {plural(replay['held_out_alarms'], 'alarm')}: this is what to expect of live weeks.",
        grants=tuple(_grant(str(name), one) for name, one in found["columns"].items()),
    )


def _grant(name: str, one: Mapping[str, Mapping[str, float]]) -> AdjustmentRow:
    window, day = one["window"], one["day"]
    return AdjustmentRow(
        name=name,
        design_window=format_number(round(window["design_effect"], 2)),
        design_day=format_number(round(day["design_effect"], 2)),
        floor_window=f"× {format_number(round(window['min_effect_multiplier'], 2))}",
        floor_day=f"× {format_number(round(day['min_effect_multiplier'], 2))}",
    )

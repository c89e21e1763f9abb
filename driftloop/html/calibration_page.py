"""The page of a calibration: false alarms, and a plot of the smallest change that is caught.

What replaying the training weeks gave: alarms before and after, and what was granted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftloop.html.chart import Scale, Tick, ticks
from driftloop.html.render import environment
from driftloop.report.formatting import format_count, format_number, format_share, plural

Rows = Sequence[Mapping[str, Any]]

WANTED_ALARMS = 1.0
"""Alarms a month on quiet traffic that people bear."""

_KINDS = (
    ("shift", "Shift of a number", "standard deviations"),
    ("moved_share", "Share that moves from the commonest level to the next", "share"),
    ("new_category", "A level never seen before", "share"),
)


@dataclass(frozen=True, slots=True)
class DetectableSize:
    """The size of a change that is caught, as text and as place on the plot (None: none is)."""

    size: str
    at: float | None


@dataclass(frozen=True, slots=True)
class FeatureLine:
    """One feature: what is caught were records independent, and in the training weeks."""

    feature: str
    own: str
    independent: DetectableSize
    weeks: DetectableSize | None


@dataclass(frozen=True, slots=True)
class Panel:
    """One kind of change; ``floor`` is the place below which no change is drift, however sure."""

    title: str
    unit: str
    lines: tuple[FeatureLine, ...]
    ticks: tuple[Tick, ...]
    floor: float | None


def render_calibration(found: Mapping[str, Any]) -> str:
    """One page, complete in itself; ``found`` is what ``driftloop calibrate`` writes as JSON.

    The same argument gives the same bytes.
    """
    return environment().get_template("calibration.html.j2").render(page=_page(found))


def _page(found: Mapping[str, Any]) -> dict[str, Any]:
    policy, weeks = found.get("policy") or {}, found.get("backtest")
    rows: Rows = found["minimum_detectable_changes"]
    replayed = (
        {} if weeks is None else {_key(row): row for row in weeks["minimum_detectable_changes"]}
    )
    panels = (_panel(rows, replayed, *kind, policy.get("min_effect_size")) for kind in _KINDS)
    latest = list(replayed.values()) or rows
    return {
        "model": found["model"],
        "headline": _headline(found, latest),
        "basis": f"Simulated from a baseline of {format_count(found['reference_records'])} rows:"
        f" {plural(found['months'], 'month')} of 720 windows of independent records without drift.",
        "facts": _facts(found),
        "power": format_share(found["power"]),
        "panels": [panel for panel in panels if panel.lines],
        "weeks": None if weeks is None else training_weeks(weeks),
        "advice": list(_advice(found, latest)),
        "notes": [*found["notes"], *(weeks["notes"] if weeks else ())],
    }


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row["feature"]), str(row["change"])


def _headline(found: Mapping[str, Any], rows: Rows) -> str:
    rate, weeks = format_count(found["records_per_window"]), found.get("backtest")
    told = f"With {rate} records a window, quiet traffic raises"
    told = f"{told} {_alarms(found['alarms_per_month']['mean'])} a month"
    if weeks is not None:
        replay = weeks["replay"]
        told = f"Replayed, {plural(replay['weeks'], 'training week')} raise"
        told = f"{told} {_alarms(replay['alarms_after'])} with floors raised"
    sizes = [row["size"] for row in rows if row["change"] == "shift"]
    known = [size for size in sizes if size is not None]
    if not known:
        return f"{told}."
    low, high = f"{min(known):.2f}", f"{max(known):.2f}"
    size = low if low == high else f"{low} to {high}"
    power = format_share(found["power"])
    return f"{told}; {power} of shifts of {size} standard deviations are caught."


def _alarms(mean: float) -> str:
    return f"{format_number(round(mean, 2))} alarm{'' if mean == 1 else 's'}"


def _facts(found: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    alarms = found["alarms_per_month"]
    low, high = (format_number(round(end, 2)) for end in alarms["interval"])
    return [
        ("false alarms a month", format_number(round(alarms["mean"], 2)), f"95%: {low} to {high}"),
        ("quiet windows called drifted", *_rate(found["drifted"])),
        ("quiet windows with any column flagged", *_rate(found["significant_windows"])),
    ]


def _rate(item: Mapping[str, Any]) -> tuple[str, str]:
    low, high = item["interval"]
    return _percent(item["share"]), f"95%: {_percent(low)} to {_percent(high)}"


def _panel(
    rows: Rows,
    replayed: Mapping[tuple[str, str], Mapping[str, Any]],
    change: str,
    title: str,
    unit: str,
    floor: float | None,
) -> Panel:
    own = [row for row in rows if row["change"] == change]
    sizes = [row["size"] for row in (*own, *(replayed.get(_key(row), row) for row in own))]
    limit = floor if change == "shift" else None
    top = max([2 * limit if limit else 0.0, *(size for size in sizes if size is not None)]) or 1.0
    across = Scale(0.0, top)
    as_text = format_number if change == "shift" else _percent
    return Panel(
        title=title,
        unit=unit,
        lines=tuple(_line(row, replayed.get(_key(row)), across) for row in own),
        ticks=tuple(Tick(across(at), as_text(at)) for at in ticks(0.0, top, 4)),
        floor=across(limit) if limit else None,
    )


def _line(row: Mapping[str, Any], replayed: Mapping[str, Any] | None, across: Scale) -> FeatureLine:
    told = row if replayed is None else replayed
    return FeatureLine(
        feature=str(row["feature"]),
        own=_own(told),
        independent=_caught(row, across),
        weeks=None if replayed is None else _caught(replayed, across),
    )


def _own(row: Mapping[str, Any]) -> str:
    """The change in the feature's own units, or by its levels."""
    if row.get("categories"):
        return f"{row['categories'][0]} → {row['categories'][1]}"
    units = row.get("in_column_units")
    return "" if units is None else f"{'+' if units > 0 else ''}{format_number(units)} in its units"


def _caught(row: Mapping[str, Any], across: Scale) -> DetectableSize:
    size = row["size"]
    if size is None:
        return DetectableSize("none up to 4" if row["change"] == "shift" else "none", None)
    return DetectableSize(
        f"{size:.2f}" if row["change"] == "shift" else _percent(size), across(size)
    )


def _advice(found: Mapping[str, Any], rows: Rows) -> Iterator[str]:
    """What to change in driftloop.yaml, by what was found."""
    if found["alarms_per_month"]["mean"] > WANTED_ALARMS:
        yield (
            "More than one false alarm a month: raise monitoring.min_effect_size, or ask for more"
            " drifted windows (monitoring.datapoints_to_alarm)."
        )
    missed = [row["feature"] for row in rows if row["size"] is None]
    if missed:
        yield (
            f"No change of {', '.join(dict.fromkeys(missed))} is caught so often: longer windows"
            " (monitoring.window_hours) gather more records."
        )
    yield (
        "A smaller change than these is caught in fewer windows, not in none; longer windows catch"
        " smaller ones, down to the floor. A change that matters less than its size here is a"
        " reason to raise monitoring.min_effect_size."
    )


def _percent(part: float) -> str:
    return f"{100 * part:.3g}%"


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

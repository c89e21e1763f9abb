"""The page of a calibration: false alarms, and a plot of the smallest change that is caught."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftloop.report.environment import environment
from driftloop.report.numbers import count, number, plural, share
from driftloop.report.scale import Scale, ticks
from driftloop.report.shapes import Tick

WANTED_ALARMS = 1.0
"""Alarms a month on quiet traffic that people bear."""

_KINDS = (
    ("shift", "Shift of a number", "standard deviations"),
    ("moved_share", "Share that moves from the commonest level to the next", "share"),
    ("new_level", "A level never seen before", "share"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One feature: the size that is caught, as text and as place on the plot (None: none is)."""

    feature: str
    size: str
    at: float | None
    own: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One kind of change; ``floor`` is the place below which no change is drift, however sure."""

    title: str
    unit: str
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    floor: float | None


def render_calibration(found: Mapping[str, Any]) -> str:
    """One page, complete in itself; ``found`` is what ``driftloop calibrate`` writes as JSON.

    The same argument gives the same bytes.
    """
    return environment().get_template("calibration.html.j2").render(page=_page(found))


def _page(found: Mapping[str, Any]) -> dict[str, Any]:
    policy = found.get("policy") or {}
    rows: Sequence[Mapping[str, Any]] = found["smallest_caught"]
    panels = (_panel(rows, *kind, policy.get("effect_floor")) for kind in _KINDS)
    return {
        "model": found["model"],
        "headline": _headline(found),
        "basis": f"Simulated from a baseline of {count(found['baseline_records'])} rows:"
        f" {plural(found['months'], 'month')} of 720 windows without any drift.",
        "facts": _facts(found),
        "power": share(found["power"]),
        "panels": [panel for panel in panels if panel.lines],
        "advice": list(_advice(found, rows)),
        "notes": found["notes"],
    }


def _headline(found: Mapping[str, Any]) -> str:
    rate, alarms = count(found["records_per_window"]), found["alarms_per_month"]
    sizes = [row["size"] for row in found["smallest_caught"] if row["change"] == "shift"]
    known = [size for size in sizes if size is not None]
    quiet = f"With {rate} records a window, quiet traffic raises {_alarms(alarms['mean'])} a month"
    if not known:
        return f"{quiet}."
    low, high = f"{min(known):.2f}", f"{max(known):.2f}"
    size = low if low == high else f"{low} to {high}"
    often = share(found["power"])
    return f"{quiet}; {often} of shifts of {size} standard deviations are caught."


def _alarms(mean: float) -> str:
    return f"{number(round(mean, 2))} alarm{'' if mean == 1 else 's'}"


def _facts(found: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    alarms = found["alarms_per_month"]
    low, high = (number(round(end, 2)) for end in alarms["interval"])
    return [
        ("false alarms a month", number(round(alarms["mean"], 2)), f"95%: {low} to {high}"),
        ("quiet windows called drifted", *_rate(found["drifted"])),
        ("quiet windows with any column flagged", *_rate(found["flagged"])),
    ]


def _rate(item: Mapping[str, Any]) -> tuple[str, str]:
    low, high = item["interval"]
    return _percent(item["share"]), f"95%: {_percent(low)} to {_percent(high)}"


def _panel(
    rows: Sequence[Mapping[str, Any]], change: str, title: str, unit: str, floor: float | None
) -> Panel:
    own = [row for row in rows if row["change"] == change]
    sizes = [row["size"] for row in own if row["size"] is not None]
    top = max([*sizes, 2 * floor if floor and change == "shift" else 0.0], default=0.0) or 1.0
    across = Scale(0.0, top)
    as_text = number if change == "shift" else _percent
    return Panel(
        title=title,
        unit=unit,
        lines=tuple(_line(row, across) for row in own),
        ticks=tuple(Tick(across(at), as_text(at)) for at in ticks(0.0, top, 4)),
        floor=across(floor) if floor and change == "shift" else None,
    )


def _line(row: Mapping[str, Any], across: Scale) -> Line:
    size = row["size"]
    place = None if size is None else across(size)
    if row["change"] != "shift":
        levels = row.get("levels")
        moved = "" if levels is None else f"{levels[0]} → {levels[1]}"
        return Line(row["feature"], "none" if size is None else _percent(size), place, moved)
    units = row["units"]
    own = "" if units is None else f"{'+' if units > 0 else ''}{number(units)} in its units"
    return Line(row["feature"], "none up to 4" if size is None else f"{size:.2f}", place, own)


def _advice(found: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What to change in driftloop.yaml, by what was found."""
    if found["alarms_per_month"]["mean"] > WANTED_ALARMS:
        yield (
            "More than one false alarm a month: raise monitoring.effect_floor, or ask for more"
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
        " reason to raise monitoring.effect_floor."
    )


def _percent(part: float) -> str:
    return f"{100 * part:.3g}%"

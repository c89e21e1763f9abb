"""The page of a calibration: false alarms, and the smallest changes that are found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from driftloop.calibration import Calibration, DetectableChange
from driftloop.calibration.headline import (
    MAX_ALARMS_PER_MONTH,
    MAX_NAMED,
    Rating,
    statements,
)
from driftloop.calibration.result import WindowShare
from driftloop.html.chart import Scale, Tick, ticks
from driftloop.html.render import environment
from driftloop.html.sensitivity_table import sensitivity_table
from driftloop.report.formatting import format_count, format_number, format_share, plural
from driftloop.report.sensitivity_text import clock_lines

_COLORS: Mapping[Rating, str] = {
    Rating.GOOD: "stable",
    Rating.WARNING: "minor_change",
    Rating.BAD: "drifted",
}
"""Classes of the page's headline."""

_KINDS = (
    ("shift", "Shift of a numeric feature", "standard deviations"),
    ("moved_share", "Share that moves from the most frequent category to the next", "share"),
    ("new_category", "Share of a new category", "share"),
)


@dataclass(frozen=True, slots=True)
class DetectableSize:
    """A minimum detectable change as text and as position on the plot (None: none is detected)."""

    text: str
    at: float | None


@dataclass(frozen=True, slots=True)
class FeatureLine:
    """One feature, and what is detected of it."""

    feature: str
    own_units: str
    size: DetectableSize


@dataclass(frozen=True, slots=True)
class Panel:
    """One kind of change; ``minimum`` is the position of the minimum effect size, None where the
    plot is not in its units."""

    title: str
    unit: str
    lines: tuple[FeatureLine, ...]
    ticks: tuple[Tick, ...]
    minimum: float | None


def render_calibration(calibration: Calibration) -> str:
    """Render a calibration as one self-contained page.

    Args:
        calibration: The result of :func:`driftloop.calibration.calibrate`.

    Returns:
        HTML without scripts or external files; equal arguments give equal text.
    """
    template = environment().get_template("calibration.html.j2")
    return template.render(page=_page_context(calibration))


def _page_context(calibration: Calibration) -> dict[str, Any]:
    worst, *others = statements(calibration)
    panels = (_panel(*kind, calibration) for kind in _KINDS)
    return {
        "model": calibration.model,
        "headline": f"{worst.text}.",
        "others": [f"{other.text}." for other in others],
        "rating": _COLORS[worst.rating],
        "basis": _basis(calibration),
        "facts": _facts(calibration),
        "power": format_share(calibration.power),
        "panels": [panel for panel in panels if panel.lines],
        "replay": _replay(calibration),
        "clock": clock_lines(calibration.time_zone, calibration.clock_features),
        "sensitivity": sensitivity_table(calibration.sensitivity),
        "advice": list(_advice(calibration)),
        "notes": calibration.notes,
    }


def _basis(calibration: Calibration) -> str:
    baseline = f"a baseline of {format_count(calibration.reference_records)} records"
    if calibration.is_daily:
        return f"From {baseline}, decided by the daily rule."
    return (
        f"Simulated from {baseline}: {plural(calibration.simulated_months, 'month')} of 720 windows"
        " of independent records without drift."
    )


def _replay(calibration: Calibration) -> list[tuple[str, str]]:
    """Columns in alarm on replayed days, and on how many."""
    replay = calibration.replay
    return [] if replay is None else [(n, plural(d, "day")) for n, d in replay.columns.items()]


def _facts(calibration: Calibration) -> list[tuple[str, str, str]]:
    """Label, value and interval of each key figure."""
    alarms, replay = calibration.alarms_per_month, calibration.replay
    facts = []
    if alarms is not None:
        low, high = (format_number(round(end, 2)) for end in alarms.interval)
        mean = format_number(round(alarms.mean, 2))
        facts.append(("false alarms per month", mean, f"95%: {low} to {high}"))
    if replay is not None:
        in_alarm = f"{format_count(replay.alarm_days.count)} of {format_count(replay.days)}"
        facts.append(("replayed days in alarm", in_alarm, _share(replay.alarm_days)[1]))
    if alarms is not None:
        facts.append(
            ("changes into alarm", format_count(alarms.count), f"in {_duration(calibration)}")
        )
    shares = {
        "windows in alarm": calibration.windows_in_alarm,
        "windows without drift with verdict drifted": calibration.drifted_windows,
        "windows without drift with any significant change": calibration.significant_windows,
    }
    facts += [(label, *_share(share)) for label, share in shares.items() if share is not None]
    return facts


def _duration(calibration: Calibration) -> str:
    replay = calibration.replay
    if replay is not None:
        return plural(replay.days, "day")
    return plural(calibration.simulated_months, "month")


def _share(windows: WindowShare) -> tuple[str, str]:
    low, high = windows.interval
    return _percent(windows.share), f"95%: {_percent(low)} to {_percent(high)}"


def _panel(kind: str, title: str, unit: str, calibration: Calibration) -> Panel:
    own = [one for one in calibration.minimum_detectable_changes if one.change == kind]
    sizes = [change.size for change in own if change.size is not None]
    minimum = calibration.policy.min_effect_size if kind == "shift" else None
    top = max([2 * minimum if minimum else 0.0, *sizes]) or 1.0
    across = Scale(0.0, top)
    as_text = format_number if kind == "shift" else _percent
    return Panel(
        title=title,
        unit=unit,
        lines=tuple(
            FeatureLine(change.feature, _own_units(change), _size(change, across)) for change in own
        ),
        ticks=tuple(Tick(across(at), as_text(at)) for at in ticks(0.0, top, 4)),
        minimum=across(minimum) if minimum else None,
    )


def _own_units(change: DetectableChange) -> str:
    """The change in the feature's own units, or by its categories."""
    if change.categories is not None:
        return " → ".join(change.categories)
    units = change.in_column_units
    return "" if units is None else f"{'+' if units > 0 else ''}{format_number(units)} in its units"


def _size(change: DetectableChange, across: Scale) -> DetectableSize:
    is_shift = change.change == "shift"
    if change.size is None:
        return DetectableSize("none up to 4" if is_shift else "none", None)
    text = f"{change.size:.2f}" if is_shift else _percent(change.size)
    return DetectableSize(text, across(change.size))


def _advice(calibration: Calibration) -> Iterator[str]:
    """What to change in driftloop.yaml, by the result."""
    if calibration.is_daily:
        yield from _daily_advice(calibration)
        return
    alarms = calibration.alarms_per_month
    if alarms is not None and alarms.mean > MAX_ALARMS_PER_MONTH:
        yield (
            "More than one false alarm per month: raise monitoring.min_effect_size, or require more"
            " drifted windows (monitoring.datapoints_to_alarm)."
        )
    changes = calibration.minimum_detectable_changes
    undetected = dict.fromkeys(change.feature for change in changes if change.size is None)
    if undetected:
        yield (
            f"No change of {', '.join(undetected)} is detected so often: longer windows"
            " (monitoring.window_hours) collect more records."
        )
    yield (
        "A change smaller than its size here is detected in fewer windows. Longer windows detect"
        " smaller changes, down to the minimum effect size. Raise monitoring.min_effect_size if"
        " changes of the sizes here do not matter."
    )


def _daily_advice(calibration: Calibration) -> Iterator[str]:
    replay, alarms = calibration.replay, calibration.alarms_per_month
    if replay is not None and alarms is not None and alarms.mean > MAX_ALARMS_PER_MONTH:
        named = ", ".join(list(replay.columns)[:MAX_NAMED])
        yield (
            f"More than one false alarm per month, of {named}: look at these days of the training"
            " data. If they were right, exclude a feature that has no usual days"
            " (monitoring.exclude_features), or give more training days."
        )
    if any(column.smallest is None for column in calibration.sensitivity):
        yield (
            "A feature in which no shift is found varies more from day to day than any shift. More"
            " training days help if they were unusual; otherwise watch what it causes, such as the"
            " prediction."
        )
    yield (
        "A change smaller than its size here is found on fewer days. Set"
        " monitoring.required_sensitivity for the features in which you need a size."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"

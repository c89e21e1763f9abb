"""The plots over simulated time. Positions and sizes are in percent of a plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftloop.html.chart import Scale, Tick, line_path, ticks
from driftloop.report.formatting import format_number, plural
from driftloop.window import parse_time
from rehearsal.page.time_axis import TimeSpan, format_timestamp
from rehearsal.timeline_events import TimelineEvent

Event = Mapping[str, Any]
Window = Mapping[str, Any]

MIN_PLOT_TOP = 0.4
"""Effect size that the plot shows at least, so that small ones do not fill it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot, band, bar or flag at a position, with the title that it shows when pointed at."""

    position: float
    title: str
    kind: str = ""
    height: float = 0.0
    width: float = 0.0
    link: str = ""


@dataclass(frozen=True, slots=True)
class DriftPlot:
    """Effect sizes per window with verdicts, bands while an alarm is in ALARM, and releases."""

    line: str
    dots: tuple[Mark, ...]
    bands: tuple[Mark, ...]
    releases: tuple[Mark, ...]
    y_ticks: tuple[Tick, ...]
    min_effect_size: float | None


@dataclass(frozen=True, slots=True)
class RecordBar:
    """Records and rejected lines of one window, as heights of two bars."""

    position: float
    title: str
    records_height: float
    rejected_height: float


@dataclass(frozen=True, slots=True)
class IntervalMark:
    """The difference of challenger and champion on the same rows, with its interval."""

    label: str
    decision: str
    low: float
    high: float
    difference: float
    zero: float
    text: str


def windows_from_timeline(timeline: Sequence[Event]) -> list[dict[str, Any]]:
    """Return the windows as far as the timeline has them, for a page without window data."""
    return [
        {
            "start": (event["detail"].get("window") or {}).get("start", event["time"]),
            "version": event["detail"].get("version"),
            "verdict": event["detail"].get("verdict"),
        }
        for event in timeline
        if event["event"] == TimelineEvent.ANALYSIS_COMPLETED
    ]


def drift_plot(
    windows: Sequence[Window], timeline: Sequence[Event], span: TimeSpan
) -> DriftPlot | None:
    """Plot the largest effect size per window; a window without one is on the zero line."""
    if not windows:
        return None
    sizes = [float(w["effect_size"]) for w in windows if w.get("effect_size") is not None]
    minimums = [
        float(w["min_effect_size"]) for w in windows if w.get("min_effect_size") is not None
    ]
    y_scale = Scale(0.0, 1.1 * max([*sizes, *minimums, MIN_PLOT_TOP]))
    positions = [span.position(parse_time(window["start"])) for window in windows]
    heights = [_height(window.get("effect_size"), y_scale) for window in windows]
    return DriftPlot(
        line=line_path(list(zip(positions, heights, strict=True))),
        dots=tuple(
            _dot(position, window, y_scale)
            for position, window in zip(positions, windows, strict=True)
        ),
        bands=_alarm_bands(timeline, span),
        releases=_releases(timeline, span),
        y_ticks=tuple(
            Tick(y_scale(value), format_number(value)) for value in ticks(0.0, y_scale.high, 4)
        ),
        min_effect_size=y_scale(minimums[-1]) if minimums else None,
    )


def champion_lane(timeline: Sequence[Event], span: TimeSpan) -> tuple[Mark, ...]:
    """Return the periods in which each version was the champion."""
    promotions = _promotions(timeline)
    ends = [time for time, _ in promotions[1:]] + [span.end]
    return tuple(
        Mark(
            position=span.position(start),
            width=span.position(end) - span.position(start),
            title=f"version {version}",
            kind=f"tone-{(index + 1) % 4}",
        )
        for index, ((start, version), end) in enumerate(
            zip(promotions, ends[: len(promotions)], strict=True)
        )
    )


def record_bars(windows: Sequence[Window], span: TimeSpan) -> tuple[RecordBar, ...]:
    """Return the records and rejected lines per window as bars on one scale."""
    counted = [window for window in windows if window.get("records") is not None]
    totals = [window["records"] + window.get("lines_rejected", 0) for window in counted]
    y_scale = Scale(0.0, float(max(totals, default=0) or 1))
    return tuple(_record_bar(window, span, y_scale) for window in counted)


def evaluation_intervals(evaluations: Sequence[Mapping[str, Any]]) -> tuple[IntervalMark, ...]:
    """Return the intervals of challenger minus champion, on one scale around zero."""
    bounds = [
        abs(float(evaluation[name]))
        for evaluation in evaluations
        for name in ("difference_low", "difference_high")
    ]
    reach = max(bounds, default=0.0)
    x_scale = Scale(-1.1 * reach, 1.1 * reach)
    return tuple(_interval(evaluation, x_scale) for evaluation in evaluations)


def _record_bar(window: Window, span: TimeSpan, y_scale: Scale) -> RecordBar:
    start, rejected = parse_time(window["start"]), window.get("lines_rejected", 0)
    return RecordBar(
        position=span.position(start),
        title=f"{format_timestamp(start)}: {plural(window['records'], 'record')},"
        f" {plural(rejected, 'rejected line')}",
        records_height=y_scale(window["records"]),
        rejected_height=y_scale(rejected),
    )


def _interval(evaluation: Mapping[str, Any], x_scale: Scale) -> IntervalMark:
    champion, challenger = float(evaluation["champion"]), float(evaluation["challenger"])
    low, high = float(evaluation["difference_low"]), float(evaluation["difference_high"])
    version = evaluation.get("version")
    return IntervalMark(
        label=f"version {version}" if version else "not registered",
        decision=str(evaluation.get("decision", "")),
        low=x_scale(low),
        high=x_scale(high),
        difference=x_scale(challenger - champion),
        zero=x_scale(0.0),
        text=f"{evaluation.get('metric', 'AUC')} {champion:.3f} → {challenger:.3f},"
        f" difference {low:+.3f} to {high:+.3f}",
    )


def _promotions(timeline: Sequence[Event]) -> list[tuple[datetime, str]]:
    """Return time and version of each promotion.

    The first version is created with the endpoint, without a release: its first window counts.
    """
    promotions: list[tuple[datetime, str]] = []
    for entry in timeline:
        detail, event = entry["detail"], entry["event"]
        is_promotion = (
            event == TimelineEvent.RELEASE_COMPLETED
            and detail.get("outcome") == "promoted"
            and detail.get("purpose") != "serving_settings"
        )
        is_first_window = (
            not promotions
            and event == TimelineEvent.ANALYSIS_COMPLETED
            and detail.get("version") is not None
        )
        if is_promotion or is_first_window:
            promotions.append((parse_time(entry["time"]), str(detail.get("version"))))
    return promotions


def _height(effect_size: float | None, y_scale: Scale) -> float | None:
    return None if effect_size is None else y_scale(effect_size)


def _dot(position: float, window: Window, y_scale: Scale) -> Mark:
    size = window.get("effect_size")
    suffix = "" if size is None else f", largest effect size {format_number(round(size, 3))}"
    return Mark(
        position=position,
        height=y_scale(size or 0.0),
        kind=str(window.get("verdict") or ""),
        link=str(window.get("report") or ""),
        title=f"{format_timestamp(parse_time(window['start']))}: {window.get('verdict')}{suffix}",
    )


def _alarm_bands(timeline: Sequence[Event], span: TimeSpan) -> tuple[Mark, ...]:
    """Return the periods in which an alarm was in ALARM."""
    raised: dict[str, datetime] = {}
    bands = []
    for entry in [e for e in timeline if e["event"] == TimelineEvent.ALARM_CHANGED]:
        name, time = str(entry["detail"].get("alarm")), parse_time(entry["time"])
        if entry["detail"].get("state") == "ALARM":
            raised.setdefault(name, time)
        elif name in raised:
            bands.append((raised.pop(name), time, name))
    bands += [(time, span.end, name) for name, time in raised.items()]
    return tuple(
        Mark(
            position=span.position(start),
            width=span.position(end) - span.position(start),
            title=name,
        )
        for start, end, name in sorted(bands)
    )


def _releases(timeline: Sequence[Event], span: TimeSpan) -> tuple[Mark, ...]:
    """Return the releases of versions that reached the endpoint."""
    return tuple(
        Mark(
            position=span.position(parse_time(entry["time"])),
            kind=str(entry["detail"].get("outcome")),
            title=f"v{entry['detail'].get('version')}",
        )
        for entry in timeline
        if entry["event"] == TimelineEvent.RELEASE_COMPLETED
        and entry["detail"].get("outcome") in ("promoted", "rolled_back")
        and entry["detail"].get("purpose") != "serving_settings"
    )

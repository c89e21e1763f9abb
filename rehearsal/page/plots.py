"""The plots over simulated time; every place is a percentage of its plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftloop.html.chart import Scale, Tick, line_path, ticks
from driftloop.report.formatting import format_number, plural
from rehearsal.page.time_axis import TimeSpan, moment, when

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a place: a dot, a band, a bar or a flag, with what it says when pointed at."""

    at: float
    title: str
    kind: str = ""
    height: float = 0.0
    width: float = 0.0
    link: str = ""


@dataclass(frozen=True, slots=True)
class Drift:
    """Effects per window with verdicts, over bands where an alarm stood, between releases."""

    line: str
    dots: tuple[Mark, ...]
    bands: tuple[Mark, ...]
    releases: tuple[Mark, ...]
    y_ticks: tuple[Tick, ...]
    floor: float | None


@dataclass(frozen=True, slots=True)
class Lane:
    """Stretches of time side by side."""

    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class IntervalMark:
    """Champion against challenger on the same rows."""

    label: str
    outcome: str
    low: float
    high: float
    middle: float
    zero: float
    text: str


def windows_of(timeline: Sequence[Event]) -> list[dict[str, Any]]:
    """What the timeline alone tells of the windows, where the driver gave no figures."""
    return [
        {
            "start": (event["detail"].get("window") or {}).get("start", event["time"]),
            "version": event["detail"].get("version"),
            "verdict": event["detail"].get("verdict"),
        }
        for event in timeline
        if event["event"] == "analysis.completed"
    ]


def drift(
    windows: Sequence[Mapping[str, Any]], timeline: Sequence[Event], span: TimeSpan
) -> Drift | None:
    """Largest effect per window; a window without one sits on the ground line."""
    if not windows:
        return None
    effects = [float(w["effect"]) for w in windows if w.get("effect") is not None]
    floors = [float(w["floor"]) for w in windows if w.get("floor") is not None]
    up = Scale(0.0, 1.1 * max([*effects, *floors, 0.4]))
    points = [(span.place(moment(w["start"])), w) for w in windows]
    return Drift(
        line=line_path(
            [(at, up(w["effect"]) if w.get("effect") is not None else None) for at, w in points]
        ),
        dots=tuple(_dot(at, w, up) for at, w in points),
        bands=_bands(timeline, span),
        releases=_releases(timeline, span),
        y_ticks=tuple(Tick(up(at), format_number(at)) for at in ticks(0.0, up.high, 4)),
        floor=up(floors[-1]) if floors else None,
    )


def champions(timeline: Sequence[Event], span: TimeSpan) -> Lane | None:
    """Which version was the champion when; those that were rolled back do not appear."""
    changes = _promotions(timeline)
    if not changes:
        return None
    ends = [at for at, _ in changes[1:]] + [span.end]
    return Lane(
        tuple(
            Mark(
                at=span.place(at),
                width=span.place(end) - span.place(at),
                title=f"version {version}",
                kind=f"tone-{(index + 1) % 4}",
            )
            for index, ((at, version), end) in enumerate(zip(changes, ends, strict=True))
        )
    )


def records(windows: Sequence[Mapping[str, Any]], span: TimeSpan) -> Lane | None:
    """Used records per window as bars; ``width`` carries the rejected ones' height."""
    counted = [w for w in windows if w.get("used") is not None]
    if not counted:
        return None
    up = Scale(0.0, float(max(w["used"] + w.get("rejected", 0) for w in counted) or 1))
    return Lane(
        tuple(
            Mark(
                at=span.place(moment(w["start"])),
                height=up(w["used"]),
                width=up(w.get("rejected", 0)),
                title=f"{when(moment(w['start']))}: {plural(w['used'], 'record')},"
                f" {w.get('rejected', 0)} lines rejected",
            )
            for w in counted
        )
    )


def evaluations(items: Sequence[Mapping[str, Any]]) -> tuple[IntervalMark, ...]:
    """Intervals of challenger minus champion, on one scale around zero."""
    reach = max((abs(float(item[side])) for item in items for side in ("low", "high")), default=0.0)
    across = Scale(-1.1 * reach, 1.1 * reach)
    return tuple(_interval(item, across) for item in items)


def _interval(item: Mapping[str, Any], across: Scale) -> IntervalMark:
    champion, challenger = float(item["champion"]), float(item["challenger"])
    return IntervalMark(
        label=f"version {item['version']}" if item.get("version") else "not registered",
        outcome=str(item.get("outcome", "")),
        low=across(float(item["low"])),
        high=across(float(item["high"])),
        middle=across(challenger - champion),
        zero=across(0.0),
        text=f"{item.get('metric', 'AUC')} {champion:.3f} → {challenger:.3f},"
        f" difference {float(item['low']):+.3f} to {float(item['high']):+.3f}",
    )


def _promotions(timeline: Sequence[Event]) -> list[tuple[datetime, str]]:
    """When each champion began; the one that a deployment put there shows by its first window."""
    found: list[tuple[datetime, str]] = []
    for event in timeline:
        detail, kind = event["detail"], event["event"]
        promoted = kind == "release.finished" and detail.get("outcome") == "promoted"
        first = not found and kind == "analysis.completed" and detail.get("version") is not None
        if promoted or first:
            found.append((moment(event["time"]), str(detail.get("version"))))
    return found


def _dot(at: float, window: Mapping[str, Any], up: Scale) -> Mark:
    effect = window.get("effect")
    said = "" if effect is None else f", largest effect {format_number(round(effect, 3))}"
    return Mark(
        at=at,
        height=up(effect or 0.0),
        kind=str(window.get("verdict") or ""),
        link=str(window.get("report") or ""),
        title=f"{when(moment(window['start']))}: {window.get('verdict')}{said}",
    )


def _bands(timeline: Sequence[Event], span: TimeSpan) -> tuple[Mark, ...]:
    """Where an alarm stood: from its change into ALARM to its next change, or to the end."""
    standing: dict[str, Any] = {}
    bands = []
    for event in [e for e in timeline if e["event"] == "alarm.changed"]:
        name, at = str(event["detail"].get("alarm")), moment(event["time"])
        if event["detail"].get("state") == "ALARM":
            standing.setdefault(name, at)
        elif name in standing:
            bands.append((standing.pop(name), at, name))
    bands += [(at, span.end, name) for name, at in standing.items()]
    return tuple(
        Mark(at=span.place(start), width=span.place(end) - span.place(start), title=name)
        for start, end, name in sorted(bands)
    )


def _releases(timeline: Sequence[Event], span: TimeSpan) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            at=span.place(moment(event["time"])),
            kind=str(event["detail"].get("outcome")),
            title=f"v{event['detail'].get('version')}",
        )
        for event in timeline
        if event["event"] == "release.finished"
    )

"""What the rehearsal's page shows, worked out from the timeline."""

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.page import plots
from rehearsal.page.event_text import entry
from rehearsal.page.time_axis import TimeSpan, moment, when

Event = Mapping[str, Any]


def page(timeline: Sequence[Event], figures: Mapping[str, Any]) -> dict[str, Any]:
    """Everything the template puts on the page."""
    span = TimeSpan.from_times([moment(event["time"]) for event in timeline])
    windows = figures.get("windows") or plots.windows_of(timeline)
    return {
        "model": str(figures.get("model", "")),
        "first": when(span.start),
        "last": when(span.end),
        "facts": _facts(timeline, windows, figures),
        "chapters": _chapters(timeline, figures.get("chapters") or []),
        "checks": figures.get("checks") or [],
        "drift": plots.drift(windows, timeline, span),
        "champions": plots.champions(timeline, span),
        "records": plots.records(windows, span),
        "evaluations": plots.evaluations(figures.get("evaluations") or []),
        "windows": [_window(window) for window in windows],
        "ticks": span.ticks(),
    }


def _chapters(
    timeline: Sequence[Event], chapters: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Each event in the last chapter that has begun; without chapters all in one."""
    told: list[dict[str, Any]] = [_chapter(chapter) for chapter in chapters] or [
        _chapter({"id": "", "title": "What happened"})
    ]
    starts = [moment(c["start"]) if c.get("start") else None for c in chapters] or [None]
    for event in timeline:
        at = moment(event["time"])
        begun = [place for place, start in enumerate(starts) if start is None or start <= at]
        told[begun[-1] if begun else 0]["entries"].append(entry(event))
    return told


def _chapter(chapter: Mapping[str, Any]) -> dict[str, Any]:
    seconds = chapter.get("seconds")
    return {
        "id": str(chapter.get("id", "")),
        "title": str(chapter["title"]),
        "text": str(chapter.get("text", "")),
        "took": "" if seconds is None else f"{seconds:.0f} s",
        "entries": [],
    }


def _facts(
    timeline: Sequence[Event], windows: Sequence[Mapping[str, Any]], figures: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    def number(event: str, key: str = "", value: str = "") -> int:
        return sum(
            item["event"] == event and (not key or item["detail"].get(key) == value)
            for item in timeline
        )

    starts, refusals = (number("gate.decided", "decision", way) for way in ("start", "refuse"))
    promoted, back = (
        number("release.finished", "outcome", way) for way in ("promoted", "rolled_back")
    )
    drifted = sum(window.get("verdict") == "drifted" for window in windows)
    facts = [
        ("windows judged", str(len(windows)), f"{drifted} drifted"),
        ("retrainings started", str(starts), f"{refusals} refused, each with its reason"),
        ("releases promoted", str(promoted), f"{back} rolled back"),
    ]
    if figures.get("wall_seconds") is not None:
        facts.append(("played in", f"{figures['wall_seconds']:.0f} s", "of real time"))
    return facts


def _window(window: Mapping[str, Any]) -> dict[str, str]:
    return {
        "when": when(moment(window["start"])),
        "version": str(window.get("version", "")),
        "verdict": str(window.get("verdict", "")),
        "report": str(window.get("report") or ""),
    }

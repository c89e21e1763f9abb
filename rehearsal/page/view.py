"""Everything that the page's template shows, from the timeline and the page data."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftloop.window import parse_time
from rehearsal.page import plots
from rehearsal.page.event_text import to_page_entry
from rehearsal.page.time_axis import TimeSpan, format_timestamp
from rehearsal.timeline_events import TimelineEvent

Event = Mapping[str, Any]


def build_page(timeline: Sequence[Event], page_data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template's ``page``; for ``page_data`` see :func:`rehearsal.page.render`."""
    span = TimeSpan.from_times([parse_time(event["time"]) for event in timeline])
    windows = page_data.get("windows") or plots.windows_from_timeline(timeline)
    return {
        "model": str(page_data.get("model", "")),
        "first": format_timestamp(span.start),
        "last": format_timestamp(span.end),
        "facts": _facts(timeline, windows, page_data),
        "chapters": _chapters(timeline, page_data.get("chapters") or []),
        "checks": page_data.get("checks") or [],
        "drift": plots.drift_plot(windows, timeline, span),
        "champions": plots.champion_lane(timeline, span),
        "records": plots.record_bars(windows, span),
        "evaluations": plots.evaluation_intervals(page_data.get("evaluations") or []),
        "windows": [_window(window) for window in windows],
        "ticks": span.ticks(),
    }


def _chapters(
    timeline: Sequence[Event], chapters: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the chapters with their events: each event is in the last chapter that has begun."""
    shown: list[dict[str, Any]] = [_chapter(chapter) for chapter in chapters] or [
        _chapter({"id": "", "title": "What happened"})
    ]
    starts = [parse_time(c["start"]) if c.get("start") else None for c in chapters] or [None]
    for event in timeline:
        time = parse_time(event["time"])
        begun = [index for index, start in enumerate(starts) if start is None or start <= time]
        shown[begun[-1] if begun else 0]["entries"].append(to_page_entry(event))
    return shown


def _chapter(chapter: Mapping[str, Any]) -> dict[str, Any]:
    seconds = chapter.get("seconds")
    return {
        "id": str(chapter.get("id", "")),
        "title": str(chapter["title"]),
        "text": str(chapter.get("text", "")),
        "duration": "" if seconds is None else f"{seconds:.0f} s",
        "entries": [],
    }


def _facts(
    timeline: Sequence[Event], windows: Sequence[Mapping[str, Any]], page_data: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """Return label, number and note of each fact at the top of the page."""

    def count(event: TimelineEvent, key: str, value: str) -> int:
        return sum(
            entry["event"] == event and entry["detail"].get(key) == value for entry in timeline
        )

    starts, refusals = (
        count(TimelineEvent.RETRAINING_DECIDED, "decision", decision)
        for decision in ("start", "refuse")
    )
    promoted, rolled_back = (
        count(TimelineEvent.RELEASE_COMPLETED, "outcome", outcome)
        for outcome in ("promoted", "rolled_back")
    )
    drifted = sum(window.get("verdict") == "drifted" for window in windows)
    facts = [
        ("windows analyzed", str(len(windows)), f"{drifted} drifted"),
        ("retrainings started", str(starts), f"{refusals} refused, each with a reason"),
        ("releases promoted", str(promoted), f"{rolled_back} rolled back"),
    ]
    if checks := page_data.get("checks"):
        met = sum(bool(check["is_met"]) for check in checks)
        facts.append(("expectations met", str(met), f"of {len(checks)}"))
    if counts := page_data.get("authorizations"):
        denied = f"{counts['denied_unexpected']} denied, {counts['denied_expected']} on purpose"
        facts.append(("calls authorized by IAM", f"{counts['authorized']:,}", denied))
    if page_data.get("wall_seconds") is not None:
        facts.append(("duration", f"{page_data['wall_seconds']:.0f} s", "of real time"))
    return facts


def _window(window: Mapping[str, Any]) -> dict[str, str]:
    return {
        "start": format_timestamp(parse_time(window["start"])),
        "version": str(window.get("version", "")),
        "verdict": str(window.get("verdict", "")),
        "report": str(window.get("report") or ""),
    }

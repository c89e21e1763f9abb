"""Events of the timeline as sentences, for the page and the terminal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from driftloop.window import DAY, parse_time
from rehearsal.timeline_events import TimelineEvent

Detail = Mapping[str, Any]
Tone = Literal["good", "bad", "warn", "invalid", "neutral"]
"""The color of an event."""

MAX_NOTES = 3
"""Reasons shown with a sentence; the window's report has all of them."""


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One event of the timeline as a sentence, with notes for details."""

    time: str
    day: str
    actor: str
    text: str
    notes: tuple[str, ...]
    tone: Tone


_VERDICT_TONES: Mapping[str, Tone] = {
    "stable": "good",
    "drifted": "bad",
    "invalid_data": "invalid",
}
_ALARM_TONES: Mapping[str, Tone] = {"ALARM": "bad", "OK": "good"}


def to_page_entry(event: Mapping[str, Any]) -> PageEntry:
    """Describe an event in a sentence; an unknown event is described by its name."""
    time = parse_time(event["time"])
    detail = event.get("detail") or {}
    name = str(event["event"])
    describe = _DESCRIPTIONS.get(name)
    text, tone = describe(detail) if describe else (f"{name}.", "neutral")
    return PageEntry(
        time=f"{time:%H:%M}",
        day=f"{time:%a} {time.day} {time:%b}",
        actor=str(event["actor"]),
        text=text,
        notes=_notes(detail),
        tone=tone,
    )


def _deployed(detail: Detail) -> tuple[str, Tone]:
    stacks = ", ".join(detail.get("stacks", ()))
    return f"The stacks are deployed{': ' if stacks else ''}{stacks}.", "neutral"


def _redeployed(detail: Detail) -> tuple[str, Tone]:
    return (
        f"{detail.get('deployment', 'cdk deploy')}: {detail.get('outcome', 'completed')}."
        f" Version {detail.get('champion_version', '')} is still the champion."
    ), "good"


def _deleted(detail: Detail) -> tuple[str, Tone]:
    return f"The stack {', '.join(detail.get('stacks', ()))} is deleted.", "warn"


def _analysis_completed(detail: Detail) -> tuple[str, Tone]:
    verdict = str(detail.get("verdict", ""))
    version = f" of version {detail['version']}" if detail.get("version") else ""
    period = ""
    if window := detail.get("window"):
        start, end = parse_time(window["start"]), parse_time(window["end"])
        is_day = end - start == DAY and start.hour == 0
        period = f" on {start:%-d %b}" if is_day else f" from {start:%H:%M} to {end:%H:%M}"
    tone = _VERDICT_TONES.get(verdict, "neutral")
    return f"The window{version}{period} is analyzed. Verdict: {verdict}.", tone


def _alarm_changed(detail: Detail) -> tuple[str, Tone]:
    state = str(detail.get("state", ""))
    tone = _ALARM_TONES.get(state, "neutral")
    return f"The alarm {detail.get('alarm', '')} changes to {state}.", tone


def _retraining_decided(detail: Detail) -> tuple[str, Tone]:
    reason = detail.get("reason", "")
    if detail.get("decision") == "start":
        return f"The gate starts a retraining. Reason: {reason}.", "warn"
    if detail.get("decision") == "start_failed":
        return f"A retraining can't be started. Reason: {detail.get('failure_reason')}", "bad"
    return f"The gate refuses a retraining. Reason: {reason}.", "neutral"


def _pipeline_ended(detail: Detail) -> tuple[str, Tone]:
    status = str(detail.get("status", ""))
    tone: Tone = "good" if status == "Succeeded" else "bad"
    return f"The pipeline execution ends with status {status}.", tone


def _model_registered(detail: Detail) -> tuple[str, Tone]:
    return (
        f"Version {detail.get('version', '')} is registered with approval status"
        f" {detail.get('model_approval_status', '')}."
    ), "warn"


def _model_approved(detail: Detail) -> tuple[str, Tone]:
    return f"A person approves version {detail.get('version', '')}.", "good"


def _model_rejected(detail: Detail) -> tuple[str, Tone]:
    return f"A person rejects version {detail.get('version', '')}.", "bad"


def _release_completed(detail: Detail) -> tuple[str, Tone]:
    version = detail.get("version", "")
    if detail.get("outcome") == "promoted" and detail.get("purpose") == "serving_settings":
        return f"Version {version} is deployed with the new serving settings.", "good"
    if detail.get("outcome") == "promoted":
        return f"Version {version} is promoted. It is the champion.", "good"
    if detail.get("outcome") == "refused":
        return f"Version {version} is not released. The champion keeps serving.", "bad"
    if detail.get("outcome") == "superseded":
        return f"The release of version {version} is superseded before it begins.", "warn"
    return f"Version {version} is rolled back. The champion keeps serving.", "bad"


_DESCRIPTIONS: Mapping[str, Callable[[Detail], tuple[str, Tone]]] = {
    TimelineEvent.DEPLOYED: _deployed,
    TimelineEvent.REDEPLOYED: _redeployed,
    TimelineEvent.DELETED: _deleted,
    TimelineEvent.ANALYSIS_COMPLETED: _analysis_completed,
    TimelineEvent.ALARM_CHANGED: _alarm_changed,
    TimelineEvent.RETRAINING_DECIDED: _retraining_decided,
    TimelineEvent.PIPELINE_ENDED: _pipeline_ended,
    TimelineEvent.MODEL_REGISTERED: _model_registered,
    TimelineEvent.MODEL_APPROVED: _model_approved,
    TimelineEvent.MODEL_REJECTED: _model_rejected,
    TimelineEvent.RELEASE_COMPLETED: _release_completed,
}


def _notes(detail: Detail) -> tuple[str, ...]:
    """Return the first reasons of an event, or that of a refused release."""
    if detail.get("outcome") == "refused" and detail.get("reason"):
        return (str(detail["reason"]),)
    return tuple(str(reason) for reason in (detail.get("reasons") or ())[:MAX_NOTES])

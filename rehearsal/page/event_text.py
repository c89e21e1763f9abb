"""Events of the timeline, each told in a sentence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.page.time_axis import moment

Detail = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One event as the page tells it. ``tone`` is good, bad, warn, broken or quiet."""

    time: str
    day: str
    actor: str
    text: str
    aside: str
    tone: str


_VERDICT_TONES = {"stable": "good", "drifted": "bad", "invalid_data": "broken"}
_ALARM_TONES = {"ALARM": "bad", "OK": "good"}


def entry(event: Mapping[str, Any]) -> PageEntry:
    """The event in words; one that is not in the vocabulary keeps its name."""
    at = moment(event["time"])
    detail = event.get("detail") or {}
    tell = _TELLERS.get(event["event"], _plain(str(event["event"])))
    text, tone = tell(detail)
    return PageEntry(
        time=f"{at:%H:%M}",
        day=f"{at:%a} {at.day} {at:%b}",
        actor=str(event["actor"]),
        text=text,
        aside=_aside(detail),
        tone=tone,
    )


def _deployed(_: Detail) -> tuple[str, str]:
    return "The stacks are deployed.", "quiet"


def _analysis(d: Detail) -> tuple[str, str]:
    verdict = str(d.get("verdict", ""))
    version = f" of version {d['version']}" if d.get("version") else ""
    return f"Window{version} judged: {verdict}.", _VERDICT_TONES.get(verdict, "quiet")


def _alarm(d: Detail) -> tuple[str, str]:
    state = str(d.get("state", ""))
    return f"Alarm {d.get('alarm', '')} is now {state}.", _ALARM_TONES.get(state, "quiet")


def _gate(d: Detail) -> tuple[str, str]:
    if d.get("decision") == "start":
        return f"The gate starts a retraining: {d.get('reason', '')}.", "warn"
    return f"The gate refuses to retrain: {d.get('reason', '')}.", "quiet"


def _pipeline(d: Detail) -> tuple[str, str]:
    status = str(d.get("status", ""))
    return f"The pipeline has finished: {status}.", "good" if status == "Succeeded" else "bad"


def _registered(d: Detail) -> tuple[str, str]:
    return f"Version {d.get('version', '')} is registered: {d.get('approval', '')}.", "warn"


def _approved(d: Detail) -> tuple[str, str]:
    return f"Version {d.get('version', '')} is approved.".replace("  ", " "), "good"


def _rejected(d: Detail) -> tuple[str, str]:
    return f"Version {d.get('version', '')} is rejected.".replace("  ", " "), "bad"


def _released(d: Detail) -> tuple[str, str]:
    version = d.get("version", "")
    if d.get("outcome") == "promoted":
        return f"Version {version} is promoted: it is the champion.", "good"
    return f"Version {version} is rolled back; the champion serves on.", "bad"


def _redeployed(d: Detail) -> tuple[str, str]:
    return f"Redeployed; the champion is still version {d.get('champion', '')}.", "good"


_TELLERS: Mapping[str, Callable[[Detail], tuple[str, str]]] = {
    "deployed": _deployed,
    "analysis.completed": _analysis,
    "alarm.changed": _alarm,
    "gate.decided": _gate,
    "pipeline.finished": _pipeline,
    "model.registered": _registered,
    "model.approved": _approved,
    "model.rejected": _rejected,
    "release.finished": _released,
    "redeployed": _redeployed,
}


def _plain(name: str) -> Callable[[Detail], tuple[str, str]]:
    return lambda _: (f"{name}.", "quiet")


def _aside(detail: Detail) -> str:
    """What adds to the sentence: reasons and features, in words."""
    reasons = detail.get("reasons") or detail.get("note") or detail.get("text") or ()
    lines = [reasons] if isinstance(reasons, str) else [str(reason) for reason in reasons]
    return "; ".join(lines[:3])

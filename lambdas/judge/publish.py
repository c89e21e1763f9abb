"""What the loop and people are told of a judged window: metrics, an event, the probation."""

from driftloop.capture import Tally
from driftloop.contract import telemetry as t
from driftloop.contract.events import ANALYSIS_COMPLETED
from driftloop.window import format_time, parse_time
from lambdas.aws.outlets import put_event, put_metrics, tell
from lambdas.judge.judged import Judged, Room
from lambdas.judge.keeping import mark_told, report_key

PROBATION_WINDOWS = 3
"""Windows after a promotion whose verdicts people are told, whatever they are."""


def publish_model(room: Room, judged: list[Judged]) -> None:
    """The model's metrics: counts over all versions, drift of the champion alone.

    They are stamped at the window's start, the heartbeat at publication.
    """
    values = _counts(sum((result.profile.tally for result in judged), Tally()))
    for result in judged:
        if result.champion:
            values |= _verdict(result)
    put_metrics(room.aws, room.model, values, stamp=room.window.start)
    put_metrics(room.aws, room.model, {t.HEARTBEAT: 1})


def publish(room: Room, judged: Judged) -> None:
    """The version's event, its probation, and a note that both are out."""
    detail = {
        "model": room.model,
        "version": judged.version,
        "champion": judged.champion,
        "verdict": judged.verdict,
        "window": room.window.to_dict(),
        "revision": room.revision,
        "reasons": judged.report["reasons"],
        "drifted_features": judged.drifted_features,
        "report": {"bucket": room.analysis.name, "key": report_key(room, judged, "json")},
        "now": format_time(room.now),
    }
    if judged.champion:
        _probation(room, judged)
    put_event(room.aws, ANALYSIS_COMPLETED, detail, room.now)
    mark_told(room, judged)


def _counts(tally: Tally) -> dict[t.Metric, float]:
    return {
        t.RECORDS_USED: tally.rows,
        t.RECORDS_REJECTED: tally.rejected_lines,
        t.REJECTED_SHARE: tally.rejected_lines / tally.requests if tally.requests else 0.0,
        t.CAPTURED_EVENTS: tally.requests,
    }


def _verdict(judged: Judged) -> dict[t.Metric, float]:
    """Drift is only said of windows that could be judged: others neither raise nor clear it."""
    violations = len(judged.report["data_quality"]["violations"])
    values: dict[t.Metric, float] = {
        t.INVALID_DATA: judged.verdict == "invalid_data",
        t.QUALITY_VIOLATIONS: violations,
    }
    if judged.verdict in {"stable", "drifted"}:
        values |= {
            t.DRIFT: judged.verdict == "drifted",
            t.DRIFTED_FEATURES: len(judged.drifted_features),
            t.PREDICTION_DRIFT: judged.prediction_drifted,
        }
    return values


def _probation(room: Room, judged: Judged) -> None:
    """Drift never rolls a release back; instead its first windows are shown to people."""
    champion = room.ledger.get("CHAMPION") or {}
    if not champion.get("probation") or champion["version"] != judged.version:
        return
    length = room.window.end - room.window.start
    age = (room.window.end - parse_time(champion["since"])) / length
    if not 0 < age <= PROBATION_WINDOWS:
        return
    reasons = judged.report["reasons"]
    tell(
        room.aws,
        f"driftloop: version {judged.version} of {room.model} on probation: {judged.verdict}",
        happened=f"The window from {format_time(room.window.start)} of the new version"
        f" {judged.version} is {judged.verdict}.",
        why=" ".join(str(reason) for reason in reasons) or "Nothing stands out.",
        next_step=f"Read s3://{room.analysis.name}/{report_key(room, judged, 'html')}. To go back"
        " to the version before, reject this one in the registry.",
    )

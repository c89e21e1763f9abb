"""What the loop and people are told of a judged window: metrics, an event, the probation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from driftloop.capture import Tally
from driftloop.contract import telemetry as t
from driftloop.contract.events import ANALYSIS_COMPLETED
from driftloop.window import format_time, parse_time
from lambdas.aws.outlets import put_event, put_metrics, tell
from lambdas.judge.judged import Item, Judged
from lambdas.judge.keeping import mark_told, report_key
from lambdas.judge.loss import capture_loss
from lambdas.judge.room import Room
from lambdas.judge.standing import JUDGED, Standing

PROBATION_WINDOWS = 3
"""Windows after a promotion whose verdicts people are told, whatever they are."""

_OF_POPULATIONS = frozenset({"range", "domain"})
"""Constraints that a population may outgrow; the others only a pipe breaks."""


@dataclass(frozen=True, slots=True)
class News:
    """A judged window that nobody has been told of: the day that it closes, and what lasts."""

    judged: Judged
    day: Item | None
    standing: Standing | None


def publish_model(room: Room, judged: list[Judged], news: list[News]) -> None:
    """The model's metrics: counts over all versions, drift of the champion alone.

    They are stamped at the window's start, the heartbeat at publication.
    """
    tally = sum((result.profile.tally for result in judged), Tally())
    values = _counts(tally)
    loss = capture_loss(room, tally.requests)
    if loss is not None:
        values[t.CAPTURE_LOSS] = loss
    for item in news:
        if item.judged.champion:
            values |= _verdict(item.judged) | _day(item.day)
            _publish_standing(room, item)
    put_metrics(room.aws, room.model, values, stamp=room.window.start)
    put_metrics(room.aws, room.model, {t.HEARTBEAT: 1})


def publish(room: Room, news: News) -> None:
    """The version's event, its probation, and a note that both are out."""
    judged = news.judged
    detail = {
        "model": room.model,
        "version": judged.version,
        "champion": judged.champion,
        "verdict": judged.verdict,
        "window": room.window.to_dict(),
        "revision": room.revision,
        "reasons": _reasons(news),
        "drifted_features": judged.drifted_features,
        "persistent": list(news.standing.columns) if news.standing else [],
        "day": _day_detail(news.day),
        "report": {"bucket": room.analysis.name, "key": report_key(room, judged, "json")},
        "now": format_time(room.now),
    }
    if judged.champion:
        _probation(room, news)
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
    values: dict[t.Metric, float] = {
        t.INVALID_DATA: judged.verdict == "invalid_data",
        t.QUALITY_VIOLATIONS: _violations(judged),
    }
    if judged.verdict in JUDGED:
        values |= {
            t.DRIFT: judged.verdict == "drifted",
            t.DRIFTED_FEATURES: len(judged.drifted_features),
            t.PREDICTION_DRIFT: judged.prediction_drifted,
        }
    return values


def _violations(judged: Judged) -> int:
    """Violated constraints, less those by which drift shows: that has an alarm of its own."""
    found = judged.report["data_quality"]["violations"]
    drifted = {*judged.drifted_features, *(["prediction"] if judged.prediction_drifted else [])}
    return sum(
        not (item["constraint"] in _OF_POPULATIONS and item["feature"] in drifted) for item in found
    )


def _day(day: Item | None) -> dict[t.Metric, float]:
    if day is None or day["verdict"] not in JUDGED:
        return {}
    return {t.DAY_DRIFT: day["verdict"] == "drifted"}


def _publish_standing(room: Room, news: News) -> None:
    """What the drift alarms read, stamped at the newest judged window.

    That is mostly this one; where windows are judged out of order, or anew, an older stamp would
    be behind what the alarm looks at.
    """
    spoke = news.judged.verdict in JUDGED or bool(_day(news.day))
    if not spoke or news.standing is None:
        return
    values: Mapping[t.Metric, float] = {
        t.PERSISTENT_DRIFT: news.standing.drift,
        t.PERSISTENT_PREDICTION_DRIFT: news.standing.prediction_drift,
    }
    stamp = max(room.window.start, news.standing.newest)
    put_metrics(room.aws, room.model, values, stamp=stamp)


def _reasons(news: News) -> list[str]:
    """The window's reasons, then those of a drifted day."""
    reasons = [str(reason) for reason in news.judged.report["reasons"]]
    if news.day is not None and news.day["verdict"] == "drifted":
        date = news.day["window"]["start"][:10]
        reasons += [f"the day of {date}: {reason}" for reason in news.day["reasons"]]
    return reasons


def _day_detail(day: Item | None) -> dict[str, Any] | None:
    if day is None:
        return None
    kept = ("window", "verdict", "drifted_features", "report")
    return {name: day[name] for name in kept}


def _probation(room: Room, news: News) -> None:
    """Drift never rolls a release back; instead its first windows are shown to people."""
    judged = news.judged
    champion = room.ledger.get("CHAMPION") or {}
    if not champion.get("probation") or champion["version"] != judged.version:
        return
    length = room.window.end - room.window.start
    age = (room.window.end - parse_time(champion["since"])) / length
    if not 0 < age <= PROBATION_WINDOWS:
        return
    tell(
        room.aws,
        f"driftloop: version {judged.version} of {room.model} on probation: {judged.verdict}",
        happened=f"The window from {format_time(room.window.start)} of the new version"
        f" {judged.version} is {judged.verdict}.",
        why=" ".join(_reasons(news)) or "Nothing stands out.",
        next_step=f"Read s3://{room.analysis.name}/{report_key(room, judged, 'html')}. To go back"
        " to the version before, reject this one in the registry.",
    )

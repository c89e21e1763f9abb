"""What is kept of a judged window: profile, report as JSON and HTML, one item in the ledger."""

import math
from typing import Any

from driftloop.contract import keys
from driftloop.report.html import render_report
from driftloop.window import format_time
from lambdas.aws.ledger import ConflictError, Put, When
from lambdas.aws.storage import canonical
from lambdas.judge.judged import Judged, Room


def keep(room: Room, judged: Judged) -> bool:
    """Keep everything; False where people and the loop have been told of it already."""
    label, number = room.window.label, judged.version
    profile = keys.profile(room.model, number, label)
    room.analysis.put(profile, judged.profile.to_bytes())
    room.analysis.put(
        report_key(room, judged, "json"), canonical(judged.report), "application/json"
    )
    page = render_report(judged.report, judged.history)
    room.analysis.put(report_key(room, judged, "html"), page.encode(), "text/html; charset=utf-8")
    key = window_key(room, judged)
    known = room.ledger.get(key)
    if known is not None and known["revision"] >= room.revision:
        return known["revision"] == room.revision and not known.get("told", False)
    older = When(at_most={"revision": room.revision}, or_absent=True)
    try:
        room.ledger.write(Put(key, _item(room, judged), older))
    except ConflictError:
        return False  # a newer revision has been judged meanwhile
    return True


def mark_told(room: Room, judged: Judged) -> None:
    """Note that the loop and people know; a newer revision, if there is one by now, stays."""
    told = {**_item(room, judged), "told": True}
    try:
        room.ledger.write(
            Put(window_key(room, judged), told, When(equals={"revision": room.revision}))
        )
    except ConflictError:
        return


def report_key(room: Room, judged: Judged, suffix: str) -> str:
    """Where the report lies in the analysis bucket."""
    return keys.report(room.model, judged.version, room.window.label, room.revision, suffix)


def window_key(room: Room, judged: Judged) -> str:
    """Where the ledger keeps the verdict."""
    return f"WINDOW#{judged.version:05d}#{room.window.label}"


def _item(room: Room, judged: Judged) -> dict[str, Any]:
    features = judged.report["features"]
    effects = {name: entry["effect"] for name, entry in features.items()}
    return {
        "version": judged.version,
        "label": room.window.label,
        "window": room.window.to_dict(),
        "revision": room.revision,
        "verdict": judged.verdict,
        "drifted_features": judged.drifted_features,
        "prediction_drifted": judged.prediction_drifted,
        "effects": {
            name: effect
            for name, effect in effects.items()
            if effect is not None and math.isfinite(effect)
        },
        "report": report_key(room, judged, "json"),
        "judged": format_time(room.now),
    }

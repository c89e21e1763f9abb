"""What is kept of a judged window or day: report as JSON and HTML, one item in the ledger; of a
window its profile too, since longer spans are sums of those.
"""

from driftloop.contract import keys
from driftloop.report.html import render_report
from lambdas.aws.ledger import ConflictError, Put, When
from lambdas.aws.storage import canonical
from lambdas.judge.judged import Item, Judged
from lambdas.judge.room import Room


def keep(room: Room, judged: Judged) -> bool:
    """Keep everything; False where people and the loop have been told of it already."""
    known = room.ledger.get(judged.key)
    if known is not None and (known["revision"] > room.revision or _told(known, room)):
        return False
    keep_report(room, judged)
    profile = keys.profile(room.model, judged.version, judged.label)
    room.analysis.put(profile, judged.profile.to_bytes())
    if known is not None and known["revision"] == room.revision:
        return True
    return put_item(room, judged, item_of(room, judged))


def _told(known: Item, room: Room) -> bool:
    return bool(known["revision"] == room.revision and known.get("told", False))


def keep_report(room: Room, judged: Judged) -> None:
    """The report in both forms, under keys with the revision."""
    room.analysis.put(
        report_key(room, judged, "json"), canonical(judged.report), "application/json"
    )
    page = render_report(judged.report, judged.history)
    room.analysis.put(report_key(room, judged, "html"), page.encode(), "text/html; charset=utf-8")


def put_item(room: Room, judged: Judged, item: Item) -> bool:
    """Write the verdict down; False where a newer revision was, or this one in the meantime."""
    older = When(at_most={"revision": room.revision}, or_absent=True)
    try:
        room.ledger.write(Put(judged.key, item, older))
    except ConflictError:
        return False
    return True


def mark_told(room: Room, judged: Judged) -> None:
    """Note that the loop and people know; a newer revision, if there is one by now, stays."""
    told = {**item_of(room, judged), "told": True}
    try:
        room.ledger.write(Put(judged.key, told, When(equals={"revision": room.revision})))
    except ConflictError:
        return


def item_of(room: Room, judged: Judged) -> Item:
    """What the ledger keeps."""
    return judged.to_item(room, report_key(room, judged, "json"))


def report_key(room: Room, judged: Judged, suffix: str) -> str:
    """Where the report lies in the analysis bucket."""
    return keys.report(room.model, judged.version, judged.label, room.revision, suffix)

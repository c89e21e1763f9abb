"""The facts of a decision, gathered from ledger, registry and buckets."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from driftloop.policy import gate
from driftloop.policy.record import (
    JudgedWindow,
    broken_window,
    drifted_days,
    drifted_windows,
    refused_in_a_row,
)
from driftloop.policy.retraining import training_range
from driftloop.window import Window, format_time, parse_time
from lambdas.aws.ledger import Ledger
from lambdas.gate.labels import mature_labels
from lambdas.gate.registry import pending_versions
from lambdas.gate.room import Room

_LOOKBACK_WINDOWS = 24
_LOOKBACK_DAYS = 7
_OPEN = {"approved", "awaiting_endpoint", "releasing"}


def gather(room: Room, now: datetime) -> gate.Facts:
    """Everything that the policy looks at, as of ``now``."""
    champion = room.ledger.get("CHAMPION")
    since = parse_time(champion["since"]) if champion else None
    windows = newest(room.ledger, "WINDOW", champion, _LOOKBACK_WINDOWS)
    days = newest(room.ledger, "DAY", champion, _LOOKBACK_DAYS)
    lease = room.ledger.get("LEASE")
    return gate.Facts(
        paused=room.config.paused,
        broken_window=broken_window(windows),
        in_flight=_in_flight(lease),
        awaiting=tuple(_awaiting(room, champion)),
        champion=champion["version"] if champion else None,
        champion_since=since,
        drifted_windows=drifted_windows(windows, since),
        drifted_days=drifted_days(days, since),
        refused_in_a_row=refused_in_a_row(_refusals(room.ledger), since),
        starts=tuple(starts(room.ledger, now - gate.BUDGET_PERIOD, now)),
        mature_labels=mature_labels(room, training_range(now, room.config.retraining)),
    )


def newest(
    ledger: Ledger, kind: str, champion: dict[str, Any] | None, limit: int
) -> list[JudgedWindow]:
    """The champion's newest judged windows (``WINDOW``) or days (``DAY``)."""
    if champion is None:
        return []
    prefix = f"{kind}#{champion['version']:05d}#"
    return [judged(item) for item in ledger.prefixed(prefix, newest_first=True, limit=limit)]


def broken_windows(ledger: Ledger, data: Window) -> list[Window]:
    """All windows within ``data`` whose data was invalid, whichever version served."""
    found: list[Window] = []
    for version in ledger.prefixed("VERSION#"):
        prefix = f"WINDOW#{version['version']:05d}#"
        first = Window(data.start - timedelta(days=1), data.end).label
        items = ledger.query(f"{prefix}{first}", f"{prefix}{data.end:%Y%m%dT%H}")
        found += [judged(item).window for item in items if item["verdict"] == "invalid_data"]
    return found


def judged(item: dict[str, Any]) -> JudgedWindow:
    """A WINDOW or DAY item as a value."""
    return JudgedWindow(
        version=item["version"],
        window=Window.from_dict(item["window"]),
        verdict=item["verdict"],
        prediction_drifted=item["prediction_drifted"],
    )


def starts(ledger: Ledger, first: datetime, last: datetime) -> Iterator[datetime]:
    """When runs were started between two times."""
    for item in ledger.query(f"DECISION#{format_time(first)}", f"DECISION#{format_time(last)}~"):
        if item["decision"] == "start":
            yield parse_time(item["at"])


def last_start(ledger: Ledger, first: datetime, last: datetime) -> datetime | None:
    """The newest of them."""
    return max(starts(ledger, first, last), default=None)


def _in_flight(lease: dict[str, Any] | None) -> str | None:
    if lease is None:
        return None
    return str(lease.get("execution_arn", f"of decision {lease['decision_id']}"))


def _awaiting(room: Room, champion: dict[str, Any] | None) -> Iterator[str]:
    newest = champion["version"] if champion else 0
    for version in pending_versions(room) or ():
        if version > newest:
            yield f"version {version} waits for approval in {room.resource}"
    for item in room.ledger.prefixed("VERSION#"):
        if item["status"] in _OPEN:
            yield f"version {item['version']} is {item['status'].replace('_', ' ')}"


def _refusals(ledger: Ledger) -> Iterator[datetime]:
    for run in ledger.prefixed("RUN#"):
        if run["outcome"] == "refused":
            yield parse_time(run["finished"])
    for version in ledger.prefixed("VERSION#"):
        never_live = version["status"] == "rejected" and "live_from" not in version
        if (never_live or version["status"] == "rolled_back") and "decided" in version:
            yield parse_time(version["decided"])

"""MiniStack's EventBridge: events on the default bus, with simulated time."""

import contextvars
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from driftloop.window import format_time
from rehearsal.ministack.names import Response, import_module, request_scope

MAX_ENTRIES = 10
"""Entries that PutEvents accepts in one request."""

_event_time: contextvars.ContextVar[float | None] = contextvars.ContextVar(
    "event_time", default=None
)


def set_event_time(now: Callable[[], datetime]) -> None:
    """Give events simulated time, or the ``Time`` of their PutEvents entry.

    MiniStack stamps all entries of a request with the same time, so each entry is put on its own.
    """
    eventbridge = import_module("services.eventbridge")
    original = eventbridge._put_events

    def put_events(data: Mapping[str, Any], allow_aws_source: bool = False) -> Response:
        results = [
            json.loads(_put_entry(original, {**data, "Entries": [entry]}, allow_aws_source)[2])
            for entry in data.get("Entries", ())
        ]
        if len(results) > MAX_ENTRIES or any("Entries" not in result for result in results):
            error_response: Response = original(data, allow_aws_source)
            return error_response
        merged = {
            "FailedEntryCount": sum(result["FailedEntryCount"] for result in results),
            "Entries": [entry for result in results for entry in result["Entries"]],
        }
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(merged).encode()

    def now_ts() -> float:
        event_time = _event_time.get()
        return event_time if event_time is not None else now().timestamp()

    eventbridge._put_events = put_events
    eventbridge._now_ts = now_ts
    _set_ingestion_time(eventbridge, now)


def _set_ingestion_time(eventbridge: Any, now: Callable[[], datetime]) -> None:
    """Give input transformers simulated time, whatever the ``Time`` of the entry."""
    original = eventbridge._apply_input_transformer

    def apply(transformer: Mapping[str, Any], *rest: object) -> object:
        template = transformer.get("InputTemplate", "").replace(
            "<aws.events.event.ingestion-time>", json.dumps(format_time(now()))
        )
        return original({**transformer, "InputTemplate": template}, *rest)

    eventbridge._apply_input_transformer = apply


def put_service_event(
    source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str]
) -> None:
    """Put an event of an AWS service on the default bus."""
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=str),
        "Resources": list(resources),
    }
    with request_scope():
        eventbridge = import_module("services.eventbridge")
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def on_bus_event(record: Callable[[dict[str, Any]], None]) -> None:
    """Call ``record`` with every event before its rules are matched."""
    eventbridge = import_module("services.eventbridge")
    original = eventbridge._dispatch_event

    def dispatch_event(event: dict[str, Any], view: object = None) -> None:
        record(event)
        original(event, view)

    eventbridge._dispatch_event = dispatch_event


def matches_pattern(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Return whether an event, as EventBridge delivers it, matches a rule's pattern."""
    members = {
        "EventId": event["id"],
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "Resources": event["resources"],
        "Time": 0,
        "Account": event["account"],
        "Region": event["region"],
    }
    eventbridge = import_module("services.eventbridge")
    return bool(eventbridge._matches_pattern(json.dumps(pattern), members))


def _put_entry(
    put_events: Callable[..., Response], data: dict[str, Any], allow_aws_source: bool
) -> Response:
    entry_time = data["Entries"][0].get("Time")
    token = _event_time.set(_to_epoch_seconds(entry_time) if entry_time is not None else None)
    try:
        return put_events(data, allow_aws_source)
    finally:
        _event_time.reset(token)


def _to_epoch_seconds(value: float | str) -> float:
    if isinstance(value, str):
        return datetime.fromisoformat(value).timestamp()
    return float(value)

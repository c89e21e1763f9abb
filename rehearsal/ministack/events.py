"""MiniStack's events and schedules, on simulated time."""

import contextvars
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rehearsal.ministack.names import ACCOUNT, REGION, Response, module, scope

_moment: contextvars.ContextVar[float | None] = contextvars.ContextVar("moment", default=None)


def set_time_of_events(now: Callable[[], datetime]) -> None:
    """Events carry simulated time, or the Time that PutEvents gives them."""
    bridge = module("services.eventbridge")
    put_all = bridge._put_events

    def put_events(data: Mapping[str, Any], allow_aws_source: bool = False) -> Response:
        answers = [
            json.loads(_put_one(put_all, {**data, "Entries": [entry]}, allow_aws_source)[2])
            for entry in data.get("Entries", ())
        ]
        if len(answers) > 10 or any("Entries" not in answer for answer in answers):
            refused: Response = put_all(data, allow_aws_source)
            return refused
        merged = {
            "FailedEntryCount": sum(answer["FailedEntryCount"] for answer in answers),
            "Entries": [entry for answer in answers for entry in answer["Entries"]],
        }
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(merged).encode()

    def now_ts() -> float:
        moment = _moment.get()
        return moment if moment is not None else now().timestamp()

    bridge._put_events = put_events
    bridge._now_ts = now_ts


def _put_one(put_all: Callable[..., Response], data: dict[str, Any], allowed: bool) -> Response:
    given = data["Entries"][0].get("Time")
    token = _moment.set(_seconds(given) if given is not None else None)
    try:
        return put_all(data, allowed)
    finally:
        _moment.reset(token)


def _seconds(value: float | str) -> float:
    if isinstance(value, str):
        return datetime.fromisoformat(value).timestamp()
    return float(value)


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
    with scope():
        module("services.eventbridge")._put_events({"Entries": [entry]}, allow_aws_source=True)


def on_event(see: Callable[[dict[str, Any]], None]) -> None:
    """See every event before its rules are matched."""
    bridge = module("services.eventbridge")
    dispatch = bridge._dispatch_event

    def dispatch_event(event: dict[str, Any], view: object = None) -> None:
        see(event)
        dispatch(event, view)

    bridge._dispatch_event = dispatch_event


def schedules() -> list[dict[str, Any]]:
    """The EventBridge Scheduler schedules that stacks made."""
    with scope():
        return [
            dict(schedule) for schedule in list(module("services.scheduler")._schedules.values())
        ]


def invoke_schedule_target(target: dict[str, Any], schedule: dict[str, Any], now: datetime) -> None:
    """Invoke the target of a schedule; the payload is the target's Input."""
    event = {
        "EventId": "scheduled",
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": int(now.timestamp()),
        "Resources": [schedule.get("Arn", "")],
        "Account": ACCOUNT,
        "Region": REGION,
    }
    with scope():
        module("services.eventbridge")._invoke_target(target, event, schedule)


def next_time(expression: str, after: datetime, created: datetime) -> datetime | None:
    """When a rate(…) or cron(…) expression is due next; None where it is neither."""
    bridge = module("services.eventbridge")
    if (seconds := bridge._parse_rate_seconds(expression)) is not None:
        passed = (after - created).total_seconds() // seconds + 1
        return datetime.fromtimestamp(created.timestamp() + passed * seconds, after.tzinfo)
    fields = bridge._parse_cron_fields(expression)
    found: datetime | None = bridge._cron_next_fire(fields, after) if fields else None
    return found

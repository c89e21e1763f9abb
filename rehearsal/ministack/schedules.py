"""MiniStack's EventBridge Scheduler: its schedules, their next times and their targets."""

from datetime import datetime
from typing import Any

from rehearsal.ministack.names import ACCOUNT, REGION, import_module, request_scope


def list_schedules() -> list[dict[str, Any]]:
    """Return the schedules that the stacks created."""
    with request_scope():
        schedules = import_module("services.scheduler")._schedules
        return [dict(schedule) for schedule in list(schedules.values())]


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
    with request_scope():
        import_module("services.eventbridge")._invoke_target(target, event, schedule)


def find_next_time(expression: str, after: datetime, created: datetime) -> datetime | None:
    """Return the first time after ``after`` of a rate(…) or cron(…) expression, else None."""
    eventbridge = import_module("services.eventbridge")
    if (seconds := eventbridge._parse_rate_seconds(expression)) is not None:
        periods = (after - created).total_seconds() // seconds + 1
        return datetime.fromtimestamp(created.timestamp() + periods * seconds, after.tzinfo)
    fields = eventbridge._parse_cron_fields(expression)
    following: datetime | None = eventbridge._cron_next_fire(fields, after) if fields else None
    return following

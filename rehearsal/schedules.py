"""EventBridge Scheduler in simulated time, for the schedules that the stacks created."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rehearsal.ministack import schedules
from rehearsal.simulated_clock import SimulatedClock

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)


class EmulatedSchedules:
    """Finds the schedules that are due, once per simulated minute, and invokes their targets."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._first_seen: dict[str, datetime] = {}

    def invoke_due(self) -> None:
        """Invoke the targets of the schedules that are due in this minute."""
        now = self._clock.now()
        for schedule in schedules.list_schedules():
            if schedule.get("State", "ENABLED") == "ENABLED" and self._is_due(schedule, now):
                log.info("schedule %s is due", schedule["Name"])
                schedules.invoke_schedule_target(resolve_target(schedule, now), schedule, now)

    def _is_due(self, schedule: Mapping[str, Any], now: datetime) -> bool:
        created = self._first_seen.setdefault(schedule["Arn"], now)
        expression = schedule["ScheduleExpression"]
        following = schedules.find_next_time(expression, now - MINUTE, created)
        if following is None:
            raise ValueError(
                f"schedule {schedule['Name']}: {expression} is not a rate or cron expression"
            )
        return following <= now


def resolve_target(schedule: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the schedule's target with the values of its context attributes.

    Source: EventBridge Scheduler User Guide, "Adding context attributes".
    """
    target = dict(schedule["Target"])
    values = {
        "<aws.scheduler.scheduled-time>": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "<aws.scheduler.schedule-arn>": schedule["Arn"],
        "<aws.scheduler.execution-id>": f"{schedule['Name']}-{now:%Y%m%d%H%M}",
        "<aws.scheduler.attempt-number>": "1",
    }
    text = target.get("Input") or ""
    for attribute, value in values.items():
        text = text.replace(attribute, value)
    return target | ({"Input": text} if text else {})

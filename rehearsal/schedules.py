"""EventBridge Scheduler on simulated time, from the schedules that the stacks made."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rehearsal.ministack import events
from rehearsal.simulated_clock import SimulatedClock

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)


class EmulatedSchedules:
    """Looks once a simulated minute which schedules are due, and invokes their targets."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._first_seen: dict[str, datetime] = {}

    def tick(self) -> None:
        """Invoke what falls due at this minute."""
        now = self._clock.now()
        for schedule in events.schedules():
            if schedule.get("State", "ENABLED") == "ENABLED" and self._due(schedule, now):
                log.info("schedule %s is due", schedule["Name"])
                events.invoke_schedule_target(target(schedule, now), schedule, now)

    def _due(self, schedule: Mapping[str, Any], now: datetime) -> bool:
        created = self._first_seen.setdefault(schedule["Arn"], now)
        expression = schedule["ScheduleExpression"]
        following = events.next_time(expression, now - MINUTE, created)
        if following is None:
            raise ValueError(f"schedule {schedule['Name']}: {expression} is no rate or cron")
        return following <= now


def target(schedule: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The schedule's target with the context attributes filled in.

    Source: EventBridge Scheduler User Guide, "Adding context attributes".
    """
    found = dict(schedule["Target"])
    values = {
        "<aws.scheduler.scheduled-time>": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "<aws.scheduler.schedule-arn>": schedule["Arn"],
        "<aws.scheduler.execution-id>": f"{schedule['Name']}-{now:%Y%m%d%H%M}",
        "<aws.scheduler.attempt-number>": "1",
    }
    text = found.get("Input") or ""
    for attribute, value in values.items():
        text = text.replace(attribute, value)
    return found | ({"Input": text} if text else {})

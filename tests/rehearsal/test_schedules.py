import json
from datetime import UTC, datetime, timedelta

import pytest

from rehearsal.ministack import schedules
from rehearsal.schedules import MINUTE, EmulatedSchedules, resolve_target
from rehearsal.simulated_clock import SimulatedClock

START = datetime(2027, 1, 4, 10, 0, tzinfo=UTC)
SCHEDULE = {
    "Name": "analysis",
    "Arn": "arn:aws:scheduler:us-east-1:000000000000:schedule/default/analysis",
    "ScheduleExpression": "cron(20 * * * ? *)",
    "State": "ENABLED",
    "Target": {"Arn": "f", "Input": '{"at": "<aws.scheduler.scheduled-time>", "model": "m"}'},
}


@pytest.fixture
def play(monkeypatch):
    """Runs one schedule for two and a half hours; returns the calls of its target."""

    def run(**changes):
        calls = []
        monkeypatch.setattr(schedules, "list_schedules", lambda: [{**SCHEDULE, **changes}])
        monkeypatch.setattr(
            schedules,
            "invoke_schedule_target",
            lambda target, _schedule, now: calls.append((now, json.loads(target["Input"]))),
        )
        clock = SimulatedClock(START)
        clock.every(MINUTE, EmulatedSchedules(clock).invoke_due, "every minute")
        clock.advance(timedelta(hours=2, minutes=30))
        return calls

    return run


def test_a_cron_schedule_runs_at_its_minute_of_every_hour(play):
    times = [now for now, _ in play()]
    assert times == [START + timedelta(minutes=m) for m in (20, 80, 140)]


def test_a_rate_schedule_runs_at_once_and_then_counts_from_its_creation(play):
    """EventBridge Scheduler User Guide, "Schedule types": without a start date it runs at once."""
    times = [now for now, _ in play(ScheduleExpression="rate(1 hour)")]
    first = START + MINUTE
    assert times == [first + timedelta(hours=hour) for hour in range(3)]


def test_the_input_gets_the_scheduled_time(play):
    assert play()[0][1] == {"at": "2027-01-04T10:20:00Z", "model": "m"}


def test_a_disabled_schedule_does_not_run(play):
    assert play(State="DISABLED") == []


def test_a_target_without_input_gets_no_input():
    assert resolve_target({**SCHEDULE, "Target": {"Arn": "f"}}, START) == {"Arn": "f"}

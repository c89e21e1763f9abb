import json
from datetime import UTC, datetime, timedelta

import pytest

from rehearsal.ministack import events
from rehearsal.schedules import MINUTE, EmulatedSchedules, target
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
def played(monkeypatch):
    """Plays two and a half hours of one schedule; gives the calls of its target."""

    def play(**changes):
        calls = []
        monkeypatch.setattr(events, "schedules", lambda: [{**SCHEDULE, **changes}])
        monkeypatch.setattr(
            events,
            "invoke_schedule_target",
            lambda target, _schedule, now: calls.append((now, json.loads(target["Input"]))),
        )
        clock = SimulatedClock(START)
        schedules = EmulatedSchedules(clock)
        clock.every(MINUTE, schedules.tick, "tick")
        clock.advance(timedelta(hours=2, minutes=30))
        return calls

    return play


def test_a_cron_schedule_runs_at_its_minute_of_every_hour(played):
    times = [now for now, _ in played()]
    assert times == [START + timedelta(minutes=m) for m in (20, 80, 140)]


def test_a_rate_runs_at_once_and_counts_from_the_schedule_s_creation(played):
    """EventBridge Scheduler User Guide, "Schedule types": without a start date it runs at once."""
    times = [now for now, _ in played(ScheduleExpression="rate(1 hour)")]
    first = START + MINUTE
    assert times == [first + timedelta(hours=hour) for hour in range(3)]


def test_the_scheduled_time_is_put_into_the_input(played):
    assert played()[0][1] == {"at": "2027-01-04T10:20:00Z", "model": "m"}


def test_a_schedule_that_is_switched_off_stays_off(played):
    assert played(State="DISABLED") == []


def test_a_target_without_input_gets_none():
    assert target({**SCHEDULE, "Target": {"Arn": "f"}}, START) == {"Arn": "f"}

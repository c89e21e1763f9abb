from datetime import UTC, datetime, timedelta

import pytest

from rehearsal.simulated_clock import SimulatedClock

START = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_time_does_not_change_until_it_is_advanced():
    clock = SimulatedClock(START)
    assert clock.now() == START
    clock.advance(MINUTE)
    assert clock.now() == START + MINUTE


def test_callbacks_run_in_order_of_time_and_at_their_own_time():
    clock, seen = SimulatedClock(START), []
    clock.call_at(START + 2 * MINUTE, lambda: seen.append(("later", clock.now())), "later")
    clock.call_at(START + MINUTE, lambda: seen.append(("sooner", clock.now())), "sooner")
    clock.advance(3 * MINUTE)
    assert seen == [("sooner", START + MINUTE), ("later", START + 2 * MINUTE)]
    assert clock.now() == START + 3 * MINUTE


def test_a_callback_may_schedule_another_within_the_same_step():
    clock, seen = SimulatedClock(START), []
    clock.call_at(
        START + MINUTE, lambda: clock.call_at(clock.now(), lambda: seen.append(1), "b"), "a"
    )
    clock.advance(MINUTE)
    assert seen == [1]


def test_a_callback_in_the_past_runs_at_the_next_step_and_time_never_decreases():
    clock, seen = SimulatedClock(START), []
    clock.call_at(START - MINUTE, lambda: seen.append(clock.now()), "late")
    clock.advance(MINUTE)
    clock.advance_to(START)
    assert seen == [START]
    assert clock.now() == START + MINUTE


def test_a_period_starts_at_its_multiples():
    clock, seen = SimulatedClock(START + timedelta(seconds=20)), []
    clock.every(MINUTE, lambda: seen.append(clock.now()), "every minute")
    clock.advance(timedelta(minutes=2))
    assert seen == [START + MINUTE, START + 2 * MINUTE]


def test_a_time_without_a_time_zone_is_an_error():
    with pytest.raises(ValueError, match="no time zone"):
        SimulatedClock(datetime(2026, 3, 1))  # noqa: DTZ001

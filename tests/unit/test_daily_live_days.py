"""Live days are decided for good once, in the order of the days, however they arrive."""

import dataclasses
from collections.abc import Iterable
from functools import cache

import msgspec
import numpy as np
import pytest

from driftloop.daily.day_decision import DayDecision
from driftloop.daily.live_days import (
    LiveDays,
    LiveRule,
    decide_live_day,
    decide_live_window,
    settling_ends,
)
from driftloop.errors import FormatError
from driftloop.profile import profile_batch
from driftloop.profile.hourly.counts import Hours
from tests.daily_traffic import end, fitted, learned, traffic

FIRST = 56


@cache
def hours(day: int, fault: str | None = None) -> Hours:
    return profile_batch(fitted(), traffic(day, 1, fault)).hours


@cache
def rule(lateness: int = 6, first: int = FIRST) -> LiveRule:
    """A version serves from day ``first`` on."""
    return LiveRule(
        training=learned(),
        allowed_lateness_hours=lateness,
        is_expected=lambda one: one >= end(first),
    )


def play(
    days: Iterable[int], used: LiveRule | None = None, live: LiveDays | None = None
) -> tuple[LiveDays, dict[int, DayDecision]]:
    """Decide on days in the order in which they arrive; a shift of the clock begins on day 60."""
    live = live or LiveDays(fitted().fingerprint)
    decisions = {}
    for day in days:
        live = live.with_counts(end(day), hours(day, "clock" if day >= 60 else None))
        live, decision = decide_live_day(live, used or rule(), end(day))
        assert decision is not None
        decisions[day] = decision
    return live, decisions


def decided(live: LiveDays) -> list[int]:
    return [(one.end - end(0)) // 24 for one in live.decided]


def pending(live: LiveDays) -> list[int]:
    return [(one - end(0)) // 24 for one in live.pending]


def test_a_day_is_decided_for_good_when_its_allowed_lateness_is_over() -> None:
    live, _ = play(range(56, 61))
    assert (decided(live), pending(live)) == ([56, 57, 58, 59], [60])
    slow, _ = play(range(56, 61), rule(lateness=72))
    assert (decided(slow), pending(slow)) == ([56, 57], [58, 59, 60])


@pytest.mark.parametrize("seed", range(2))
def test_days_that_arrive_at_once_in_any_order_end_as_in_their_order(seed: int) -> None:
    days = list(range(56, 64))
    expected, in_order = play(days)
    live, _ = play(np.random.default_rng(seed).permutation(days).tolist())
    live, again = play([63], live=live)
    assert live.to_bytes() == expected.to_bytes()
    assert again[63].record == in_order[63].record


def test_a_repetition_changes_no_byte() -> None:
    live, first = play(range(56, 63))
    again, second = play([62, 61, 58], live=live)
    assert again.to_bytes() == live.to_bytes()
    assert [second[day].record for day in (58, 61, 62)] == [
        first[day].record for day in (58, 61, 62)
    ]


def test_a_rerun_changes_the_counts_of_a_decided_day_and_never_its_record() -> None:
    live, _ = play(range(56, 63))
    changed = live.with_counts(end(58), hours(58, "missing"))
    rerun, decision = decide_live_day(changed, rule(), end(58))
    assert decision is not None
    assert decision.record.alarms["temp"] == ("missing",)
    assert rerun.decided == live.decided
    assert rerun.hours[end(58) - 1].counts.sum() > 0
    assert rerun.to_bytes() != live.to_bytes()


def test_late_records_of_a_pending_day_are_in_its_record() -> None:
    live, _ = play(range(56, 59))
    live = live.with_counts(end(58), hours(58, "missing"))
    live, _ = play([59], live=live)
    assert live.decided[-1].alarms == {"temp": ("missing",)}


def test_a_missing_day_is_waited_for_and_given_up_after_two_weeks() -> None:
    days = [56, 57, *range(59, 72)]
    live, _ = play(days)
    assert decided(live) == [56, 57]
    assert settling_ends(live, rule()) == []
    live, _ = play([72], live=live)
    assert (decided(live), pending(live)) == ([56, 57, *range(59, 72)], [72])


def test_a_day_that_is_too_late_is_decided_against_the_days_before_it_alone() -> None:
    live, _ = play([56, 57, *range(59, 74)])
    before = {one.end: one for one in live.decided}
    late, decisions = play([58], live=live)
    assert pending(late) == [73]
    assert decided(late) == list(range(56, 73))
    assert {one.end: one for one in late.decided if one.end != end(58)} == before
    _, in_order = play(range(56, 59))
    assert decisions[58].record == in_order[58].record


def test_the_window_that_stands_for_a_pending_day_is_kept_until_the_day_is_decided() -> None:
    live, used = LiveDays(fitted().fingerprint), rule(first=55)
    for day in range(56, 67):  # day 55 is missing
        for part in (12, 0):
            live, _ = decide_live_window(live, used, end(day) - part, 12, hours(day))
        live = live.with_counts(end(day), hours(day))
        live, _ = decide_live_day(live, used, end(day))
    assert pending(live) == list(range(56, 67))
    midnights = [one.end for one in live.windows if one.end % 24 == 0]
    assert [(one - end(0)) // 24 for one in midnights] == pending(live)
    others = [one.end for one in live.windows if one.end % 24]
    assert min(others) > end(66) - 8 * 24


def test_days_in_which_the_version_did_not_serve_are_not_waited_for() -> None:
    served = {*range(56, 58), *range(60, 63)}
    used = dataclasses.replace(rule(), is_expected=lambda one: (one - end(0)) // 24 in served)
    live, _ = play(sorted(served), used)
    assert (decided(live), pending(live)) == ([56, 57, 60, 61], [62])


def test_a_day_without_records_is_a_day_that_is_not_accepted() -> None:
    live = LiveDays(fitted().fingerprint).with_counts(end(56), {})
    live, decision = decide_live_day(live, rule(), end(56))
    assert decision is not None
    assert (decision.record.records, decision.alarms) == (0, ())
    live, _ = play([57], live=live)
    assert decided(live) == [56]


def test_counts_of_the_days_that_can_be_the_reference_are_kept() -> None:
    first, _ = play(range(56, 60))
    earlier = [
        msgspec.structs.replace(first.decided[0], end=end(day)) for day in range(FIRST - 53, FIRST)
    ]
    live = dataclasses.replace(first, decided=(*earlier, *first.decided))
    live = live.with_counts(end(FIRST - 53), hours(56))
    live, _ = play([60], live=live)
    assert len(live.decided) == 53 + 4
    assert min(live.hours) == end(56) - 24


def test_the_first_live_days_are_compared_with_the_training_days_however_old_they_are() -> None:
    used = rule(first=FIRST + 200)
    live, decisions = play([FIRST + 200], used)
    assert decisions[FIRST + 200].record.statistics["temp"].keys() >= {"level", "spread"}
    assert decisions[FIRST + 200].record.alarms == {"hour": ("clock",)}
    _, early = play(range(FIRST + 201, FIRST + 208), used, live)
    assert all("temp" in one.record.statistics for one in early.values())


def test_they_are_stored_and_a_damaged_object_is_refused() -> None:
    live, _ = play(range(56, 59))
    stored = live.to_bytes()
    assert LiveDays.from_bytes(stored).to_bytes() == stored
    with pytest.raises(FormatError):
        LiveDays.from_bytes(stored[:-9])
    with pytest.raises(FormatError, match="baseline"):
        LiveDays.from_bytes(fitted().to_bytes())

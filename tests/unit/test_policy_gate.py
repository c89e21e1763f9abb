from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from driftloop.config.sections import RetrainingSettings
from driftloop.retraining.gate import (
    CHECKS,
    GateState,
    RefusalReason,
    RetrainingRequest,
    StartReason,
    decide,
)

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
POLICY = RetrainingSettings(
    min_labels=100, cooldown_hours=24, max_runs_per_30_days=4, max_consecutive_rejections=3
)
READY = GateState(
    champion=1,
    champion_since=NOW - timedelta(days=9),
    drifted_windows=("20260310T10", "20260310T11"),
    mature_labels=100,
)
ASK = RetrainingRequest("late", "alarm:x", NOW, StartReason.DRIFT, "the alarm x went off.")

REFUSED = {
    RefusalReason.PAUSED: {"paused": True},
    RefusalReason.INVALID_DATA: {"invalid_window": "20260310T11"},
    RefusalReason.EXECUTION_IN_PROGRESS: {"execution_in_progress": "arn:run"},
    RefusalReason.PENDING_APPROVAL: {"pending_approvals": ("version 2 waits",)},
    RefusalReason.NO_DRIFT_SINCE_PROMOTION: {"drifted_windows": ()},
    RefusalReason.CIRCUIT_BREAKER_OPEN: {"consecutive_rejections": 3},
    RefusalReason.COOLDOWN: {"starts": (NOW - timedelta(hours=23),)},
    RefusalReason.RUN_LIMIT_REACHED: {
        "starts": tuple(NOW - timedelta(days=d) for d in (2, 5, 9, 29))
    },
    RefusalReason.INSUFFICIENT_LABELS: {"mature_labels": 99},
}


def test_a_standing_cause_with_nothing_against_it_starts():
    decision = decide(ASK, READY, POLICY)
    assert (decision.decision, decision.reason) == ("start", "drift")
    assert decision.message == "Retraining starts: the alarm x went off."


def test_every_reason_of_refusal_has_its_check():
    assert set(REFUSED) == set(RefusalReason) == {refusal for refusal, _ in CHECKS}


@pytest.mark.parametrize(("refusal", "facts"), REFUSED.items())
def test_each_fact_alone_refuses_with_its_own_reason(refusal, facts):
    decision = decide(ASK, replace(READY, **facts), POLICY)
    assert (decision.decision, decision.reason) == ("refuse", str(refusal))
    assert decision.message.startswith("No retraining: ")


@pytest.mark.parametrize("first", range(len(CHECKS)))
def test_where_several_facts_refuse_the_first_in_the_documented_order_is_named(first):
    together: dict[str, object] = {}
    for refusal, _ in CHECKS[first:]:
        together |= {k: v for k, v in REFUSED[refusal].items() if k not in together}
    assert decide(ASK, replace(READY, **together), POLICY).reason == str(CHECKS[first][0])


@pytest.mark.parametrize(
    "refusal",
    [
        RefusalReason.NO_DRIFT_SINCE_PROMOTION,
        RefusalReason.CIRCUIT_BREAKER_OPEN,
        RefusalReason.COOLDOWN,
    ],
)
def test_a_persons_request_is_not_held_back_by(refusal):
    asked = replace(ASK, reason=StartReason.MANUAL)
    assert decide(asked, replace(READY, **REFUSED[refusal]), POLICY).reason == "manual"


@pytest.mark.parametrize(
    "refusal",
    [RefusalReason.PAUSED, RefusalReason.RUN_LIMIT_REACHED, RefusalReason.EXECUTION_IN_PROGRESS],
)
def test_a_persons_request_still_keeps_the_limits(refusal):
    asked = replace(ASK, reason=StartReason.MANUAL)
    assert decide(asked, replace(READY, **REFUSED[refusal]), POLICY).reason == str(refusal)


def test_a_first_run_needs_neither_labels_nor_evidence():
    asked = replace(ASK, reason=StartReason.INITIAL_TRAINING)
    assert decide(asked, GateState(), POLICY).reason == "initial_training"


def test_a_schedule_needs_labels_but_no_drift():
    asked = replace(ASK, reason=StartReason.SCHEDULE)
    assert decide(asked, replace(READY, drifted_windows=()), POLICY).reason == "schedule"
    few = replace(READY, mature_labels=99)
    assert decide(asked, few, POLICY).reason == "insufficient_labels"


def test_a_person_can_ask_for_another_first_version_without_any_labels():
    asked = replace(ASK, reason=StartReason.MANUAL)
    assert decide(asked, GateState(), POLICY).reason == "manual"


def test_a_cause_that_no_retraining_cures_is_broken_data_whatever_the_windows_say():
    asked = replace(ASK, reason=None, message="the alarm about data quality went off.")
    decision = decide(asked, READY, POLICY)
    assert (decision.decision, decision.reason) == ("refuse", "invalid_data")


def test_the_cooldown_ends_to_the_second():
    ended = replace(READY, starts=(NOW - timedelta(hours=24),))
    assert decide(ASK, ended, POLICY).decision == "start"
    running = replace(READY, starts=(NOW - timedelta(hours=24) + timedelta(seconds=1),))
    assert decide(ASK, running, POLICY).message.endswith("until 2026-03-10T12:00:01Z.")


def test_starts_of_more_than_thirty_days_ago_leave_the_budget():
    days = (2, 5, 9, 30)
    facts = replace(READY, starts=tuple(NOW - timedelta(days=day) for day in days))
    decision = decide(ASK, facts, POLICY)
    assert decision.decision == "start"
    assert decision.evidence["starts_in_30_days"] == 3


def test_the_evidence_holds_what_the_decision_was_made_on():
    evidence = decide(ASK, READY, POLICY).evidence
    assert evidence["drifted_windows"] == ["20260310T10", "20260310T11"]
    assert evidence["champion_since"] == "2026-03-01T12:00:00Z"
    assert (evidence["mature_labels"], evidence["min_labels"]) == (100, 100)

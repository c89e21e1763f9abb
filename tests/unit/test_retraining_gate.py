from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

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

AS_OF = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SETTINGS = RetrainingSettings(
    min_labels=100, cooldown_hours=24, max_runs_per_30_days=4, max_consecutive_rejections=3
)
READY = GateState(
    champion=1,
    champion_since=AS_OF - timedelta(days=9),
    drifted_windows=("20260310T10", "20260310T11"),
    mature_labels=100,
)
REQUEST = RetrainingRequest(
    "late", "alarm:x", AS_OF, StartReason.DRIFT, "the alarm x changed to ALARM."
)

REFUSED: dict[RefusalReason, dict[str, Any]] = {
    RefusalReason.PAUSED: {"paused": True},
    RefusalReason.INVALID_DATA: {"invalid_window": "20260310T11"},
    RefusalReason.EXECUTION_IN_PROGRESS: {"execution_in_progress": "arn:run"},
    RefusalReason.PENDING_APPROVAL: {"pending_approvals": ("version 2 waits for approval",)},
    RefusalReason.NO_DRIFT_SINCE_PROMOTION: {"drifted_windows": ()},
    RefusalReason.CIRCUIT_BREAKER_OPEN: {"consecutive_rejections": 3},
    RefusalReason.COOLDOWN: {"starts": (AS_OF - timedelta(hours=23),)},
    RefusalReason.RUN_LIMIT_REACHED: {
        "starts": tuple(AS_OF - timedelta(days=d) for d in (2, 5, 9, 29))
    },
    RefusalReason.INSUFFICIENT_LABELS: {"mature_labels": 99},
}


def test_a_request_that_no_check_refuses_starts_a_retraining():
    decision = decide(REQUEST, READY, SETTINGS)
    assert (decision.decision, decision.reason) == ("start", "drift")
    assert decision.message == "Retraining starts: the alarm x changed to ALARM."


def test_every_refusal_reason_has_its_check():
    assert set(REFUSED) == set(RefusalReason) == {refusal for refusal, _ in CHECKS}


@pytest.mark.parametrize(("refusal", "conditions"), REFUSED.items())
def test_each_condition_alone_refuses_with_its_own_reason(refusal, conditions):
    decision = decide(REQUEST, replace(READY, **conditions), SETTINGS)
    assert (decision.decision, decision.reason) == ("refuse", str(refusal))
    assert decision.message.startswith("No retraining: ")


@pytest.mark.parametrize("first", range(len(CHECKS)))
def test_the_first_refusal_in_the_documented_order_is_the_reason(first):
    together: dict[str, Any] = {}
    for refusal, _ in CHECKS[first:]:
        together |= {k: v for k, v in REFUSED[refusal].items() if k not in together}
    assert decide(REQUEST, replace(READY, **together), SETTINGS).reason == str(CHECKS[first][0])


@pytest.mark.parametrize(
    "refusal",
    [
        RefusalReason.NO_DRIFT_SINCE_PROMOTION,
        RefusalReason.CIRCUIT_BREAKER_OPEN,
        RefusalReason.COOLDOWN,
    ],
)
def test_a_manual_request_is_exempt_from(refusal):
    request = replace(REQUEST, reason=StartReason.MANUAL)
    assert decide(request, replace(READY, **REFUSED[refusal]), SETTINGS).reason == "manual"


@pytest.mark.parametrize(
    "refusal",
    [RefusalReason.PAUSED, RefusalReason.RUN_LIMIT_REACHED, RefusalReason.EXECUTION_IN_PROGRESS],
)
def test_a_manual_request_is_not_exempt_from(refusal):
    request = replace(REQUEST, reason=StartReason.MANUAL)
    assert decide(request, replace(READY, **REFUSED[refusal]), SETTINGS).reason == str(refusal)


def test_initial_training_requires_neither_labels_nor_evidence():
    request = replace(REQUEST, reason=StartReason.INITIAL_TRAINING)
    assert decide(request, GateState(), SETTINGS).reason == "initial_training"


def test_a_schedule_requires_labels_but_no_drift():
    request = replace(REQUEST, reason=StartReason.SCHEDULE)
    assert decide(request, replace(READY, drifted_windows=()), SETTINGS).reason == "schedule"
    few = replace(READY, mature_labels=99)
    assert decide(request, few, SETTINGS).reason == "insufficient_labels"


def test_a_manual_request_without_a_champion_requires_no_labels():
    request = replace(REQUEST, reason=StartReason.MANUAL)
    assert decide(request, GateState(), SETTINGS).reason == "manual"


def test_a_request_without_start_reason_is_refused_as_invalid_data():
    request = replace(REQUEST, reason=None, message="the alarm data-quality is on.")
    decision = decide(request, READY, SETTINGS)
    assert (decision.decision, decision.reason) == ("refuse", "invalid_data")


def test_the_cooldown_ends_to_the_second():
    ended = replace(READY, starts=(AS_OF - timedelta(hours=24),))
    assert decide(REQUEST, ended, SETTINGS).decision == "start"
    running = replace(READY, starts=(AS_OF - timedelta(hours=24) + timedelta(seconds=1),))
    assert decide(REQUEST, running, SETTINGS).message.endswith("until 2026-03-10T12:00:01Z.")


def test_starts_of_more_than_thirty_days_ago_do_not_count_for_the_limit():
    days = (2, 5, 9, 30)
    conditions = replace(READY, starts=tuple(AS_OF - timedelta(days=day) for day in days))
    decision = decide(REQUEST, conditions, SETTINGS)
    assert decision.decision == "start"
    assert decision.evidence["runs_in_30_days"] == 3


def test_a_start_at_the_time_of_the_request_counts_for_the_limit():
    decision = decide(REQUEST, replace(READY, starts=(AS_OF,)), SETTINGS)
    assert decision.evidence["runs_in_30_days"] == 1


def test_a_start_after_the_request_counts_for_the_limit_of_a_late_delivery():
    later = replace(READY, starts=(AS_OF + timedelta(seconds=1),))
    assert decide(REQUEST, later, SETTINGS).evidence["runs_in_30_days"] == 1


@pytest.mark.parametrize(
    ("allowed", "refused", "reason"),
    [
        ({"consecutive_rejections": 2}, {"consecutive_rejections": 3}, "circuit_breaker_open"),
        ({"mature_labels": 100}, {"mature_labels": 99}, "insufficient_labels"),
        (
            {"starts": tuple(AS_OF - timedelta(days=day) for day in (2, 5, 9))},
            {"starts": tuple(AS_OF - timedelta(days=day) for day in (2, 5, 9, 12))},
            "run_limit_reached",
        ),
        ({"drifted_windows": (), "drifted_days": ("20260310",)}, {"drifted_windows": ()}, None),
    ],
)
def test_each_limit_refuses_from_its_own_value_on(allowed, refused, reason):
    assert decide(REQUEST, replace(READY, **allowed), SETTINGS).start is True
    decision = decide(REQUEST, replace(READY, **refused), SETTINGS)
    assert decision.start is False
    assert decision.reason == (reason or "no_drift_since_promotion")


def test_only_days_far_from_training_are_evidence_of_drift_from_training():
    request = replace(REQUEST, reason=StartReason.DRIFT_FROM_TRAINING)
    decision = decide(request, READY, SETTINGS)
    assert READY.drifted_windows
    assert (decision.start, decision.reason) == (False, "no_drift_since_promotion")
    assert decision.message == (
        "No retraining: no day of the champion was far from its training data since"
        " 2026-03-01T12:00:00Z: the evidence is older."
    )
    far = replace(READY, drifted_windows=(), days_far_from_training=("20260309",))
    assert decide(request, far, SETTINGS).reason == "drift_from_training"
    cooling = replace(far, starts=(AS_OF - timedelta(hours=1),))
    assert decide(request, cooling, SETTINGS).reason == "cooldown"


def test_messages_of_refusals_name_the_cause():
    def message(**conditions):
        return decide(REQUEST, replace(READY, **conditions), SETTINGS).message

    assert message(paused=True) == "No retraining: the model is paused in driftloop.yaml."
    waiting = ("version 2 waits for approval", "version 3 is being deployed")
    assert message(pending_approvals=waiting).endswith(
        ": version 2 waits for approval; version 3 is being deployed."
    )
    older = "No retraining: no window of the champion has drifted{}: the evidence is older."
    assert message(drifted_windows=()) == older.format(" since 2026-03-01T12:00:00Z")
    assert message(drifted_windows=(), champion_since=None) == older.format("")
    assert message(consecutive_rejections=3) == (
        "No retraining: 3 consecutive challengers were rejected. Read their evaluations, then"
        " request a retraining manually."
    )


def test_the_evidence_contains_what_the_decision_was_based_on():
    state = GateState(
        champion=7,
        champion_since=AS_OF - timedelta(days=9),
        drifted_windows=("20260310T10", "20260310T11"),
        drifted_days=("20260309",),
        days_far_from_training=("20260308",),
        invalid_window="20260310T12",
        execution_in_progress="arn:run",
        pending_approvals=("version 8 waits for approval",),
        consecutive_rejections=2,
        starts=(AS_OF - timedelta(days=40), AS_OF - timedelta(days=2)),
        mature_labels=99,
    )
    decision = decide(REQUEST, state, SETTINGS)
    assert decision.decision == "refuse"
    assert decision.evidence == {
        "request": "the alarm x changed to ALARM.",
        "as_of": "2026-03-10T12:00:00Z",
        "champion": 7,
        "champion_since": "2026-03-01T12:00:00Z",
        "drifted_windows": ["20260310T10", "20260310T11"],
        "drifted_days": ["20260309"],
        "days_far_from_training": ["20260308"],
        "invalid_window": "20260310T12",
        "execution_in_progress": "arn:run",
        "pending_approvals": ["version 8 waits for approval"],
        "consecutive_rejections": 2,
        "last_start": "2026-03-08T12:00:00Z",
        "runs_in_30_days": 1,
        "max_runs_per_30_days": 4,
        "mature_labels": 99,
        "label_limitation": None,
        "min_labels": 100,
    }


def test_the_evidence_of_an_initial_training_has_no_champion_and_no_start():
    request = replace(REQUEST, reason=StartReason.INITIAL_TRAINING)
    evidence = decide(request, GateState(), SETTINGS).evidence
    assert (evidence["champion_since"], evidence["last_start"]) == (None, None)

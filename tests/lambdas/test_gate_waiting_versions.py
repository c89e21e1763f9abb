"""A version that waits for a person: its age, the reminders, the alarm, and the next retraining."""

from datetime import timedelta

import boto3
import pytest

from driftloop.contract.ledger_items import DecisionItem, VersionItem, WaitingVersionItem
from driftloop.window import DAY, HOUR, format_time
from lambdas.aws.ledger import ConflictError, Ledger, Put, Update
from lambdas.gate.handler import handle
from lambdas.release.handler import handle as release
from tests.lambdas.items import champion_item, time, version_item, window_item
from tests.lambdas.releases import metric_values

REGISTERED = time("2026-03-10T12:00:00Z")
METRIC = "WaitingVersionDays"
LABELS = (
    b'{"groundTruthData": {"data": "1\\n0\\n1", "encoding": "CSV"},'
    b' "eventMetadata": {"eventId": "e1"}, "eventVersion": "0"}'
)


@pytest.fixture
def waiting(aws, ledger, sagemaker):
    """Version 1 serves, has drifted, and version 2 was registered on the tenth at noon."""
    ledger.write(Put(champion_item()), Put(version_item()))
    for hour in (10, 11):
        ledger.write(Put(window_item(hour, "drifted")))
    boto3.client("s3").put_object(Bucket="truth", Key="late/2026/03/10/08/a.jsonl", Body=LABELS)
    sagemaker.register(1, "Approved")
    sagemaker.clock = REGISTERED
    sagemaker.register(2)
    return aws


def check(aws, at):
    """What reconcile sends once an hour."""
    at = at if isinstance(at, str) else format_time(at)
    event = {"source": "driftloop.schedule", "model": "late", "scheduled_time": at}
    return handle(event, None, aws)


def drifts(aws, event, at):
    """The alarm changes to ALARM again."""
    detail = {"state": {"value": "ALARM", "reason": "above 0", "timestamp": format_time(at)}}
    return handle(event("alarm", detail, id=f"alarm {at}", time=format_time(at)), None, aws)


def test_people_are_reminded_once_in_each_period_and_the_metric_is_the_age(waiting, people):
    at = REGISTERED
    while at < REGISTERED + 7 * DAY:
        check(waiting, at)
        check(waiting, at)
        at += 6 * HOUR
    assert people.subjects == ["driftloop: version 2 of late still waits for approval"] * 2
    first, second = (body for _, body in people.messages)
    assert "waiting for approval for 3 days, since 2026-03-10T12:00:00Z" in first
    assert "waiting for approval for 6 days, since 2026-03-10T12:00:00Z" in second
    assert "no retraining of late starts before it is approved or rejected, or before" in first
    assert "2026-03-24T12:00:00Z" in first
    assert "--model-approval-status Rejected" in first
    assert len(set(people.deduplication_ids)) == 2
    assert metric_values(METRIC)[-2:] == [6.75, 6.75]


@pytest.mark.parametrize("decision", ["Approved", "Rejected"])
def test_a_decision_ends_the_reminders_and_the_metric_is_zero(
    waiting, people, sagemaker, ledger, decision
):
    check(waiting, REGISTERED + 3 * DAY)
    sagemaker.set_approval(2, decision)
    status = {"Approved": "promoted", "Rejected": "rejected"}[decision]
    ledger.write(Put(version_item(2, status, decided_at=REGISTERED + 4 * DAY)))
    check(waiting, REGISTERED + 9 * DAY)
    assert len(people.messages) == 1
    assert metric_values(METRIC) == [3, 0]
    assert ledger.query(WaitingVersionItem) == []


def test_the_periods_are_those_of_the_setting(waiting, people, fleet_of):
    waiting._environ["FLEET_KEY"] = fleet_of(approval={"remind_after_days": 1})
    for days in (0.5, 1, 1.5, 2, 2.5):
        check(waiting, REGISTERED + days * DAY)
    assert len(people.messages) == 2


def test_a_reminder_that_was_not_recorded_is_repeated_with_its_id(waiting, people, monkeypatch):
    at, write = REGISTERED + 3 * DAY, Ledger.write

    def fails(ledger, *changes):
        if any(isinstance(change, Update) for change in changes):
            raise RuntimeError("the ledger does not answer")
        write(ledger, *changes)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "write", fails)
        with pytest.raises(RuntimeError, match="does not answer"):
            check(waiting, at)
    check(waiting, at + HOUR)
    check(waiting, at + 2 * HOUR)
    assert len(people.messages) == 2
    assert len(set(people.deduplication_ids)) == 1


def test_two_checks_at_once_leave_one_item_and_one_deduplication_id(waiting, people, monkeypatch):
    at, write = REGISTERED + 3 * DAY, Ledger.write

    def conflicts(_ledger, *changes):
        raise ConflictError("another delivery was faster")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "write", conflicts)
        check(waiting, at)
    assert Ledger.write is write
    check(waiting, at)
    assert len(set(people.deduplication_ids)) == len(people.messages) == 1


def test_only_the_newest_version_that_waits_for_approval_is_reminded_of(waiting, people, sagemaker):
    sagemaker.clock = REGISTERED + 2 * DAY
    sagemaker.register(3)
    check(waiting, REGISTERED + 5 * DAY)
    assert people.subjects == ["driftloop: version 3 of late still waits for approval"]
    assert metric_values(METRIC) == [3]


def test_a_version_from_before_the_champion_does_not_wait(waiting, people, ledger, sagemaker):
    ledger.write(Put(champion_item(3)), Put(version_item(3)))
    check(waiting, REGISTERED + 30 * DAY)
    assert people.messages == []
    assert metric_values(METRIC) == [0]


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("awaiting_endpoint", "npx cdk deploy driftloop-test-model-late"),
        ("approved", "aws sagemaker describe-endpoint --endpoint-name driftloop-test-late"),
    ],
)
def test_an_approved_version_that_is_not_released_is_reminded_of_from_when_it_was_first_seen(
    waiting, people, ledger, sagemaker, status, command
):
    sagemaker.set_approval(2, "Approved")
    approved = version_item(2, status, decided_at=time("2026-01-01T00:00:00Z"))
    ledger.write(Put(approved))
    start = REGISTERED + 10 * DAY
    for hours in (0, 1, 71, 72, 73):
        check(waiting, start + timedelta(hours=hours))
    [(subject, body)] = people.messages
    assert subject == "driftloop: version 2 of late still waits for its release"
    assert f"for 3 days, since {format_time(start)}" in body
    assert command in body
    assert max(metric_values(METRIC)) == pytest.approx(73 / 24)

    ledger.write(Update(VersionItem, (2,), {"status": "deploying"}))
    check(waiting, start + 20 * DAY)
    assert metric_values(METRIC)[-1] == 0
    ledger.write(Update(VersionItem, (2,), {"status": status}))
    check(waiting, start + 21 * DAY)
    assert metric_values(METRIC)[-1] == 0
    assert len(people.messages) == 1


def test_the_reminder_of_a_champion_without_its_endpoint_has_the_commands_of_the_first_mail(
    waiting, people, ledger, event
):
    """The endpoint was deleted, but not by its stack: `cdk deploy` does not create it."""
    release(event("endpoint", time="2026-03-06T01:00:00Z"), None, waiting)
    for day in (7, 10):
        check(waiting, f"2026-03-{day:02d}T08:00:00Z")
    (first, text), (subject, body) = people.messages
    assert first == "driftloop: version 1 of late waits for its endpoint"
    assert subject == "driftloop: version 1 of late still waits for its endpoint"
    assert "Version 1 is the champion, and has been waiting for its endpoint for 3 days" in body
    destroy = "npx cdk destroy driftloop-test-model-late"
    assert destroy in text
    assert body.index("that command does not create it") < body.index(destroy)
    assert "Rejected" not in body


def test_a_paused_model_has_no_reminders(waiting, people, fleet_of):
    waiting._environ["FLEET_KEY"] = fleet_of(paused=True)
    check(waiting, REGISTERED + 30 * DAY)
    assert people.messages == []
    assert metric_values(METRIC) == [0]


def test_nothing_is_published_while_the_stack_of_the_model_is_not_deployed(waiting, people):
    """The model package group with its versions is retained when the stack is deleted."""
    boto3.client("ssm").delete_parameter(Name="/driftloop/test/late/serving")
    check(waiting, REGISTERED + 30 * DAY)
    assert people.messages == []
    assert metric_values(METRIC) == []


def test_a_version_that_nobody_decides_on_prevents_retrainings_for_two_weeks(
    waiting, event, ledger, sagemaker
):
    last, first = REGISTERED + 14 * DAY - HOUR, REGISTERED + 14 * DAY
    assert drifts(waiting, event, last)["reason"] == "pending_approval"
    [refusal] = ledger.query(DecisionItem)
    assert "version 2 waits for approval in driftloop-test-late since 2026-03-10T12:00:00Z" in (
        refusal.message
    )
    assert drifts(waiting, event, first)["decision"] == "start"
    assert len(sagemaker.runs) == 1


def test_the_days_for_which_a_version_prevents_retrainings_are_those_of_the_setting(
    waiting, event, fleet_of
):
    waiting._environ["FLEET_KEY"] = fleet_of(approval={"max_blocking_days": 1})
    assert drifts(waiting, event, REGISTERED + 25 * HOUR)["decision"] == "start"


def test_a_reminder_that_can_not_be_sent_keeps_no_decision_back(
    waiting, event, sagemaker, monkeypatch, fleet_of
):
    """The schedule's retraining is decided first; the failed reminder is tried again."""
    waiting._environ["FLEET_KEY"] = fleet_of(
        retraining={"min_labels": 3, "label_delay_hours": 2, "schedule_interval_days": 5},
        approval={"max_blocking_days": 1},
    )

    def fails(**_):
        raise RuntimeError("no metric")

    monkeypatch.setattr(waiting.client("cloudwatch"), "put_metric_data", fails)
    with pytest.raises(RuntimeError, match="no metric"):
        check(waiting, REGISTERED + 3 * DAY)
    assert len(sagemaker.runs) == 1

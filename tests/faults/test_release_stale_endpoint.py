"""DescribeEndpoint may answer with the state from before UpdateEndpoint.

AWS promises no read-after-write for it. What it answers is played here: some answers are late.
"""

import copy
from contextlib import suppress

import boto3
import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import ReleaseItem
from lambdas.release.handler import handle
from tests.lambdas.fakes import Died
from tests.lambdas.items import time
from tests.lambdas.releases import alarm_names, reconcile, statuses


@pytest.fixture
def stale(sagemaker, monkeypatch):
    """The next answers after UpdateEndpoint are those from before it."""
    update, describe = sagemaker.update_endpoint, sagemaker.describe_endpoint
    late = []

    def set_count(count):
        def update_endpoint(**arguments):
            before = copy.deepcopy(sagemaker.endpoint)
            update(**arguments)
            late.extend([before] * count)

        def describe_endpoint(**arguments):
            return late.pop() if late else describe(**arguments)

        monkeypatch.setattr(sagemaker, "update_endpoint", update_endpoint)
        monkeypatch.setattr(sagemaker, "describe_endpoint", describe_endpoint)
        return late

    return set_count


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("promoted", [True, False])
def test_late_answers_do_not_end_a_release_and_its_end_is_recorded_once(
    serving, approve, end, stale, sagemaker, event, ledger, people, bus, count, promoted
):
    left = stale(count)
    approve(2)
    name = ledger.get(ReleaseItem).endpoint_config_name
    for minute in range(1, 4):
        time = f"2026-03-10T14:0{minute}:00Z"
        handle(event("endpoint", time=time, id=time), None, serving)
    assert left == []
    assert statuses(ledger) == {1: "promoted", 2: "deploying"}
    assert alarm_names() == [f"{name}-5xx", f"{name}-latency"]
    assert name in sagemaker.configs
    assert name in sagemaker.models
    assert bus.details("Release Completed") == []

    end(promoted=promoted)
    outcome = "promoted" if promoted else "rolled_back"
    assert statuses(ledger)[2] == outcome
    assert [detail["outcome"] for detail in bus.details("Release Completed")] == [outcome]
    assert alarm_names() == []
    assert len(sagemaker.named("update_endpoint")) == 1


def test_a_late_answer_after_the_update_was_seen_does_not_end_the_release(
    approve, stale, serving, sagemaker, event, ledger
):
    late = stale(0)
    before = copy.deepcopy(sagemaker.endpoint)
    approve(2)
    assert ledger.get(ReleaseItem).update_seen_at is not None
    late.append(before)
    handle(event("endpoint", time="2026-03-10T14:05:00Z", id="early"), None, serving)
    assert statuses(ledger)[2] == "deploying"


def test_a_rollback_without_a_later_modification_time_is_believed_if_the_update_was_seen(
    approve, serving, sagemaker, ledger
):
    before = sagemaker.endpoint["LastModifiedTime"]
    approve(2)
    sagemaker.settle(promoted=False)
    sagemaker.endpoint["LastModifiedTime"] = before
    reconcile(serving, "2026-03-10T14:40:00Z")
    assert statuses(ledger)[2] == "rolled_back"


def test_an_update_that_is_never_seen_is_given_up_after_an_hour_and_not_called_rolled_back(
    approve, stale, serving, ledger, people, bus
):
    stale(100)
    approve(2)
    reconcile(serving, "2026-03-10T14:40:00Z")
    assert statuses(ledger)[2] == "deploying"
    reconcile(serving, "2026-03-10T15:40:00Z")
    assert statuses(ledger)[2] == "release_refused"
    assert alarm_names() == []
    [detail] = bus.details("Release Completed")
    assert detail["outcome"] == "refused"
    assert "no update of the endpoint was seen within 60 minutes" in people.messages[-1][1]


def test_a_modification_before_update_endpoint_is_not_taken_for_an_update(
    approve, serving, sagemaker, ledger
):
    """Autoscaling modifies the endpoint while the start of the release is tried again."""
    sagemaker.refusals["create_model"] = "ThrottlingException"
    with pytest.raises(Exception, match="Throttling"):
        approve(2)
    sagemaker.refusals.clear()
    sagemaker.endpoint["LastModifiedTime"] = sagemaker.clock.replace(hour=9)
    reconcile(serving, "2026-03-10T14:40:00Z")
    assert statuses(ledger)[2] == "deploying"
    assert len(sagemaker.named("update_endpoint")) == 1


def test_a_late_answer_after_a_late_approval_event_does_not_end_the_release(
    approve, stale, serving, sagemaker, ledger, end
):
    """EventBridge delivers the event three hours after the approval; UpdateEndpoint comes then."""
    stale(2)
    sagemaker.response_date = time("2026-03-10T17:20:00Z")
    approve(2, time="2026-03-10T14:00:00Z")
    called_at = ledger.get(ReleaseItem).update_called_at
    sagemaker.response_date = time("2026-03-10T17:40:00Z")
    reconcile(serving, "2026-03-10T17:40:00Z")
    assert called_at == time("2026-03-10T17:20:00Z")
    assert statuses(ledger)[2] == "deploying"
    assert len(alarm_names()) == 2
    end(promoted=True, time="2026-03-10T17:55:00Z")
    assert statuses(ledger)[2] == "promoted"


def test_a_late_approval_event_whose_first_attempt_is_throttled_is_tried_again(
    approve, serving, sagemaker, ledger
):
    sagemaker.refusals["create_model"] = "ThrottlingException"
    sagemaker.response_date = time("2026-03-10T21:20:00Z")
    with pytest.raises(ClientError, match="Throttling"):
        approve(2, time="2026-03-10T14:00:00Z")
    sagemaker.refusals.clear()
    reconcile(serving, "2026-03-10T21:40:00Z")
    assert statuses(ledger)[2] == "deploying"
    assert len(sagemaker.named("update_endpoint")) == 1


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
@pytest.mark.parametrize("promoted", [True, False])
def test_a_retry_that_fails_early_does_not_forget_the_update_that_an_earlier_attempt_began(
    approve, stale, event, serving, sagemaker, ledger, end, bus, code, promoted
):
    """The first attempt is killed by UpdateEndpoint, and the second one sees a late answer."""
    stale(4)
    sagemaker.dies_at = "after update_endpoint"
    with pytest.raises(Died):
        approve(2)
    sagemaker.refusals["create_model"] = code
    with suppress(ClientError):
        handle(event("endpoint", time="2026-03-10T14:01:00Z", id="second"), None, serving)
    sagemaker.refusals.clear()
    assert ledger.get(ReleaseItem).update_called_at == time("2026-03-10T14:00:00Z")
    assert len(alarm_names()) == 2
    assert statuses(ledger)[2] == "deploying"

    end(promoted=promoted, time="2026-03-10T14:30:00Z")
    outcome = "promoted" if promoted else "rolled_back"
    reconcile(serving, "2026-03-10T15:40:00Z")
    assert [detail["outcome"] for detail in bus.details("Release Completed")] == [outcome]
    assert len(sagemaker.updates) == 1


def test_a_retry_after_a_late_answer_does_not_end_the_release_of_a_changed_archive(
    approve, stale, event, serving, sagemaker, ledger, end
):
    stale(4)
    sagemaker.dies_at = "after update_endpoint"
    with pytest.raises(Died):
        approve(2)
    key = "runs/late/v2/model.tar.gz"
    boto3.client("s3").put_object(Bucket="artifacts", Key=key, Body=b"another model")
    handle(event("endpoint", time="2026-03-10T14:01:00Z", id="second"), None, serving)
    assert len(alarm_names()) == 2
    end(promoted=True, time="2026-03-10T14:30:00Z")
    assert statuses(ledger)[2] == "promoted"

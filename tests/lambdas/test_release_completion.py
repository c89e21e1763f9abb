"""The outcome of a release and its end are recorded together, whatever fails afterwards."""

from contextlib import suppress

import boto3
import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import (
    AutoscalingFailureItem,
    ChampionItem,
    CompletedReleaseItem,
    ReleaseItem,
)
from lambdas.release.handler import handle
from tests.lambdas.fakes import refuse
from tests.lambdas.releases import (
    alarm_names,
    change_setting,
    metric_values,
    reconcile,
    refused,
    scalable_targets,
    statuses,
)

HOURS = [f"2026-03-10T{hour}:40:00Z" for hour in range(16, 24)]


class DeniedAutoscaling:
    """Application Auto Scaling whose caller lacks a permission in SageMaker.

    It answers with a ValidationException. Source: aws-controllers-k8s/community#2110.
    """

    def __init__(self):
        self.is_denied = True
        self._client = boto3.client("application-autoscaling")

    def __getattr__(self, name):
        def call(**arguments):
            if self.is_denied and not name.startswith("describe"):
                raise refuse("ValidationException", "User is not authorized to perform", name)
            return getattr(self._client, name)(**arguments)

        return call


@pytest.fixture
def autoscaling(serving):
    """Application Auto Scaling refuses from the first release on."""
    serving._clients["application-autoscaling"] = denied = DeniedAutoscaling()
    return denied


def test_refused_autoscaling_ends_the_release_once_and_the_next_version_is_released(
    autoscaling, approve, end, serving, ledger, bus, people, sagemaker
):
    approve(2)
    end(promoted=True, times=3)
    assert ledger.get(ReleaseItem) is None
    for hour in HOURS:
        reconcile(serving, as_of=hour)
    assert len(bus.details("Release Completed")) == 1
    promoted = [subject for subject in people.subjects if "serves all requests" in subject]
    assert len(promoted) == 1

    approve(3, time="2026-03-11T08:00:00Z")
    end(promoted=True, time="2026-03-11T08:30:00Z")
    assert statuses(ledger) == {1: "superseded", 2: "superseded", 3: "promoted"}
    assert len(sagemaker.named("update_endpoint")) == 2


def test_refused_autoscaling_is_notified_once_and_tried_each_hour_until_it_is_set(
    autoscaling, approve, end, serving, ledger, people
):
    approve(2)
    end(promoted=True)
    for hour in HOURS:
        reconcile(serving, as_of=hour)
    failure = ledger.get(AutoscalingFailureItem)
    assert "not authorized" in failure.reason
    mails = [body for subject, body in people.messages if "autoscaling" in subject]
    assert len(mails) == 1
    assert "User is not authorized to perform" in mails[0]
    assert metric_values("AutoscalingFailed") == [1] * (len(HOURS) + 1)

    autoscaling.is_denied = False
    reconcile(serving, as_of="2026-03-11T00:40:00Z")
    assert ledger.get(AutoscalingFailureItem) is None
    assert scalable_targets() == [(2, 4)]
    assert metric_values("AutoscalingFailed")[-1] == 0
    assert len([subject for subject in people.subjects if "autoscaling" in subject]) == 1


def test_reconcile_publishes_that_autoscaling_is_set(serving):
    reconcile(serving)
    assert metric_values("AutoscalingFailed") == [0]


@pytest.mark.parametrize("code", ["ResourceLimitExceeded", "ThrottlingException"])
def test_an_instance_type_that_is_not_deployed_leaves_autoscaling_as_it_was(
    serving, sagemaker, event, code
):
    assert scalable_targets() == [(2, 4)]
    change_setting(instance_type="ml.g5.xlarge")
    sagemaker.refusals["update_endpoint"] = code
    for _ in range(2):
        with suppress(ClientError):
            handle(event("parameter"), None, serving)
        assert scalable_targets() == [(2, 4)]


@pytest.mark.parametrize(
    ("service", "call"),
    [("events", "put_events"), ("sns", "publish"), ("cloudwatch", "delete_alarms")],
)
def test_a_part_of_the_publication_that_fails_is_done_later_and_the_others_only_once(
    serving, approve, end, ledger, bus, people, sagemaker, service, call
):
    approve(2)
    with refused(serving.client(service), call):
        with pytest.raises(ClientError, match="AccessDenied"):
            end(promoted=True)
        for _ in range(2):
            with pytest.raises(ClientError, match="AccessDenied"):
                end_again(serving)
        assert ledger.get(ReleaseItem) is None
        assert ledger.get(ChampionItem).version == 2
        reconcile(serving, as_of="2026-03-10T16:40:00Z")  # the first one leaves it to the event
        # the next release starts all the same
        with pytest.raises(ClientError, match="AccessDenied"):
            reconcile_with_approval(serving, sagemaker, 3)
        assert statuses(ledger)[3] == "deploying"

    reconcile(serving, as_of="2026-03-10T18:40:00Z")
    assert len(bus.details("Release Completed")) == 1
    assert len([subject for subject in people.subjects if "serves all requests" in subject]) == 1
    assert ledger.query(CompletedReleaseItem) == []
    name = ledger.get(ReleaseItem).endpoint_config_name
    assert alarm_names() == [f"{name}-5xx", f"{name}-latency"]  # those of version 3 alone
    assert name in sagemaker.configs


def end_again(aws):
    """Lambda retries the event that failed."""
    detail = {"EndpointName": "driftloop-test-late"}
    time = "2026-03-10T14:30:00Z"
    change = {"detail-type": "SageMaker Endpoint State Change", "detail": detail}
    handle({**change, "id": f"end-{time}", "time": time}, None, aws)


def reconcile_with_approval(aws, sagemaker, version):
    sagemaker.register(version, "Approved")
    reconcile(aws, as_of="2026-03-10T17:40:00Z")


@pytest.mark.parametrize("at", ["2026-03-10T14:40:00Z", "2026-03-10T20:10:00Z"])
def test_reconcile_leaves_a_release_to_the_event_that_has_just_ended_it(
    serving, approve, end, ledger, bus, at
):
    """Also if its event, of 14:30, was delivered hours late."""
    approve(2)
    with refused(serving.client("events"), "put_events"), pytest.raises(ClientError):
        end(promoted=True)
    for _ in range(2):
        reconcile(serving, as_of=at)  # delivered twice
    assert bus.details("Release Completed") == []
    end_again(serving)
    assert len(bus.details("Release Completed")) == 1


def test_the_second_reconcile_publishes_a_release_whose_event_never_comes_again(
    serving, approve, end, ledger, bus, people
):
    approve(2)
    with refused(serving.client("events"), "put_events"), pytest.raises(ClientError):
        end(promoted=True)
    for hour in HOURS:
        reconcile(serving, as_of=hour)
        assert len(bus.details("Release Completed")) == (0 if hour == HOURS[0] else 1)
    assert ledger.query(CompletedReleaseItem) == []
    assert len([subject for subject in people.subjects if "serves all requests" in subject]) == 1


def test_rollback_alarms_that_can_not_be_read_do_not_keep_a_release_open(
    serving, approve, end, ledger, bus
):
    approve(2)
    with refused(serving.client("cloudwatch"), "describe_alarms"):
        end(promoted=False)
    assert statuses(ledger)[2] == "rolled_back"
    assert bus.details("Release Completed")[0]["reason"] == "SageMaker gave no reason."


def test_a_package_that_can_not_be_released_holds_up_no_other_one(
    serving, approve, end, sagemaker, ledger
):
    approve(2)
    end(promoted=True, lost=True)
    sagemaker.register(3, "Approved")
    del sagemaker.packages[3]["CustomerMetadataProperties"]["baseline_uri"]
    sagemaker.register(4, "Approved")
    reconcile(serving)
    found = statuses(ledger)
    assert found == {1: "superseded", 2: "promoted", 3: "release_refused", 4: "deploying"}


def test_an_approved_package_without_baseline_is_refused_once_and_can_be_rejected(
    serving, sagemaker, ledger, people
):
    sagemaker.register(2, "Approved", by_pipeline=False)
    del sagemaker.packages[2]["CustomerMetadataProperties"]["baseline_uri"]
    for hour in (10, 11):
        reconcile(serving, f"2026-03-10T{hour}:00:00Z")
        assert statuses(ledger)[2] == "release_refused"
    subject = "driftloop: version 2 of late was not released"
    assert people.subjects.count(subject) == 1
    assert "has no `baseline_uri`" in people.messages[-1][1]
    sagemaker.set_approval(2, "Rejected")
    for hour in (12, 13):
        reconcile(serving, f"2026-03-10T{hour}:00:00Z")
        assert statuses(ledger)[2] == "rejected"
    assert sagemaker.updates == []


def test_an_endpoint_config_that_can_not_be_deleted_keeps_nothing_open(
    serving, approve, end, ledger, bus, sagemaker
):
    sagemaker.refusals["delete_endpoint_config"] = "AccessDenied"
    approve(2)
    end(promoted=False)
    assert ledger.get(ReleaseItem) is None
    assert ledger.query(CompletedReleaseItem) == []
    assert len(bus.details("Release Completed")) == 1

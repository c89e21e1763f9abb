"""The endpoint is changed while a release starts, but not by the release.

API reference, DescribeEndpoint: the status is also Updating while
UpdateEndpointWeightsAndCapacities is executing (autoscaling calls it), and SystemUpdating during
maintenance. PendingDeploymentSummary "is only returned when the endpoint is creating or updating
with a new endpoint configuration".
"""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import ChampionItem, ReleaseItem
from driftloop.release.deployment import rollback_alarm_names
from lambdas.release.handler import handle
from tests.lambdas.fakes import Died
from tests.lambdas.releases import change_setting, reconcile, statuses


@pytest.fixture
def modify(sagemaker):
    """Autoscaling changes the number of instances, from beginning to end."""

    def change(status="InService"):
        sagemaker.clock = sagemaker.endpoint["LastModifiedTime"] + timedelta(hours=1)
        sagemaker.scale(status)

    return change


@pytest.fixture
def busy_at_update(sagemaker, modify, monkeypatch):
    """Autoscaling begins right before the next UpdateEndpoint."""
    create = sagemaker.create_endpoint_config

    def create_endpoint_config(**arguments):
        create(**arguments)
        modify("Updating")
        monkeypatch.setattr(sagemaker, "create_endpoint_config", create)

    monkeypatch.setattr(sagemaker, "create_endpoint_config", create_endpoint_config)


def test_a_throttled_update_is_tried_again_after_autoscaling(
    approve, serving, sagemaker, modify, ledger
):
    sagemaker.refusals["update_endpoint"] = "ThrottlingException"
    with pytest.raises(ClientError, match="Throttling"):
        approve(2)
    sagemaker.refusals.clear()
    modify()
    reconcile(serving, "2026-03-10T14:40:00Z")
    assert statuses(ledger)[2] == "deploying"
    assert len(sagemaker.updates) == 1


@pytest.mark.parametrize("status", ["Updating", "SystemUpdating"])
def test_a_release_that_was_killed_before_the_update_continues_after_autoscaling(
    approve, serving, sagemaker, modify, ledger, end, status
):
    sagemaker.dies_at = "update_endpoint"
    with pytest.raises(Died):
        approve(2)
    modify(status)
    reconcile(serving, "2026-03-10T14:40:00Z")
    assert ledger.get(ReleaseItem).update_seen_at is None
    modify()
    reconcile(serving, "2026-03-10T15:40:00Z")
    assert len(sagemaker.updates) == 1
    end(promoted=True)
    assert statuses(ledger)[2] == "promoted"


def test_a_release_whose_update_was_refused_as_the_endpoint_is_busy_continues(
    approve, serving, sagemaker, busy_at_update, modify, event, ledger
):
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        approve(2)
    modify()
    handle(event("endpoint", time="2026-03-10T14:04:00Z", id="scaled"), None, serving)
    assert statuses(ledger)[2] == "deploying"
    assert len(sagemaker.updates) == 1


def test_the_rejection_of_the_version_that_serves_is_not_lost(
    approve, serving, sagemaker, modify, event, ledger, end
):
    approve(2)
    end(promoted=True)
    sagemaker.dies_at = "update_endpoint"
    with pytest.raises(Died):
        approve(2, "Rejected", time="2026-03-10T17:00:00Z")
    modify()
    reconcile(serving, "2026-03-10T18:40:00Z")
    end(promoted=True, time="2026-03-10T19:00:00Z")
    assert ledger.get(ChampionItem).version == 1
    assert statuses(ledger) == {1: "promoted", 2: "rejected"}


def test_settings_whose_update_did_not_begin_are_tried_again(
    serving, sagemaker, modify, event, ledger
):
    change_setting(capture_sampling_percentage=10)
    sagemaker.dies_at = "update_endpoint"
    with pytest.raises(Died):
        reconcile(serving, "2026-03-10T14:40:00Z")
    modify()
    reconcile(serving, "2026-03-10T15:40:00Z")
    assert len(sagemaker.updates) == 1
    assert ledger.get(ChampionItem).failed_settings_digest is None


def test_an_update_without_answer_that_was_rolled_back_unseen_is_not_repeated(
    approve, serving, sagemaker, modify, ledger
):
    """LastDeploymentConfig is "the most recent deployment configuration for the endpoint"."""
    sagemaker.dies_at = "after update_endpoint"
    with pytest.raises(Died):
        approve(2)
    [config] = sagemaker.updates
    alarms = [{"AlarmName": name} for name in rollback_alarm_names(config)]
    sagemaker.settle(promoted=False)
    sagemaker.endpoint["LastDeploymentConfig"] = {"AutoRollbackConfiguration": {"Alarms": alarms}}
    reconcile(serving, "2026-03-10T15:40:00Z")
    assert statuses(ledger)[2] == "rolled_back"
    assert len(sagemaker.updates) == 1

import boto3
import msgspec
import pytest

from driftloop.contract.ledger_items import (
    ChampionItem,
    CompletedReleaseItem,
    ReleaseItem,
    VersionItem,
)
from driftloop.window import Window, format_time
from lambdas.aws.ledger import Put, Update
from lambdas.release.handler import handle
from tests.lambdas.fakes import Died
from tests.lambdas.items import time, version_item
from tests.lambdas.releases import alarm_names, change_setting, reconcile, statuses

ENDPOINT = "driftloop-test-late"


def test_the_serving_version_is_adopted_if_the_ledger_has_no_champion(serving, ledger):
    champion = ledger.get(ChampionItem)
    assert (champion.version, champion.baseline_uri) == (
        1,
        "s3://artifacts/runs/late/v1/model.baseline",
    )
    # the endpoint's own creation time: all that it captured belongs to this version
    assert format_time(champion.promoted_at) == "2026-03-01T00:00:00Z"
    assert statuses(ledger) == {1: "promoted"}


def test_the_same_approval_delivered_three_times_is_one_update(approve, sagemaker, ledger):
    approve(2, times=3)
    [call] = sagemaker.named("update_endpoint")
    config = call["EndpointConfigName"]
    assert config == ledger.get(ReleaseItem).endpoint_config_name
    assert (
        sagemaker.configs[config]["DataCaptureConfig"]["DestinationS3Uri"] == "s3://capture/late/v2"
    )
    assert statuses(ledger) == {1: "promoted", 2: "deploying"}


def test_a_release_is_a_canary_with_its_own_rollback_alarms(approve, sagemaker):
    approve(2)
    [call] = sagemaker.named("update_endpoint")
    policy = call["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert policy["Type"] == "CANARY"
    assert policy["CanarySize"] == {"Type": "CAPACITY_PERCENT", "Value": 50}
    assert policy["WaitIntervalInSeconds"] == 600
    assert call["RetainAllVariantProperties"] is True
    assert call["ExcludeRetainedVariantProperties"] == [
        {"VariantPropertyType": "DataCaptureConfig"}
    ]
    config = call["EndpointConfigName"]
    watched = call["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert (
        [a["AlarmName"] for a in watched] == alarm_names() == [f"{config}-5xx", f"{config}-latency"]
    )


def test_a_settled_endpoint_with_the_config_of_the_release_is_promoted_once(
    approve, end, ledger, bus, people, sagemaker
):
    approve(2)
    end(promoted=True, times=3)

    [finished] = bus.details("Release Completed")
    assert (finished["version"], finished["outcome"]) == (2, "promoted")
    champion = ledger.get(ChampionItem)
    assert (champion.version, champion.baseline_uri) == (
        2,
        "s3://artifacts/runs/late/v2/model.baseline",
    )
    assert format_time(champion.promoted_at) == "2026-03-10T14:30:00Z"
    assert statuses(ledger) == {1: "superseded", 2: "promoted"}
    assert format_time(ledger.get(VersionItem, 1).serving_until) == "2026-03-10T14:30:00Z"
    assert ledger.get(ReleaseItem) is None
    assert alarm_names() == []
    assert people.subjects[-1] == "driftloop: version 2 of late serves all requests"
    assert len(sagemaker.named("update_endpoint")) == 1


def test_a_settled_endpoint_with_another_config_was_rolled_back(
    approve, end, ledger, bus, people, sagemaker
):
    approve(2)
    [errors, _latency] = alarm_names()
    boto3.client("cloudwatch").set_alarm_state(
        AlarmName=errors, StateValue="ALARM", StateReason="9 errors in a minute"
    )
    end(promoted=False, times=2)

    [finished] = bus.details("Release Completed")
    assert finished["outcome"] == "rolled_back"
    assert finished["reason"] == f"{errors}: 9 errors in a minute"
    assert ledger.get(ChampionItem).version == 1
    assert statuses(ledger) == {1: "promoted", 2: "rolled_back"}
    failed = sagemaker.named("update_endpoint")[0]["EndpointConfigName"]
    assert failed not in sagemaker.configs
    assert failed not in sagemaker.models
    metrics = boto3.client("cloudwatch").list_metrics(Namespace="driftloop")["Metrics"]
    assert [metric["MetricName"] for metric in metrics] == ["ReleaseRolledBack"]
    assert "9 errors in a minute" in people.messages[-1][1]


def test_a_rolled_back_version_is_deployed_again_only_after_a_new_approval(
    approve, end, sagemaker, ledger
):
    approve(2)
    end(promoted=False)
    approve(2, time="2026-03-10T15:00:00Z", member="CustomerMetadataProperties")
    assert len(sagemaker.named("update_endpoint")) == 1
    approve(2, "Rejected", time="2026-03-10T15:10:00Z")
    approve(2, time="2026-03-10T15:20:00Z")
    assert len(sagemaker.named("update_endpoint")) == 2


def test_an_approval_during_an_update_is_deployed_after_the_update(approve, end, sagemaker, ledger):
    approve(2)
    approve(3, time="2026-03-10T14:10:00Z")
    assert len(sagemaker.named("update_endpoint")) == 1
    assert statuses(ledger)[3] == "approved"
    end(promoted=True)
    assert statuses(ledger) == {1: "superseded", 2: "promoted", 3: "deploying"}
    assert len(sagemaker.named("update_endpoint")) == 2


def test_reconcile_finishes_a_release_whose_last_event_was_lost(approve, end, serving, bus, ledger):
    approve(2)
    end(promoted=True, lost=True)
    assert ledger.get(ChampionItem).version == 1
    reconcile(serving)
    reconcile(serving)
    assert ledger.get(ChampionItem).version == 2
    assert len(bus.details("Release Completed")) == 1


def test_reconcile_records_an_approval_whose_event_was_lost(serving, sagemaker):
    sagemaker.register(2, "Approved")
    reconcile(serving)
    reconcile(serving)
    assert len(sagemaker.named("update_endpoint")) == 1


@pytest.mark.parametrize(
    "call", ["create_model", "create_endpoint_config", "update_endpoint", "after update_endpoint"]
)
def test_a_release_that_fails_half_way_is_one_update_after_the_retry(
    approve, sagemaker, ledger, call
):
    sagemaker.dies_at = call
    with pytest.raises(Died):
        approve(2)
    approve(2)
    assert len(sagemaker.named("update_endpoint")) == 1
    assert ledger.get(ReleaseItem).version == 2


def test_a_release_that_failed_right_after_the_call_is_finished(approve, end, sagemaker, ledger):
    sagemaker.dies_at = "after update_endpoint"
    with pytest.raises(Died):
        approve(2)
    approve(2)  # Lambda repeats it while the endpoint is updated
    end(promoted=False)
    assert statuses(ledger)[2] == "rolled_back"
    assert len(sagemaker.named("update_endpoint")) == 1


def test_the_retry_publishes_an_outcome_that_was_recorded_only(
    approve, serving, sagemaker, event, bus, ledger, monkeypatch
):
    from lambdas.aws.publishing import publish_event
    from lambdas.release import publish as publishing

    approve(2)
    sagemaker.settle(promoted=True)

    def die(*_arguments):
        monkeypatch.setattr(publishing, "publish_event", publish_event)
        raise Died

    monkeypatch.setattr(publishing, "publish_event", die)
    ended = event("endpoint")
    with pytest.raises(Died):
        handle(ended, None, serving)
    assert ledger.get(ReleaseItem) is None
    [completed] = ledger.query(CompletedReleaseItem)
    assert completed.outcome == "promoted"
    handle(ended, None, serving)
    assert len(bus.details("Release Completed")) == 1
    assert ledger.query(CompletedReleaseItem) == []


def test_rejecting_the_serving_version_rolls_back_to_the_previous_one(
    approve, end, sagemaker, ledger, bus
):
    approve(2)
    end(promoted=True)
    approve(2, "Rejected", times=2, time="2026-03-11T08:00:00Z")
    assert len(sagemaker.named("update_endpoint")) == 2
    assert sagemaker.models[ledger.get(ReleaseItem).endpoint_config_name]["PrimaryContainer"][
        "ModelPackageName"
    ].endswith("/1")
    end(promoted=True, time="2026-03-11T08:30:00Z")
    assert ledger.get(ChampionItem).version == 1
    assert statuses(ledger) == {1: "promoted", 2: "rejected"}


def test_rejecting_a_version_that_never_served_starts_no_update(approve, sagemaker, ledger):
    approve(2, "Rejected")
    assert not sagemaker.named("update_endpoint")
    assert statuses(ledger)[2] == "rejected"


def test_changed_serving_settings_are_deployed_with_the_same_canary(
    serving, sagemaker, event, end, ledger
):
    change_setting(instance_type="ml.c5.large")
    for _ in range(2):
        handle(event("parameter"), None, serving)
    [call] = sagemaker.named("update_endpoint")
    assert call["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    end(promoted=True)
    champion = ledger.get(ChampionItem)
    assert (champion.version, format_time(champion.promoted_at)) == (1, "2026-03-01T00:00:00Z")
    assert statuses(ledger) == {1: "promoted"}


def test_settings_that_were_rolled_back_are_not_tried_again(serving, sagemaker, event, end, people):
    change_setting(capture_sampling_percentage=10)
    handle(event("parameter"), None, serving)
    end(promoted=False)
    reconcile(serving)
    assert len(sagemaker.named("update_endpoint")) == 1
    [message] = [body for subject, body in people.messages if "was rolled back" in subject]
    # A rejection of the champion would deploy the version before it.
    assert "--model-approval-status" not in message


def test_autoscaling_settings_require_no_release(serving, sagemaker, event):
    change_setting(max_instance_count=8)
    handle(event("parameter"), None, serving)
    assert not sagemaker.named("update_endpoint")
    client = boto3.client("application-autoscaling")
    [target] = client.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 8)


def test_an_approval_without_an_endpoint_is_notified_once_with_the_command(
    aws, sagemaker, event, people, ledger
):
    sagemaker.register(2, "Approved")
    for _ in range(2):
        handle(event("package"), None, aws)
    assert statuses(ledger) == {2: "awaiting_endpoint"}
    [(_, message)] = people.messages
    stack = "driftloop-test-model-late"
    assert f"npx cdk deploy {stack} --parameters {stack}:InitialModelPackageArn=arn:" in message
    assert message.count("--parameters") == 1


@pytest.fixture
def redeployed(serving, sagemaker, ledger, people):
    """Version 1 served by the endpoint of its stack; the stack was deleted and deployed again."""
    sagemaker.serve(1, "driftloop-test-late-v1-initial")
    reconcile(serving, "2026-03-10T10:00:00Z")
    people.messages.clear()
    sagemaker.endpoint = None
    return serving


def test_a_champion_without_an_endpoint_is_notified_once_with_the_command(
    redeployed, people, ledger
):
    for hour in (12, 13):
        reconcile(redeployed, f"2026-03-10T{hour}:40:00Z")
    assert statuses(ledger) == {1: "awaiting_endpoint"}
    [(_, message)] = people.messages
    stack = "driftloop-test-model-late"
    arn = ledger.get(ChampionItem).model_package_arn
    assert f"npx cdk deploy {stack} --parameters {stack}:InitialModelPackageArn={arn}" in message
    assert "deleted and deployed again" in message
    # A person may have deleted the endpoint alone: CloudFormation does not create it again.
    assert f"npx cdk destroy {stack}\n    npx cdk deploy {stack} --parameters" in message


def test_an_approval_after_the_endpoint_was_deleted_is_notified_with_both_causes(
    redeployed, approve, people, sagemaker
):
    approve(2)
    [message] = [body for subject, body in people.messages if "version 2" in subject]
    stack, arn = "driftloop-test-model-late", sagemaker.packages[2]["ModelPackageArn"]
    deploy = f"npx cdk deploy {stack} --parameters {stack}:InitialModelPackageArn={arn}"
    assert message.count(deploy) == 2
    assert f"npx cdk destroy {stack}\n    {deploy}" in message


@pytest.mark.parametrize("purpose", ["approval", "rollback"])
def test_an_endpoint_that_is_deleted_during_a_release_is_notified_with_how_to_create_it(
    serving, sagemaker, approve, end, people, bus, purpose
):
    approve(2)
    if purpose == "rollback":
        end(promoted=True)
        approve(2, "Rejected", time="2026-03-10T15:00:00Z")
    sagemaker.endpoint = None
    reconcile(serving, "2026-03-10T16:40:00Z")
    [message] = [body for subject, body in people.messages if "was rolled back" in subject]
    assert "keeps serving" not in message
    assert "The endpoint was deleted" in message
    stack, arn = "driftloop-test-model-late", sagemaker.packages[1]["ModelPackageArn"]
    deploy = f"npx cdk deploy {stack} --parameters {stack}:InitialModelPackageArn={arn}"
    assert f"npx cdk destroy {stack}\n    {deploy}" in message


def test_an_endpoint_that_failed_is_not_said_to_serve(serving, sagemaker, approve, people):
    approve(2)
    sagemaker.settle(promoted=False)
    sagemaker.endpoint["EndpointStatus"] = "Failed"
    reconcile(serving, "2026-03-10T16:40:00Z")
    [message] = [body for subject, body in people.messages if "was rolled back" in subject]
    assert "keeps serving" not in message
    assert "The endpoint has the status Failed." in message


def test_a_champion_that_gets_a_new_endpoint_keeps_its_promotion_and_begins_a_new_period(
    redeployed, sagemaker, people, ledger
):
    champion, version = ledger.get(ChampionItem), ledger.get(VersionItem, 1)
    reconcile(redeployed, "2026-03-10T12:40:00Z")
    people.messages.clear()
    sagemaker.clock = time("2026-03-10T13:00:00Z")
    sagemaker.serve(1, "driftloop-test-late-v1-initial")
    reconcile(redeployed, "2026-03-10T13:40:00Z")
    adopted = msgspec.structs.replace(
        champion,
        replaced_version=1,
        endpoint_created_at=sagemaker.clock,
        adopted_at=time("2026-03-10T13:40:00Z"),
    )
    assert ledger.get(ChampionItem) == adopted
    again = msgspec.structs.replace(
        version,
        serving_from=sagemaker.clock,
        earlier_periods=(Window(version.serving_from, time("2026-03-10T12:40:00Z")),),
    )
    assert ledger.get(VersionItem, 1) == again
    assert not sagemaker.named("update_endpoint")
    [(_, message)] = people.messages
    assert "its stack created it with this version" in message


def test_versions_of_an_earlier_data_stack_do_not_come_back_into_a_new_ledger(
    aws, sagemaker, people, ledger
):
    sagemaker.register(1, "Approved")
    container = sagemaker.packages[1]["InferenceSpecification"]["Containers"][0]
    container["ModelDataUrl"] = "s3://artifacts-before/runs/late/v1/model.tar.gz"
    reconcile(aws)
    assert statuses(ledger) == {}
    assert people.messages == []
    sagemaker.register(2, "Approved")
    reconcile(aws)
    assert statuses(ledger) == {2: "awaiting_endpoint"}


def test_another_version_of_a_new_endpoint_serves_since_its_creation(redeployed, sagemaker, ledger):
    sagemaker.register(2, "Approved")
    sagemaker.clock = time("2026-03-10T13:00:00Z")
    sagemaker.serve(2, "driftloop-test-late-v2-initial")
    reconcile(redeployed, "2026-03-10T13:40:00Z")
    assert statuses(ledger) == {1: "superseded", 2: "promoted"}
    assert ledger.get(ChampionItem).promoted_at == sagemaker.clock
    assert ledger.get(VersionItem, 1).serving_until == sagemaker.clock


def test_the_period_of_a_rejected_version_that_a_new_endpoint_replaces_counts_as_rolled_back(
    redeployed, sagemaker, ledger
):
    ledger.write(Update(VersionItem, (1,), {"status": "rejected"}))
    [period] = ledger.get(VersionItem, 1).serving_periods
    sagemaker.register(2, "Approved")
    sagemaker.clock = time("2026-03-10T13:00:00Z")
    sagemaker.serve(2, "driftloop-test-late-v2-initial")
    reconcile(redeployed, "2026-03-10T13:40:00Z")
    assert statuses(ledger) == {1: "rejected", 2: "promoted"}
    assert ledger.get(VersionItem, 1).rolled_back_starts == (period.start,)
    assert ledger.get(VersionItem, 2).rolled_back_starts == ()


def test_the_first_endpoint_adopts_the_version_that_waited_for_it(aws, sagemaker, event, ledger):
    sagemaker.register(2, "Approved")
    handle(event("package"), None, aws)
    sagemaker.serve(2)
    handle(event("endpoint"), None, aws)
    assert statuses(ledger) == {2: "promoted"}
    assert not sagemaker.named("update_endpoint")


def test_an_approval_of_a_paused_model_waits_until_it_is_no_longer_paused(
    serving, approve, sagemaker, fleet_of, ledger
):
    serving._environ["FLEET_KEY"] = fleet_of(paused=True)
    approve(2)
    assert not sagemaker.named("update_endpoint")
    serving._environ["FLEET_KEY"] = fleet_of()
    reconcile(serving)
    assert len(sagemaker.named("update_endpoint")) == 1


def test_all_configs_but_the_current_and_the_previous_one_are_deleted(approve, end, sagemaker):
    for version in (2, 3, 4):
        approve(version, time=f"2026-03-1{version}T08:00:00Z")
        end(promoted=True, time=f"2026-03-1{version}T09:00:00Z")
    own = sorted(name.rpartition("-")[0] for name in sagemaker.configs if name != f"{ENDPOINT}-v1")
    assert own == [f"{ENDPOINT}-v3", f"{ENDPOINT}-v4"]
    # the stack's own first config is never release's to delete
    assert f"{ENDPOINT}-v1" in sagemaker.configs


def test_events_of_an_endpoint_without_a_model_are_logged_and_change_nothing(
    aws, event, sagemaker, caplog
):
    other = event("endpoint", {"EndpointName": "driftloop-test-former"})
    assert handle(other, None, aws) == {"model": None, "actions": []}
    assert sagemaker.calls == []
    [message] = caplog.messages
    assert message.startswith("driftloop-test-former belongs to no model of driftloop.yaml.")
    assert "delete its alarms" in message


def test_a_check_of_a_model_that_was_removed_changes_nothing(aws, sagemaker, caplog):
    check = {"source": "driftloop.reconcile", "model": "former", "as_of": "2026-03-10T16:00:00Z"}
    assert handle(check, None, aws) == {"model": "former", "actions": []}
    assert sagemaker.calls == []
    assert "delete-stack --stack-name driftloop-test-model-former" in caplog.messages[0]


def test_a_release_whose_endpoint_was_deleted_ends_as_rolled_back(
    approve, serving, sagemaker, ledger, bus
):
    approve(2)
    sagemaker.endpoint = None
    reconcile(serving)
    assert bus.details("Release Completed")[0]["outcome"] == "rolled_back"
    assert ledger.get(ReleaseItem) is None


def test_a_version_deployed_manually_is_adopted_and_notified(
    serving, sagemaker, event, ledger, people
):
    sagemaker.register(2, "Approved")
    ledger.write(Put(version_item(2, status="superseded", model_approval_status="Approved")))
    sagemaker.serve(2, "by-hand")
    handle(event("endpoint"), None, serving)
    assert ledger.get(ChampionItem).version == 2
    assert "Find out who changed the endpoint" in people.messages[-1][1]


def test_a_model_whose_stack_is_not_deployed_is_ignored(aws, sagemaker):
    boto3.client("ssm").delete_parameter(Name="/driftloop/test/late/serving")
    assert reconcile(aws) == {"model": "late", "actions": []}
    assert sagemaker.calls == []


def test_an_older_approval_is_not_released_after_the_endpoint_was_created_with_a_newer_version(
    aws, sagemaker, event, ledger
):
    for version in (1, 2):
        sagemaker.register(version, "Approved")
        detail = {"ModelPackageArn": sagemaker.packages[version]["ModelPackageArn"]}
        change = event("package", detail, time=f"2026-03-0{version}T00:00:00Z", id=str(version))
        handle(change, None, aws)
    sagemaker.clock = time("2026-03-02T12:00:00Z")
    sagemaker.serve(2)
    handle(event("endpoint", time="2026-03-02T12:10:00Z"), None, aws)
    reconcile(aws)
    assert statuses(ledger) == {1: "superseded", 2: "promoted"}
    assert not sagemaker.named("update_endpoint")
    assert ledger.get(VersionItem, 1).serving_until is None  # no version to roll back to


def test_a_later_approval_of_an_older_version_is_released_after_the_endpoint_was_created(
    aws, sagemaker, event, ledger
):
    sagemaker.register(2, "Approved")
    sagemaker.serve(2)
    handle(event("endpoint", time="2026-03-02T00:00:00Z"), None, aws)
    arn = sagemaker.register(1, "Approved")
    detail = {"ModelPackageArn": arn, "ModelPackageVersion": 1}
    handle(event("package", detail, time="2026-03-03T00:00:00Z", id="later"), None, aws)
    assert statuses(ledger) == {1: "deploying", 2: "promoted"}

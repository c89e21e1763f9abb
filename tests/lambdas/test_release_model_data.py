"""A version is released only with the archive that was approved."""

import boto3
import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import (
    ChampionItem,
    EndpointConfigItem,
    ReleaseItem,
    VersionItem,
)
from lambdas.release.handler import handle
from tests.lambdas.releases import alarm_names, change_setting, reconcile, refused, statuses

BUCKET = "artifacts"


def key(version):
    return f"runs/late/v{version}/model.tar.gz"


def etag(version):
    return boto3.client("s3").head_object(Bucket=BUCKET, Key=key(version))["ETag"].strip('"')


def replace_archive(version, body=b"another model"):
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key(version), Body=body)


def delete_archive(version):
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=key(version))


def test_the_etag_of_the_evaluated_archive_is_recorded_with_the_approval(approve, ledger):
    approve(2)
    assert ledger.get(VersionItem, 2).model_data_etag == etag(2)
    assert ledger.get(ReleaseItem).model_data_etag == etag(2)
    assert ledger.get(VersionItem, 1).model_data_etag == etag(1)  # adopted


def test_a_changed_archive_is_not_released_and_people_are_notified_once(
    approve, sagemaker, serving, ledger, bus, people
):
    sagemaker.register(2)
    evaluated = etag(2)
    replace_archive(2)
    approve(2, times=3)
    for hour in (15, 16, 17):
        reconcile(serving, as_of=f"2026-03-10T{hour}:40:00Z")

    assert sagemaker.named("create_model") == []
    assert sagemaker.named("update_endpoint") == []
    assert statuses(ledger) == {1: "promoted", 2: "model_data_mismatch"}
    assert ledger.get(ReleaseItem) is None
    assert alarm_names() == []
    assert ledger.query(EndpointConfigItem) == []
    [completed] = bus.details("Release Completed")
    assert (completed["version"], completed["outcome"]) == (2, "refused")
    [message] = [body for subject, body in people.messages if "version 2" in subject]
    assert f"s3://{BUCKET}/{key(2)}" in message
    assert f"Expected: the ETag {evaluated}. Found: the ETag {etag(2)}." in message
    assert f"aws s3api list-object-versions --bucket {BUCKET} --prefix {key(2)}" in message
    assert "--model-approval-status Approved" in message


def test_a_missing_archive_is_not_released(approve, sagemaker, ledger, people):
    sagemaker.register(2)
    delete_archive(2)
    approve(2)
    assert statuses(ledger)[2] == "model_data_mismatch"
    assert "there is no such object" in people.messages[-1][1]


def test_an_archive_that_is_not_named_by_an_s3_uri_is_not_released(
    approve, sagemaker, ledger, people
):
    # ContainerDefinition.ModelDataUrl has the pattern (https|s3)://([^/]+)/?(.*)
    sagemaker.register(2)
    [container] = sagemaker.packages[2]["InferenceSpecification"]["Containers"]
    container["ModelDataUrl"] = f"https://s3.eu-central-1.amazonaws.com/{BUCKET}/{key(2)}"
    approve(2)
    assert statuses(ledger)[2] == "model_data_mismatch"
    assert "with its archive as s3://bucket/key" in people.messages[-1][1]


def test_later_approvals_are_released_and_the_refused_version_after_a_repair(
    approve, end, sagemaker, ledger
):
    sagemaker.register(2)
    original = boto3.client("s3").get_object(Bucket=BUCKET, Key=key(2))["Body"].read()
    replace_archive(2)
    approve(2)
    approve(3, time="2026-03-10T15:00:00Z")
    end(promoted=True, time="2026-03-10T15:30:00Z")
    assert statuses(ledger) == {1: "superseded", 2: "model_data_mismatch", 3: "promoted"}

    replace_archive(2, original)
    approve(2, "Rejected", time="2026-03-10T16:00:00Z")
    approve(2, time="2026-03-10T16:10:00Z")
    assert statuses(ledger)[2] == "deploying"


def test_a_package_registered_manually_is_compared_with_the_archive_of_its_approval(
    approve, sagemaker, ledger, serving, fleet_of
):
    serving._environ["FLEET_KEY"] = fleet_of(paused=True)
    sagemaker.register(2, by_pipeline=False)
    approve(2)
    approved = etag(2)
    assert ledger.get(VersionItem, 2).model_data_etag == approved
    replace_archive(2)
    serving._environ["FLEET_KEY"] = fleet_of()
    reconcile(serving)
    assert statuses(ledger)[2] == "model_data_mismatch"


def test_a_rollback_to_a_version_with_a_changed_archive_takes_the_version_before_it(
    approve, end, ledger, people
):
    for version, day in ((2, 10), (3, 11)):
        approve(version, time=f"2026-03-{day}T14:00:00Z")
        end(promoted=True, time=f"2026-03-{day}T14:30:00Z")
    replace_archive(2)
    approve(3, "Rejected", time="2026-03-12T08:00:00Z")
    assert statuses(ledger) == {1: "deploying", 2: "model_data_mismatch", 3: "rejected"}
    [message] = [body for subject, body in people.messages if "not released" in subject]
    assert "The version that served before it is deployed now" in message
    assert "--model-approval-status Approved" in message


def test_the_version_of_a_refused_rollback_is_deployed_as_its_mail_says(approve, end, ledger):
    original = boto3.client("s3").get_object(Bucket=BUCKET, Key=key(1))["Body"].read()
    approve(2)
    end(promoted=True)
    replace_archive(1)
    approve(2, "Rejected", time="2026-03-12T08:00:00Z")
    assert statuses(ledger) == {1: "model_data_mismatch", 2: "rejected"}

    replace_archive(1, original)
    approve(1, "Rejected", time="2026-03-12T09:00:00Z")
    approve(1, time="2026-03-12T09:10:00Z")
    assert statuses(ledger) == {1: "deploying", 2: "rejected"}


def test_changed_settings_do_not_deploy_a_changed_archive_of_the_champion(
    serving, sagemaker, event, ledger, people
):
    replace_archive(1)
    change_setting(capture_sampling_percentage=10)
    for _ in range(2):
        handle(event("parameter"), None, serving)
    assert sagemaker.named("update_endpoint") == []
    assert statuses(ledger) == {1: "promoted"}
    assert ledger.get(ChampionItem).failed_settings_digest is not None
    [message] = [body for subject, body in people.messages if "not released" in subject]
    assert f"aws s3api list-object-versions --bucket {BUCKET} --prefix {key(1)}" in message
    # A rejection of the champion would deploy the version before it.
    assert "Do not reject the version" in message
    assert "--model-approval-status" not in message


def test_refused_settings_are_deployed_as_their_mail_says(serving, sagemaker, event, end, ledger):
    """After other settings were released in between."""
    original = boto3.client("s3").get_object(Bucket=BUCKET, Key=key(1))["Body"].read()
    replace_archive(1)
    change_setting(capture_sampling_percentage=10)
    handle(event("parameter", id="refused"), None, serving)
    replace_archive(1, original)
    handle(event("parameter", id="not tried again"), None, serving)
    assert sagemaker.named("update_endpoint") == []

    change_setting(capture_sampling_percentage=20)
    handle(event("parameter", id="other", time="2026-03-10T12:00:00Z"), None, serving)
    end(promoted=True, time="2026-03-10T12:30:00Z")
    change_setting(capture_sampling_percentage=10)
    handle(event("parameter", id="back", time="2026-03-10T13:00:00Z"), None, serving)
    assert len(sagemaker.named("update_endpoint")) == 2
    assert ledger.get(ReleaseItem).serving_settings["capture_sampling_percentage"] == 10


@pytest.mark.parametrize("code", ["403", "301"])
def test_an_archive_that_can_not_be_read_is_not_released(
    approve, serving, sagemaker, ledger, people, code
):
    sagemaker.register(2, by_pipeline=False)
    with refused(serving.client("s3"), "head_object", code):
        approve(2)
    assert statuses(ledger)[2] == "model_data_mismatch"
    message = people.messages[-1][1]
    assert "Expected: nothing, as it could not be read at the approval." in message
    assert f"Found: no object that the release function may read (S3 answers {code})" in message


@pytest.mark.parametrize("code", ["SlowDown", "500"])
def test_an_error_that_passes_is_tried_again(approve, serving, sagemaker, ledger, code):
    with refused(serving.client("s3"), "head_object", code), pytest.raises(ClientError):
        approve(2)
    approve(2)
    assert statuses(ledger)[2] == "deploying"

"""The custom resource: the group, the first version, and the answers to CloudFormation."""

import json
import re
from pathlib import Path

import boto3
import pytest
import urllib3
from boto3.s3.transfer import TransferConfig

from driftloop.s3_uri import parse_s3_uri
from lambdas.aws import storage
from lambdas.aws.ledger import Put
from lambdas.registry.handler import handle
from tests.lambdas.fakes import GROUP, Died, refuse
from tests.lambdas.items import champion_item

REQUEST = json.loads((Path(__file__).parent / "events" / "custom_resource.json").read_text())
MAX_REPLY_BYTES = 4096
"""CloudFormation User Guide, "Request and response reference for custom resources"."""
ARN = f"arn:aws:sagemaker:eu-central-1:123456789012:model-package/{GROUP}"
SOURCE = "models-of-another-team"
INITIAL = {
    "ModelUri": f"s3://{SOURCE}/late/2026/archive.gz",
    "BaselineUri": f"s3://{SOURCE}/late/2026/late.baseline",
    "Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312",
    "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
    "ContentTypes": ["text/csv", "application/json"],
}
METADATA_VALUE = re.compile(r"[\w \t.:/=+\-@]{1,256}")
"""botocore's pattern of a value of CustomerMetadataProperties, for ASCII text."""


class ResponseUrl:
    """The pre-signed URL: S3 accepts one object under it."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)
        self.answers = []

    def request(self, method, url, *, body, headers, **_options):
        assert (method, url) == ("PUT", REQUEST["ResponseURL"])
        assert headers == {"Content-Type": ""}
        assert len(body) <= MAX_REPLY_BYTES
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.answers.append(json.loads(body))
        return urllib3.HTTPResponse(body=b"SignatureDoesNotMatch", status=status)


def request(kind="Create", physical_id=None, old=None, **properties):
    changed = {**REQUEST, "RequestType": kind}
    changed["ResourceProperties"] = {**REQUEST["ResourceProperties"], **properties}
    if physical_id is not None:
        changed["PhysicalResourceId"] = physical_id
    if old is not None:
        changed["OldResourceProperties"] = {**REQUEST["ResourceProperties"], **old}
    return changed


@pytest.fixture
def ask(aws):
    """Sends one request; returns the one answer."""

    def send(*args, **properties):
        url = ResponseUrl()
        handle(request(*args, **properties), None, aws, url)
        (answer,) = url.answers
        for key in ("StackId", "RequestId", "LogicalResourceId"):
            assert answer[key] == REQUEST[key]
        return answer

    return send


@pytest.fixture
def files(aws):
    """The initial model and its baseline, in a bucket outside the environment."""
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket=SOURCE, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    s3.put_object(Bucket=SOURCE, Key="late/2026/archive.gz", Body=b"archive", Tagging="team=risk")
    s3.put_object(Bucket=SOURCE, Key="late/2026/late.baseline", Body=b"baseline")
    return s3


def read(uri):
    bucket, key = parse_s3_uri(uri)
    return boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def initial(**changes):
    return {"HasEndpoint": "true", "InitialModel": {**INITIAL, **changes}}


def test_the_group_is_created_with_its_tags_and_there_is_no_version_yet(ask, sagemaker):
    answer = ask()
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == GROUP
    assert answer["Data"] == {"ModelPackageArn": "", "Version": ""}
    (created,) = sagemaker.named("create_model_package_group")
    assert created["ModelPackageGroupName"] == GROUP
    assert created["Tags"] == [{"Key": "team", "Value": "risk"}]


def test_an_existing_group_is_taken_up_and_gets_the_tags_of_the_configuration(ask, sagemaker):
    ask()
    answer = ask(Tags=[{"Key": "team", "Value": "fraud"}])
    assert answer["Status"] == "SUCCESS"
    assert sagemaker.groups[GROUP]["Tags"] == [{"Key": "team", "Value": "fraud"}]


def test_an_initial_model_becomes_an_approved_version_with_its_own_files(ask, files, sagemaker):
    answer = ask(**initial())
    assert answer["Data"] == {"ModelPackageArn": f"{ARN}/1", "Version": "1"}
    package = sagemaker.packages[1]
    (container,) = package["InferenceSpecification"]["Containers"]
    url, baseline = container["ModelDataUrl"], package["CustomerMetadataProperties"]["baseline_uri"]
    assert re.fullmatch(r"s3://artifacts/runs/late/initial/[0-9a-f]{16}/model\.tar\.gz", url)
    assert re.fullmatch(r"s3://artifacts/runs/late/initial/[0-9a-f]{16}/.+\.baseline", baseline)
    assert (read(url), read(baseline)) == (b"archive", b"baseline")
    assert package["ModelApprovalStatus"] == "Approved"
    assert container["Image"] == INITIAL["Image"]
    assert container["Environment"] == INITIAL["Environment"]
    specification = package["InferenceSpecification"]
    assert specification["SupportedContentTypes"] == INITIAL["ContentTypes"]
    assert specification["SupportedResponseMIMETypes"] == INITIAL["ContentTypes"]


def test_the_version_has_the_etag_of_the_archive_that_endpoints_will_read(ask, files, sagemaker):
    ask(**initial())
    package = sagemaker.packages[1]
    url = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    _, key = parse_s3_uri(url)
    etag = boto3.client("s3").head_object(Bucket="artifacts", Key=key)["ETag"]
    assert package["CustomerMetadataProperties"]["model_data_etag"] == etag.strip('"')
    for value in package["CustomerMetadataProperties"].values():
        assert METADATA_VALUE.fullmatch(value), value


def test_an_archive_larger_than_a_part_is_copied_in_parts(ask, files, sagemaker, monkeypatch):
    """CopyObject takes at most 5 GB."""
    size = 5 * 1024 * 1024
    body = b"a" * size + b"b" * size + b"c"
    files.put_object(Bucket=SOURCE, Key="late/2026/archive.gz", Body=body)
    transfer = TransferConfig(multipart_threshold=size, multipart_chunksize=size)
    monkeypatch.setattr(storage, "_COPY", transfer)
    ask(**initial())
    package = sagemaker.packages[1]
    assert package["CustomerMetadataProperties"]["model_data_etag"].endswith("-3")
    assert read(package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]) == body


def test_a_tagged_file_is_copied_without_the_right_to_its_tags(ask, files, sagemaker):
    ask(**initial())
    url = sagemaker.packages[1]["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    _, key = parse_s3_uri(url)
    assert files.get_object_tagging(Bucket="artifacts", Key=key)["TagSet"] == []


@pytest.mark.parametrize("name", ["create_model_package", "after create_model_package"])
def test_a_request_that_lambda_repeats_registers_one_version(ask, files, sagemaker, aws, name):
    sagemaker.dies_at = name
    url = ResponseUrl()
    with pytest.raises(Died):
        handle(request(**initial()), None, aws, url)
    assert url.answers == []
    first, second = ask(**initial()), ask(**initial())
    assert first == second
    assert first["Data"]["Version"] == "1"
    assert list(sagemaker.packages) == [1]


def test_a_second_stack_of_the_same_initial_model_takes_up_its_version(ask, files, sagemaker):
    ask(**initial())
    sagemaker.tokens.clear()
    sagemaker.register(2)
    assert ask(**initial())["Data"]["Version"] == "1"
    assert list(sagemaker.packages) == [1, 2]


def test_a_replaced_initial_model_is_another_version_with_files_of_its_own(ask, files, sagemaker):
    ask(**initial())
    files.put_object(Bucket=SOURCE, Key="late/2026/archive.gz", Body=b"another archive")
    sagemaker.tokens.clear()
    assert ask(**initial())["Data"]["Version"] == "2"
    urls = [
        package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
        for package in sagemaker.packages.values()
    ]
    assert [read(url) for url in urls] == [b"archive", b"another archive"]


def test_a_redeployed_stack_serves_the_ledgers_champion_even_without_the_source_files(
    ask, sagemaker, ledger
):
    sagemaker.register(1, "Approved")
    champion = sagemaker.register(3, "Approved")
    ledger.write(Put(champion_item(3, model_package_arn=champion)))
    assert ask(**initial())["Data"] == {"ModelPackageArn": champion, "Version": "3"}
    assert sagemaker.named("create_model_package") == []


def move_archive(sagemaker, version):
    """The archive is in the artifacts bucket of an earlier data stack."""
    container = sagemaker.packages[version]["InferenceSpecification"]["Containers"][0]
    container["ModelDataUrl"] = f"s3://artifacts-before/runs/late/v{version}/model.tar.gz"


@pytest.mark.parametrize("state", ["deleted", "rejected", "elsewhere"])
def test_a_champion_that_cannot_be_served_is_replaced_by_the_initial_model(
    ask, files, sagemaker, ledger, state
):
    arn = f"{ARN}/7"
    if state == "rejected":
        sagemaker.register(7, "Rejected")
    if state == "elsewhere":
        sagemaker.register(7, "Approved")
        move_archive(sagemaker, 7)
    ledger.write(Put(champion_item(7, model_package_arn=arn)))
    answer = ask(**initial())
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"]["ModelPackageArn"] != arn


def test_the_version_that_a_person_chose_is_that_of_its_arn(ask, sagemaker, ledger):
    chosen = sagemaker.register(12, "Approved")
    ledger.write(Put(champion_item(3, model_package_arn=sagemaker.register(3, "Approved"))))
    answer = ask(HasEndpoint="true", ModelPackageArn=chosen)
    assert answer["Data"] == {"ModelPackageArn": chosen, "Version": "12"}


@pytest.mark.parametrize(
    ("approval", "version", "reason"),
    [
        ("PendingManualApproval", 2, "has the approval status PendingManualApproval"),
        ("Approved", 5, "there is no model package"),
    ],
)
def test_a_version_that_cannot_be_served_is_refused_with_the_reason(
    ask, sagemaker, approval, version, reason
):
    sagemaker.register(2, approval)
    answer = ask(HasEndpoint="true", ModelPackageArn=f"{ARN}/{version}")
    assert answer["Status"] == "FAILED"
    assert reason in answer["Reason"]


def test_a_version_of_an_earlier_environment_is_refused_with_what_the_endpoint_may_read(
    ask, sagemaker
):
    arn = sagemaker.register(4, "Approved")
    move_archive(sagemaker, 4)
    answer = ask(HasEndpoint="true", ModelPackageArn=arn)
    assert "s3://artifacts-before/runs/late/v4/model.tar.gz" in answer["Reason"]
    assert "below s3://artifacts/runs/late/ only" in answer["Reason"]


def test_a_version_of_another_group_is_refused(ask, sagemaker):
    sagemaker.packages[1] = {
        "ModelPackageGroupName": "driftloop-test-churn",
        "ModelApprovalStatus": "Approved",
    }
    answer = ask(HasEndpoint="true", ModelPackageArn=f"{ARN}/1")
    assert f"no version of the model package group {GROUP}" in answer["Reason"]


def test_an_update_returns_the_version_that_the_endpoint_was_created_with(
    ask, files, sagemaker, ledger
):
    created = ask(**initial())
    newer = sagemaker.register(2, "Approved")
    ledger.write(Put(champion_item(2, model_package_arn=newer)))
    changed = initial(ModelUri=f"s3://{SOURCE}/another", Environment={"A": "b"})
    for new in (changed, {"HasEndpoint": "true"}):
        updated = ask("Update", created["PhysicalResourceId"], initial(), **new)
        assert updated["PhysicalResourceId"] == created["PhysicalResourceId"]
        assert updated["Data"] == created["Data"]
    assert len(sagemaker.named("create_model_package")) == 1


def test_an_update_refuses_another_version_for_an_endpoint_that_exists(ask, sagemaker):
    one, two = (sagemaker.register(version, "Approved") for version in (1, 2))
    chosen = {"HasEndpoint": "true", "ModelPackageArn": one}
    answer = ask("Update", one, chosen, HasEndpoint="true", ModelPackageArn=two)
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"] == one
    assert "set its approval status to Approved" in answer["Reason"]
    restored = ask("Update", one, {**chosen, "ModelPackageArn": two}, **chosen)
    assert restored["Data"]["Version"] == "1"


def test_after_a_rolled_back_first_deployment_another_version_can_be_chosen(ask, sagemaker):
    one, two = (sagemaker.register(version, "Approved") for version in (1, 2))
    failed = {"HasEndpoint": "true", "ModelPackageArn": one}
    assert ask("Update", GROUP, {}, **failed)["PhysicalResourceId"] == one
    assert ask("Update", one, failed)["PhysicalResourceId"] == GROUP
    chosen = ask("Update", GROUP, {}, HasEndpoint="true", ModelPackageArn=two)
    assert chosen["Data"]["Version"] == "2"


def test_an_initial_model_added_to_a_stack_without_an_endpoint_is_registered_once(
    ask, files, sagemaker
):
    added = {**initial(), "HasEndpoint": "false"}
    first = ask("Update", GROUP, {}, **added)
    again = ask("Update", first["PhysicalResourceId"], added, **added)
    assert first["Data"] == again["Data"] == {"ModelPackageArn": f"{ARN}/1", "Version": "1"}


def test_an_initial_model_added_to_a_stack_with_an_endpoint_registers_nothing(
    ask, files, sagemaker
):
    serving = sagemaker.register(4, "Approved")
    chosen = {"HasEndpoint": "true", "ModelPackageArn": serving}
    answer = ask("Update", serving, chosen, **{**initial(), **chosen})
    assert answer["Data"]["Version"] == "4"
    assert sagemaker.named("create_model_package") == []


def test_a_delete_request_succeeds_and_deletes_nothing(ask, files, sagemaker):
    created = ask(**initial())
    calls = len(sagemaker.calls)
    answer = ask("Delete", created["PhysicalResourceId"], **initial())
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == created["PhysicalResourceId"]
    assert len(sagemaker.calls) == calls
    assert ask("Delete", "2a7a0d1c", Model=3)["Status"] == "SUCCESS"


def test_a_missing_file_fails_the_resource_with_setting_and_address(ask, files):
    answer = ask(**initial(BaselineUri=f"s3://{SOURCE}/late/2026/late.base"))
    assert answer["Status"] == "FAILED"
    assert (
        f"initial_baseline: there is no object s3://{SOURCE}/late/2026/late.base"
        in (answer["Reason"])
    )
    assert "/aws/lambda/driftloop-test-registry" in answer["Reason"]
    assert answer["PhysicalResourceId"]


def test_a_stack_without_a_version_for_its_endpoint_fails_with_what_to_set(ask):
    assert "set initial_model in driftloop.yaml" in ask(HasEndpoint="true")["Reason"]


def test_invalid_properties_fail_the_resource_with_their_name(ask):
    answer = ask(Model=["late"])
    assert answer["Status"] == "FAILED"
    assert "$.Model" in answer["Reason"]


def test_an_error_of_aws_is_the_reason_and_fits_into_the_answer(ask, sagemaker, monkeypatch):
    def deny(**_arguments):
        message = 'not "authorized" \n' + "é" * 5000
        raise refuse("AccessDeniedException", message, "CreateModelPackageGroup")

    monkeypatch.setattr(sagemaker, "create_model_package_group", deny)
    answer = ask()
    assert answer["Status"] == "FAILED"
    assert "AccessDeniedException" in answer["Reason"]
    assert "CreateModelPackageGroup" in answer["Reason"]


def test_a_defect_of_the_function_is_answered_too(ask, sagemaker, monkeypatch):
    monkeypatch.setattr(sagemaker, "create_model_package_group", None)
    assert "TypeError" in ask()["Reason"]


def test_an_answer_that_is_not_accepted_fails_the_function_so_that_lambda_repeats_it(aws):
    url = ResponseUrl(403)
    with pytest.raises(RuntimeError, match="HTTP 403"):
        handle(request(), None, aws, url)
    handle(request(), None, aws, url)
    assert len(url.answers) == 1

"""The release function behind its role's synthesized policy, with Application Auto Scaling's checks
of its caller."""

import json

import boto3
import pytest

from driftloop.contract.ledger_items import AutoscalingFailureItem, ChampionItem, ReleaseItem
from infra.permissions.release import AUTOSCALING_CALLER_ACTIONS
from lambdas.release.handler import handle
from tests.infra.conftest import folder, synthesize  # noqa: F401 - fixtures
from tests.lambdas.account import MODEL, SERVING
from tests.lambdas.authorization import (
    ACCOUNT,
    AuthorizedClient,
    AuthorizedClients,
    environment_of,
    make_role,
)
from tests.lambdas.releases import change_setting, reconcile, statuses

CALLER_ACTIONS = sorted(
    action for actions in AUTOSCALING_CALLER_ACTIONS.values() for action in actions
)


@pytest.fixture(scope="module")
def stacks(synthesize, folder):  # noqa: F811
    (folder / "flights.csv").write_text("temp,carrier,late\n1,a,0\n")
    model = {**MODEL, "training_data": str(folder / "flights.csv")}
    return synthesize({"environment": "test", "models": {"late": model}}).stacks


@pytest.fixture
def role(stacks):
    return make_role(stacks, "ReleaseRole")


@pytest.fixture
def deployed(aws, stacks, role, fleet_of):
    """The function with the environment and the role of its template; no champion yet."""
    fleet = boto3.client("s3").get_object(Bucket="fleet", Key=fleet_of())["Body"].read()
    environment = environment_of(stacks, "release")
    bucket = environment["FLEET_BUCKET"]
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    s3.put_object(Bucket=bucket, Key=environment["FLEET_KEY"], Body=fleet)
    role_arn = (
        f"arn:aws:iam::{ACCOUNT}:role/driftloop/test/endpoint/test-late-endpoint-eu-central-1"
    )
    boto3.client("ssm").put_parameter(
        Name="/driftloop/test/late/serving",
        Value=json.dumps({**SERVING, "role_arn": role_arn}),
        Type="String",
        Overwrite=True,
    )
    aws._environ = environment
    return AuthorizedClients(aws, role)


@pytest.fixture
def first_endpoint(stacks, sagemaker):
    """The endpoint as the model's stack creates it; its config and model have the same name."""
    sagemaker.register(1, "Approved")
    sagemaker.serve(1, config=first_name(stacks, "EndpointConfig"))


def first_name(stacks, kind):
    """The name of the template, or as CloudFormation names a resource without one.

    Its names are the logical ID and random characters, without the stack's name. Sources:
    aws-cli#4021; awslabs/service-workbench-on-aws#1176.
    """
    resources = stacks["driftloop-test-model-late"]["Resources"]
    [(logical_id, resource)] = [
        item for item in resources.items() if item[1]["Type"] == f"AWS::SageMaker::{kind}"
    ]
    name = resource["Properties"].get(f"{kind}Name", f"{logical_id}-pR9dIu4ZjVhk")
    if isinstance(name, str):
        return name
    separator, parts = name["Fn::Join"]  # the version is an attribute of the custom resource
    return separator.join(part if isinstance(part, str) else "1" for part in parts)


@pytest.fixture
def release(deployed, first_endpoint, sagemaker, event):
    """Approves a version and settles its update."""

    def run(version, day, *, promoted=True):
        arn = sagemaker.register(version, "Approved")
        detail = {
            "ModelPackageArn": arn,
            "ModelPackageVersion": version,
            "ModelApprovalStatus": "Approved",
        }
        time = f"2026-03-{day}T14:00:00Z"
        handle(event("package", detail, time=time, id=f"approval-{version}"), None, deployed)
        sagemaker.settle(promoted=promoted)
        time = f"2026-03-{day}T14:30:00Z"
        handle(event("endpoint", time=time, id=f"end-{version}"), None, deployed)

    handle(event("endpoint", time="2026-03-02T00:00:00Z"), None, deployed)
    return run


def test_the_first_endpoint_that_cloudformation_creates_is_adopted(
    deployed, first_endpoint, stacks, event, ledger, role
):
    assert first_name(stacks, "EndpointConfig") == first_name(stacks, "Model")
    handle(event("endpoint", time="2026-03-02T00:00:00Z"), None, deployed)
    assert ledger.get(ChampionItem).version == 1
    assert ledger.get(AutoscalingFailureItem) is None
    reconcile(deployed)
    assert role.denied == []


def test_one_release_after_the_other_is_promoted_or_rolled_back(release, deployed, ledger, role):
    release(2, 10)
    release(3, 11, promoted=False)
    release(4, 12)
    reconcile(deployed, as_of="2026-03-12T16:40:00Z")
    assert statuses(ledger) == {
        1: "superseded",
        2: "superseded",
        3: "rolled_back",
        4: "promoted",
    }
    assert ledger.get(ReleaseItem) is None
    assert ledger.get(AutoscalingFailureItem) is None
    assert role.denied == []


def test_another_instance_type_is_deployed(release, deployed, sagemaker, event, ledger, role):
    change_setting(
        instance_type="ml.c5.large",
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/driftloop/test/endpoint/"
        "test-late-endpoint-eu-central-1",
    )
    handle(event("parameter"), None, deployed)
    sagemaker.settle(promoted=True)
    handle(event("endpoint", time="2026-03-10T16:30:00Z", id="end"), None, deployed)
    assert ledger.get(ReleaseItem) is None
    assert ledger.get(AutoscalingFailureItem) is None
    assert role.denied == []


@pytest.mark.parametrize("action", CALLER_ACTIONS)
def test_autoscaling_fails_without_any_of_the_actions_that_it_requires_of_its_caller(
    deployed, release, ledger, role, action
):
    service = "application-autoscaling"
    inner = boto3.client("application-autoscaling")
    client = AuthorizedClient(service, inner, role.without(action))
    deployed._clients[service] = client
    reconcile(deployed)
    failure = ledger.get(AutoscalingFailureItem)
    assert f"not authorized to perform {action}" in failure.reason

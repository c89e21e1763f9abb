"""Only `registry` reads the files of `initial_model`, by their keys; all others read the copies."""

import copy
import json
from typing import Any

import pytest

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ASSETS = "cdk-hnb659fds-assets-"


@pytest.fixture(scope="module")
def foreign(config: Any, synthesize: Any) -> Any:
    """The templates of a model whose files are in a bucket of somebody else, with a key."""
    changed = copy.deepcopy(config)
    changed["models"]["price_v2"] |= {
        "initial_model": "s3://somebody-elses/prices/model.tar.gz",
        "initial_baseline": "s3://somebody-elses/prices/price.baseline",
        "data_kms_key_arns": [KEY],
    }
    del changed["models"]["credit"]
    return synthesize(changed)


def allowed(templates: Any, stack: str, role: str, action: str) -> list[str]:
    """The resources of every statement of a role with an action, as text."""
    found = []
    for statement in templates.statements(stack, role).values():
        actions, resources = statement["Action"], statement["Resource"]
        if action in ([actions] if isinstance(actions, str) else actions):
            found += resources if isinstance(resources, list) else [resources]
    return [json.dumps(resource) for resource in found]


def test_files_in_another_bucket_are_read_by_registry_alone_and_by_their_keys(
    foreign: Any,
) -> None:
    readable = allowed(foreign, "shared", "RegistryRole", "s3:GetObject")
    assert len(readable) == 2
    for key in ("model.tar.gz", "price.baseline"):
        assert any(text.count(f":s3:::somebody-elses/prices/{key}") for text in readable)
    policies = list(foreign.all_resources("AWS::IAM::Policy"))
    readers = {
        name
        for name, policy in policies
        if "somebody-elses/prices" in json.dumps(policy["Properties"]["PolicyDocument"])
    }
    assert len(readers) == 1


def test_listing_another_bucket_is_limited_to_the_keys_of_the_files(foreign: Any) -> None:
    listing = foreign.statements("shared", "RegistryRole")["ListSource0"]
    assert "somebody-elses" in json.dumps(listing["Resource"])
    assert listing["Condition"] == {
        "StringEquals": {"s3:prefix": ["prices/model.tar.gz", "prices/price.baseline"]}
    }


def test_keys_of_somebody_else_decrypt_for_registry_and_encrypt_for_nobody(foreign: Any) -> None:
    assert allowed(foreign, "shared", "RegistryRole", "kms:Decrypt").count(json.dumps(KEY)) == 1
    for stack, role in (("shared", "RegistryRole"), ("model-price-v2", "PipelineRole")):
        assert json.dumps(KEY) not in allowed(foreign, stack, role, "kms:GenerateDataKey")
    assert json.dumps(KEY) not in allowed(foreign, "model-price-v2", "EndpointRole", "kms:Decrypt")


def test_local_files_are_read_by_registry_alone_and_by_their_keys(templates: Any) -> None:
    readable = allowed(templates, "shared", "RegistryRole", "s3:GetObject")
    assert len(readable) == 2
    for text in readable:
        assert ASSETS in text
        assert "*" not in text


@pytest.mark.parametrize(
    ("stack", "role"),
    [
        ("model-credit", "EndpointRole"),
        ("model-price-v2", "EndpointRole"),
        ("shared", "ProfileRole"),
    ],
)
def test_endpoints_and_profile_read_no_asset(templates: Any, stack: str, role: str) -> None:
    assert ASSETS not in json.dumps(templates.statements(stack, role))


@pytest.mark.parametrize("role", ["ProfileRole", "DetectRole"])
def test_baselines_are_read_from_the_runs_of_the_artifacts_bucket(
    templates: Any, role: str
) -> None:
    baselines = templates.statements("shared", role)["Baselines"]
    assert "/runs/*" in json.dumps(baselines["Resource"])
    assert "InitialBaselines" not in templates.statements("shared", role)


def test_registry_writes_only_below_the_initial_models(templates: Any) -> None:
    (written,) = allowed(templates, "shared", "RegistryRole", "s3:PutObject")
    assert "/runs/*/initial/*" in written
    assert allowed(templates, "shared", "RegistryRole", "s3:DeleteObject") == []
    statements = json.dumps(templates.statements("shared", "RegistryRole"))
    for verb in ("Delete", "UpdateModelPackage", "PutItem", "UpdateItem"):
        assert verb not in statements


def test_no_role_reads_all_assets(templates: Any) -> None:
    """CDK's asset bucket has the code and the files of every application of the account."""
    for name, policy in templates.all_resources("AWS::IAM::Policy"):
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            for resource in allowed_resources(statement):
                assert not (ASSETS in resource and resource.rstrip('"}]').endswith("*")), name


def allowed_resources(statement: dict[str, Any]) -> list[str]:
    """The resources of a statement, as text."""
    resources = statement["Resource"]
    return [
        json.dumps(item) for item in (resources if isinstance(resources, list) else [resources])
    ]

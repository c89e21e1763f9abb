"""CloudFormation creates the endpoint and never updates it."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from driftloop.contract.registry_resource import RegistryProperties
from driftloop.contract.resource_names import ResourceNames

OWNED = (
    "AWS::SageMaker::Model",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Endpoint",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
)
MODEL = "model-price-v2"
REGISTRY = "Custom::DriftloopRegistry"
MAX_NAME_LENGTH = 63
"""Of a SageMaker Model and EndpointConfig (botocore: ModelName, EndpointConfigName)."""


def defaults(template: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the first deployment, which `cdk deploy` keeps in later deployments."""
    return {
        name: item["Default"]
        for name, item in template["Parameters"].items()
        if "Default" in item and name != "BootstrapVersion"
    }


def resolve(node: Any, template: dict[str, Any], values: dict[str, Any]) -> Any:
    """Resolve parameters, conditions and mappings in a property, as CloudFormation does."""

    def go(part: Any) -> Any:
        if isinstance(part, list):
            items = [go(item) for item in part]
            return [item for item in items if item != {"Ref": "AWS::NoValue"}]
        if not isinstance(part, dict):
            return part
        if "Ref" in part and part["Ref"] in values:
            return str(values[part["Ref"]])
        if "Fn::If" in part:
            condition, yes, no = part["Fn::If"]
            return go(yes if go({"Condition": condition}) else no)
        if set(part) == {"Condition"} and part["Condition"] in template.get("Conditions", {}):
            return go(template["Conditions"][part["Condition"]])
        if "Fn::Equals" in part:
            first, second = (go(item) for item in part["Fn::Equals"])
            return first == second
        if "Fn::Not" in part:
            return not go(part["Fn::Not"][0])
        if "Fn::Or" in part:
            return any(go(item) for item in part["Fn::Or"])
        if "Fn::FindInMap" in part:
            name, first, second = (go(item) for item in part["Fn::FindInMap"])
            return template["Mappings"][name][values["AWS::Region"]][second] if first else None
        if "Fn::Join" in part:
            glue, parts = part["Fn::Join"]
            done = [go(item) for item in parts]
            return glue.join(i if isinstance(i, str) else json.dumps(i) for i in done)
        if "Fn::Sub" in part:
            return re.sub(r"\$\{([^}]+)\}", lambda name: str(values[name[1]]), part["Fn::Sub"])
        return {key: go(value) for key, value in part.items()}

    return go(node)


def deployed(template: dict[str, Any], values: dict[str, Any]) -> str:
    """The owned resources as CloudFormation compares them, as canonical JSON."""
    parameters = values | {"AWS::Region": "eu-west-1"}
    resources = {}
    for name, item in template["Resources"].items():
        if item["Type"] in OWNED:
            exists = resolve({"Condition": item["Condition"]}, template, parameters)
            if exists:
                resources[name] = resolve(item, template, parameters)
    return json.dumps(resources, sort_keys=True, indent=1)


def edit(config: dict[str, Any], what: str, folder: Path) -> None:
    """Change a value of the configuration that concerns serving."""
    model = config["models"]["price_v2"]
    edits: dict[str, Any] = {
        "instance type": lambda: model["serving"].update(instance_type="ml.c7i.4xlarge"),
        "instance type with local storage": lambda: model["serving"].update(
            instance_type="ml.g5.xlarge"
        ),
        "instance counts": lambda: model["serving"].update(
            initial_instance_count=5, max_instance_count=9
        ),
        "autoscaling target": lambda: model["serving"].update(target_invocations_per_instance=77),
        "capture sampling": lambda: model["serving"].update(capture_sampling_percentage=100),
        "tags": lambda: config.update(tags={"team": "other", "cost-center": "12"}),
        "retention and notifications": lambda: config.update(
            retention={"capture_days": 5, "log_days": 7},
            notifications={"emails": ["b@example.com"]},
        ),
        "family": lambda: model.update(family="sklearn"),
        "schema": lambda: model.update(features={"age": "numeric", "street": "categorical"}),
        "another initial model": lambda: model.update(initial_model="other.tar.gz"),
        "no initial model": lambda: (
            model.pop("initial_model"),
            model.pop("initial_baseline"),
        ),
    }
    (folder / "other.tar.gz").write_bytes(b"another model")
    edits[what]()


@pytest.mark.parametrize(
    "what",
    [
        "instance type",
        "instance type with local storage",
        "instance counts",
        "autoscaling target",
        "capture sampling",
        "tags",
        "retention and notifications",
        "family",
        "schema",
        "another initial model",
        "no initial model",
    ],
)
def test_a_changed_configuration_does_not_change_the_resources_of_the_endpoint(
    what: str, config: Any, templates: Any, synthesize: Any, folder: Path
) -> None:
    before = templates.stacks[f"driftloop-test-{MODEL}"]
    values = defaults(before)
    changed = copy.deepcopy(config)
    del changed["models"]["credit"]
    edit(changed, what, folder)
    after = synthesize(changed).stacks[f"driftloop-test-{MODEL}"]
    assert after != before or what == "retention and notifications", "the edit changes no template"
    assert set(values) == set(defaults(after)), "a parameter was added or removed"
    assert deployed(after, values) == deployed(before, values)
    assert "AWS::SageMaker::Endpoint" in deployed(after, values)


def test_the_first_deployment_has_the_serving_settings_of_the_configuration(
    templates: Any,
) -> None:
    template = templates.stacks[f"driftloop-test-{MODEL}"]
    text = json.loads(deployed(template, defaults(template)))
    kinds = {item["Type"]: item["Properties"] for item in text.values()}
    config = kinds["AWS::SageMaker::EndpointConfig"]
    assert config["DataCaptureConfig"]["InitialSamplingPercentage"] == "40"
    assert config["ProductionVariants"][0]["InstanceType"] == "ml.m5.large"
    assert config["ProductionVariants"][0]["InitialInstanceCount"] == "2"


def test_the_serving_settings_are_in_the_parameter_that_release_reads(templates: Any) -> None:
    value = templates.only_resource(MODEL, "AWS::SSM::Parameter")["Value"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "TOKEN" for part in value)
    settings = json.loads(text)
    assert settings["capture_sampling_percentage"] == 40
    tokens = (settings[name] for name in ("endpoint", "role_arn", "kms_key_arn"))
    assert list(tokens) == ["TOKEN"] * 3
    assert settings["tags"]["team"] == "risk"


def test_without_an_initial_model_there_is_no_endpoint_until_the_first_version_is_given(
    templates: Any,
) -> None:
    template = templates.stacks["driftloop-test-model-credit"]
    values = defaults(template)
    assert json.loads(deployed(template, values)) == {}
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/driftloop-test-credit/1"
    later = deployed(template, values | {"InitialModelPackageArn": arn})
    kinds = [item["Type"] for item in json.loads(later).values()]
    assert sorted(kinds) == sorted(OWNED)


def registry_properties(template: dict[str, Any], values: dict[str, Any]) -> RegistryProperties:
    """What the function `registry` gets: CloudFormation sends every property as text."""
    (resource,) = (item for item in template["Resources"].values() if item["Type"] == REGISTRY)
    parameters = values | {
        "AWS::Region": "eu-west-1",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::AccountId": "111122223333",
        "AWS::Partition": "aws",
    }
    resolved = resolve(resource["Properties"], template, parameters)
    return msgspec.convert(resolved, RegistryProperties)


def test_the_registry_knows_the_initial_model_and_whether_there_is_an_endpoint(
    templates: Any,
) -> None:
    template = templates.stacks[f"driftloop-test-{MODEL}"]
    properties = registry_properties(template, defaults(template))
    assert (properties.model, properties.has_endpoint) == ("price_v2", "true")
    assert {tag.key: tag.value for tag in properties.tags} == {
        "team": "risk",
        "driftloop:environment": "test",
        "driftloop:model": "price_v2",
    }
    initial = properties.initial_model
    assert initial is not None
    assert initial.model_uri.startswith("s3://")
    assert ".dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:" in initial.image
    types = ("text/csv", "application/json", "application/jsonlines")
    assert initial.content_types == types
    assert initial.environment == {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "*/*",
        "PIP_NO_BUILD_ISOLATION": "0",
    }


def test_the_registry_gets_the_version_that_a_person_chose(templates: Any) -> None:
    template = templates.stacks["driftloop-test-model-credit"]
    values = defaults(template)
    properties = registry_properties(template, values)
    assert (properties.has_endpoint, properties.model_package_arn) == ("false", "")
    assert properties.initial_model is None
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/driftloop-test-credit/1"
    properties = registry_properties(template, values | {"InitialModelPackageArn": arn})
    assert (properties.has_endpoint, properties.model_package_arn) == ("true", arn)


def test_the_endpoint_serves_the_version_of_the_registry_and_captures_it_as_such(
    templates: Any,
) -> None:
    ((name, _),) = templates.resources(MODEL, REGISTRY).items()
    model = templates.only_resource(MODEL, "AWS::SageMaker::Model")
    assert model["PrimaryContainer"] == {
        "ModelPackageName": {"Fn::GetAtt": [name, "ModelPackageArn"]}
    }
    config = templates.only_resource(MODEL, "AWS::SageMaker::EndpointConfig")
    assert config["DataCaptureConfig"]["DestinationS3Uri"]["Fn::Join"][1][-2:] == [
        "/price_v2/v",
        {"Fn::GetAtt": [name, "Version"]},
    ]


def test_the_registry_is_in_the_shared_stack_and_no_stack_imports_it(templates: Any) -> None:
    for stack in ("model-credit", MODEL):
        template = templates.stacks[f"driftloop-test-{stack}"]
        (resource,) = templates.resources(stack, REGISTRY).values()
        token = json.dumps(resource["Properties"]["ServiceToken"])
        assert "function:driftloop-test-registry" in token
        assert "Fn::ImportValue" not in json.dumps(resource)
        assert not [t for t in template["Resources"].values() if "ModelPackage" in t["Type"]]


def test_deleting_a_stack_keeps_the_registry_and_needs_no_function(templates: Any) -> None:
    for _, resource in templates.all_resources(REGISTRY):
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_no_retained_resource_has_a_fixed_name_that_a_second_deployment_would_collide_with(
    templates: Any,
) -> None:
    """CloudFormation can't create a resource whose name is taken."""
    for stack, template in templates.stacks.items():
        for name, item in template["Resources"].items():
            if item.get("DeletionPolicy", "Delete") == "Delete":
                continue
            fixed = [key for key in item["Properties"] if key.endswith("Name")]
            assert fixed == [], f"{stack}/{name}"


def test_release_acts_on_a_model_only_while_its_stack_has_its_endpoint(templates: Any) -> None:
    """The parameter refers to the endpoint: it is created after it and deleted before it."""
    template = templates.stacks[f"driftloop-test-{MODEL}"]
    value = templates.only_resource(MODEL, "AWS::SSM::Parameter")["Value"]
    ((endpoint, _),) = templates.resources(MODEL, "AWS::SageMaker::Endpoint").items()
    reference = {"Fn::GetAtt": [endpoint, "EndpointName"]}
    assert json.dumps(reference) in json.dumps(value)
    without = resolve(value, template, defaults(template) | {"HasInitialModel": "false"})
    assert '"endpoint":"driftloop-test-price-v2"' in without


def test_requests_and_predictions_are_captured_encrypted_and_by_version(templates: Any) -> None:
    capture = templates.only_resource(MODEL, "AWS::SageMaker::EndpointConfig")["DataCaptureConfig"]
    assert capture["EnableCapture"] is True
    assert capture["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    key = templates.only_resource(MODEL, "AWS::SageMaker::EndpointConfig")["KmsKeyId"]["Fn::If"]
    assert key[1:] == [capture["KmsKeyId"], {"Ref": "AWS::NoValue"}]
    assert capture["CaptureContentTypeHeader"] == {
        "CsvContentTypes": ["text/csv"],
        "JsonContentTypes": ["application/json", "application/jsonlines"],
    }


def test_model_and_endpoint_config_have_a_name_of_the_environment_that_no_release_has(
    templates: Any,
) -> None:
    ((registry, _),) = templates.resources(MODEL, REGISTRY).items()
    for kind, key in (("EndpointConfig", "EndpointConfigName"), ("Model", "ModelName")):
        name = templates.only_resource(MODEL, f"AWS::SageMaker::{kind}")[key]
        version = {"Fn::GetAtt": [registry, "Version"]}
        assert name == {"Fn::Join": ["", ["driftloop-test-price-v2-v", version, "-initial"]]}
    longest = ResourceNames("e" * 8).initial_release("m" * 30, 9999)
    assert len(longest) == MAX_NAME_LENGTH
    assert not re.fullmatch(r".*-v\d+-[0-9a-f]{6}", longest)


def test_no_stack_resolves_a_value_from_ssm_during_deployment(templates: Any) -> None:
    assert "{{resolve:" not in json.dumps(templates.stacks)
    types = {
        item["Type"]
        for template in templates.stacks.values()
        for name, item in template["Parameters"].items()
        if name != "BootstrapVersion"
    }
    assert types == {"String", "Number"}

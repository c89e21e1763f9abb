"""CloudFormation creates the endpoint and never updates it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

OWNED = (
    "AWS::SageMaker::Model",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::ModelPackage",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
)
MODEL = "model-price-v2"


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
    assert settings["endpoint"] == "driftloop-test-price-v2"
    assert settings["role_arn"] == settings["kms_key_arn"] == "TOKEN"
    assert settings["tags"]["team"] == "risk"


def test_without_an_initial_model_there_is_no_endpoint_until_the_first_version_is_given(
    templates: Any,
) -> None:
    template = templates.stacks["driftloop-test-model-credit"]
    values = defaults(template)
    assert json.loads(deployed(template, values)) == {}
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/driftloop-test-credit/1"
    later = deployed(template, values | {"InitialModelPackageArn": arn, "InitialModelVersion": "1"})
    kinds = [item["Type"] for item in json.loads(later).values()]
    assert sorted(kinds) == sorted(set(OWNED) - {"AWS::SageMaker::ModelPackage"})
    assert arn in later
    assert "/credit/v1" in later


def test_requests_and_predictions_are_captured_encrypted_and_by_version(templates: Any) -> None:
    capture = templates.only_resource(MODEL, "AWS::SageMaker::EndpointConfig")["DataCaptureConfig"]
    assert capture["EnableCapture"] is True
    assert capture["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    key = templates.only_resource(MODEL, "AWS::SageMaker::EndpointConfig")["KmsKeyId"]["Fn::If"]
    assert key[1:] == [capture["KmsKeyId"], {"Ref": "AWS::NoValue"}]
    assert capture["DestinationS3Uri"]["Fn::Join"][1][-2:] == [
        "/price_v2/v",
        {"Ref": "InitialModelVersion"},
    ]
    assert capture["CaptureContentTypeHeader"] == {
        "CsvContentTypes": ["text/csv"],
        "JsonContentTypes": ["application/json", "application/jsonlines"],
    }


def test_the_first_package_declares_the_content_types_of_the_families_and_starts_offline(
    templates: Any,
) -> None:
    package = templates.only_resource(MODEL, "AWS::SageMaker::ModelPackage")
    specification = package["InferenceSpecification"]
    types = ["text/csv", "application/json", "application/jsonlines"]
    assert specification["SupportedContentTypes"] == types
    assert specification["SupportedResponseMIMETypes"] == types
    assert specification["Containers"][0]["Environment"] == {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "*/*",
        "PIP_NO_BUILD_ISOLATION": "0",
    }


def test_endpoint_configs_and_models_have_no_fixed_name_because_a_change_replaces_them(
    templates: Any,
) -> None:
    for kind, key in (("EndpointConfig", "EndpointConfigName"), ("Model", "ModelName")):
        assert key not in templates.only_resource(MODEL, f"AWS::SageMaker::{kind}")


def test_no_stack_resolves_a_value_from_ssm_during_deployment(templates: Any) -> None:
    assert "{{resolve:" not in json.dumps(templates.stacks)
    types = {
        item["Type"]
        for template in templates.stacks.values()
        for name, item in template["Parameters"].items()
        if name != "BootstrapVersion"
    }
    assert types == {"String", "Number"}

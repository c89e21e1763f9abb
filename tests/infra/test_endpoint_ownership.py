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
    """The parameters of a first deployment: what `cdk deploy` keeps from then on."""
    return {
        name: item["Default"]
        for name, item in template["Parameters"].items()
        if "Default" in item and name != "BootstrapVersion"
    }


def resolve(node: Any, template: dict[str, Any], values: dict[str, Any]) -> Any:
    """What CloudFormation makes of a property: parameters, conditions and mappings put in."""

    def go(part: Any) -> Any:
        if isinstance(part, list):
            kept = [go(item) for item in part]
            return [item for item in kept if item != {"Ref": "AWS::NoValue"}]
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
    """The owned resources as CloudFormation compares them, in canonical text."""
    everything = values | {"AWS::Region": "eu-west-1"}
    found = {}
    for name, item in template["Resources"].items():
        if item["Type"] in OWNED:
            exists = resolve({"Condition": item["Condition"]}, template, everything)
            if exists:
                found[name] = resolve(item, template, everything)
    return json.dumps(found, sort_keys=True, indent=1)


def edit(config: dict[str, Any], what: str, folder: Path) -> None:
    """Change a value of the configuration that has something to do with serving."""
    model = config["models"]["price_v2"]
    edits: dict[str, Any] = {
        "instance type": lambda: model["serving"].update(instance_type="ml.c7i.4xlarge"),
        "instance counts": lambda: model["serving"].update(
            initial_instance_count=5, max_instance_count=9
        ),
        "autoscaling target": lambda: model["serving"].update(target_invocations_per_instance=77),
        "capture sampling": lambda: model["serving"].update(capture_sampling_percentage=100),
        "tags": lambda: config.update(tags={"team": "other", "cost-center": "12"}),
        "retention and people": lambda: config.update(
            retention={"capture_days": 5, "log_days": 7},
            notifications={"emails": ["b@example.com"]},
        ),
        "family": lambda: model.update(family="sklearn"),
        "schema": lambda: model.update(features={"age": "numeric", "street": "categorical"}),
        "initial model, another": lambda: model.update(initial_model="other.tar.gz"),
        "initial model, left out": lambda: (
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
        "instance counts",
        "autoscaling target",
        "capture sampling",
        "tags",
        "retention and people",
        "family",
        "schema",
        "initial model, another",
        "initial model, left out",
    ],
)
def test_a_changed_configuration_leaves_the_endpoints_resources_byte_for_byte_as_they_were(
    what: str, config: Any, templates: Any, synthesise: Any, folder: Path
) -> None:
    before = templates.stacks[f"driftloop-test-{MODEL}"]
    values = defaults(before)
    changed = copy.deepcopy(config)
    del changed["models"]["credit"]
    edit(changed, what, folder)
    after = synthesise(changed).stacks[f"driftloop-test-{MODEL}"]
    assert after != before or what == "retention and people", "the edit reached no template"
    assert set(values) == set(defaults(after)), "a parameter came or went"
    assert deployed(after, values) == deployed(before, values)
    assert "AWS::SageMaker::Endpoint" in deployed(after, values)


def test_what_the_configuration_says_of_serving_reaches_the_first_deployment(
    templates: Any,
) -> None:
    template = templates.stacks[f"driftloop-test-{MODEL}"]
    text = json.loads(deployed(template, defaults(template)))
    kinds = {item["Type"]: item["Properties"] for item in text.values()}
    config = kinds["AWS::SageMaker::EndpointConfig"]
    assert config["DataCaptureConfig"]["InitialSamplingPercentage"] == "40"
    assert config["ProductionVariants"][0]["InstanceType"] == "ml.m5.large"
    assert config["ProductionVariants"][0]["InitialInstanceCount"] == "2"


def test_every_serving_setting_goes_into_the_parameter_that_release_reads(templates: Any) -> None:
    value = templates.one(MODEL, "AWS::SSM::Parameter")["Value"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "TOKEN" for part in value)
    settings = json.loads(text)
    assert settings["capture_sampling_percentage"] == 40
    assert settings["endpoint"] == "driftloop-test-price-v2"
    assert settings["role_arn"] == settings["kms_key_arn"] == "TOKEN"
    assert settings["tags"]["team"] == "risk"


def test_without_an_initial_model_there_is_no_endpoint_until_a_first_version_is_named(
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


def test_requests_and_answers_are_captured_encrypted_and_by_version(templates: Any) -> None:
    capture = templates.one(MODEL, "AWS::SageMaker::EndpointConfig")["DataCaptureConfig"]
    assert capture["EnableCapture"] is True
    assert capture["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    assert capture["KmsKeyId"] == templates.one(MODEL, "AWS::SageMaker::EndpointConfig")["KmsKeyId"]
    assert capture["DestinationS3Uri"]["Fn::Join"][1][-2:] == [
        "/price_v2/v",
        {"Ref": "InitialModelVersion"},
    ]
    assert capture["CaptureContentTypeHeader"]["CsvContentTypes"] == ["text/csv"]


def test_endpoint_configs_and_models_have_no_fixed_name_since_a_change_is_a_replacement(
    templates: Any,
) -> None:
    for kind, key in (("EndpointConfig", "EndpointConfigName"), ("Model", "ModelName")):
        assert key not in templates.one(MODEL, f"AWS::SageMaker::{kind}")


def test_no_stack_resolves_a_value_from_ssm_when_it_is_deployed(templates: Any) -> None:
    assert "{{resolve:" not in json.dumps(templates.stacks)
    types = {
        item["Type"]
        for template in templates.stacks.values()
        for name, item in template["Parameters"].items()
        if name != "BootstrapVersion"
    }
    assert types == {"String", "Number"}

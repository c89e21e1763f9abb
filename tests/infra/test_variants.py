"""Templates of other configurations, environments, regions and partitions."""

import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from driftloop.config.regions import IMAGE_REGIONS, MISSING_TYPES
from infra.constructs.container_images import registry_accounts

GPU = "ml.g4dn.xlarge"
PROVIDERS = Path(str(files("cfnlint"))) / "data" / "schemas" / "providers"
"""One file per region with the resource types that CloudFormation has there."""


@pytest.fixture(scope="module")
def minimal(config: Any, synthesize: Any) -> Any:
    """One model without any optional setting: the other model was removed."""
    changed = copy.deepcopy(config)
    del changed["models"]["price_v2"], changed["notifications"], changed["tags"]
    return synthesize(changed)


@pytest.fixture(scope="module")
def maximal(config: Any, synthesize: Any) -> Any:
    """One model with every optional setting, on GPUs, with all of its files in S3."""
    changed = copy.deepcopy(config)
    del changed["models"]["credit"]
    changed["models"]["price_v2"] |= {
        "initial_model": "s3://acme-models/churn/model.tar.gz",
        "initial_baseline": "s3://acme-models/churn/model.baseline",
        "time_column": "at",
        "entity": "city",
        "prediction_key": "score",
        "records_key": "rows",
        "inference_response_keys": ["predicted_label", "probability"],
        "paused": True,
        "monitoring": {"window_hours": 24},
        "training": {"instance_type": GPU, "warm_start": True},
        "serving": {"instance_type": GPU},
    }
    return synthesize(changed)


@pytest.fixture(scope="module")
def stage(config: Any, synthesize: Any) -> Any:
    """The minimal configuration in another environment."""
    changed = copy.deepcopy(config)
    del changed["models"]["price_v2"]
    return synthesize({**changed, "environment": "stage"})


@pytest.fixture(scope="module")
def all_types(minimal: Any, maximal: Any) -> set[str]:
    """The resource types of all templates."""
    return {
        item["Type"]
        for variant in (minimal, maximal)
        for template in variant.stacks.values()
        for item in template["Resources"].values()
    }


def exports(template: dict[str, Any]) -> set[str]:
    return {
        json.dumps(output["Export"]["Name"])
        for output in template.get("Outputs", {}).values()
        if "Export" in output
    }


def imports(node: Any) -> Iterator[str]:
    """Yield the names of the exports that a template imports."""
    if isinstance(node, dict):
        if "Fn::ImportValue" in node:
            yield json.dumps(node["Fn::ImportValue"])
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from imports(item)


@pytest.mark.parametrize("stack", ["data", "shared"])
def test_no_export_comes_and_goes_with_a_setting_or_with_a_model(
    templates: Any, minimal: Any, maximal: Any, stack: str
) -> None:
    """CloudFormation refuses to remove an export that a deployed stack imports."""
    variants = [
        exports(variant.stacks[f"driftloop-test-{stack}"])
        for variant in (templates, minimal, maximal)
    ]
    assert variants[0]
    assert variants[0] == variants[1] == variants[2]


def test_every_import_is_an_export_of_the_data_or_the_shared_stack(
    templates: Any, minimal: Any, maximal: Any
) -> None:
    for variant in (templates, minimal, maximal):
        exported = set().union(*(exports(template) for template in variant.stacks.values()))
        imported = {name for template in variant.stacks.values() for name in imports(template)}
        assert imported
        assert imported <= exported


def test_a_model_stack_is_deployed_after_the_shared_stack(templates: Any) -> None:
    """It names the functions of the shared stack, which CloudFormation can't see."""
    text = json.dumps(templates.stacks["driftloop-test-model-credit"])
    assert "driftloop-test-start-analysis" in text
    assert any("driftloop-test-shared" in name for name in imports(json.loads(text)))


def test_the_stack_of_a_removed_model_is_named_in_the_next_synthesis(
    config: Any, tmp_path: Path
) -> None:
    from aws_cdk import App, Stack

    from driftloop.config import validate_config
    from infra.removed_models import removal_message, removed_model_stacks

    smaller = copy.deepcopy(config)
    del smaller["models"]["price_v2"]
    assert removed_model_stacks(tmp_path, validate_config(smaller)) == []
    app = App(outdir=str(tmp_path))
    for name in ("test-shared", "test-model-credit", "test-model-price-v2", "stage-model-x"):
        Stack(app, f"driftloop-{name}")
    app.synth()
    (removed,) = removed_model_stacks(tmp_path, validate_config(smaller))
    assert removed == "driftloop-test-model-price-v2"
    assert f"delete-stack --stack-name {removed}" in removal_message(removed)
    assert removed_model_stacks(tmp_path, validate_config(config)) == []


def test_two_environments_have_no_resource_in_common(minimal: Any, stage: Any) -> None:
    """Two stacks of one account and region, so a name of one may not be one of the other."""
    names = [
        {
            (item["Type"], key, json.dumps(value))
            for template in variant.stacks.values()
            for item in template["Resources"].values()
            for key, value in item["Properties"].items()
            if re.fullmatch(r"(\w*Name|Name|AliasName)", key) and "driftloop-" in json.dumps(value)
        }
        for variant in (minimal, stage)
    ]
    owned = [
        {entry for entry in entries if not re.search(r"Fn::GetAtt|Fn::ImportValue", entry[2])}
        for entries in names
    ]
    assert len(owned[0]) > 15
    assert len(owned[0]) == len(owned[1])
    assert not owned[0] & owned[1]
    assert "driftloop-test" not in json.dumps(stage.stacks)


def test_gpu_instances_have_local_storage_and_so_no_volume_key(maximal: Any) -> None:
    template = maximal.stacks["driftloop-test-model-price-v2"]
    assert template["Parameters"]["VolumeEncryption"]["Default"] == "hardware"
    text = json.dumps(template)
    assert GPU in text
    assert "VolumeKmsKeyId" not in text
    config = maximal.only_resource("model-price-v2", "AWS::SageMaker::EndpointConfig")
    condition, key, otherwise = config["KmsKeyId"]["Fn::If"]
    assert otherwise == {"Ref": "AWS::NoValue"}
    assert key != otherwise
    assert template["Conditions"][condition] == {"Fn::Equals": [{"Ref": "VolumeEncryption"}, "key"]}


def test_a_window_of_a_day_is_analyzed_once_a_day(maximal: Any) -> None:
    expressions = {
        item["Properties"]["Name"]: item["Properties"]["ScheduleExpression"]
        for item in maximal.resources("model-price-v2", "AWS::Scheduler::Schedule").values()
    }
    assert expressions["driftloop-test-price-v2-analysis"] == "cron(20 0 * * ? *)"


def test_no_template_names_a_partition_a_region_or_a_url_suffix(
    templates: Any, minimal: Any, maximal: Any
) -> None:
    """One set of templates fits aws, aws-cn and aws-us-gov; only key ARNs of settings are fixed."""
    regions = {path.stem for path in PROVIDERS.glob("*.json")} - {"sam"}
    for variant in (templates, minimal, maximal):
        for name, template in variant.stacks.items():
            fixed = {key: template[key] for key in ("Resources", "Outputs") if key in template}
            text = re.sub(r'"arn:aws:kms:eu-west-1:[^"]*"', "", json.dumps(fixed))
            assert not re.findall(r"arn:aws[a-z-]*:", text), name
            assert not [region for region in regions if region in text], name
            hosts = set(re.findall(r"[a-z0-9.{}$-]*amazonaws\.com(?:\.cn)?", text))
            # service principals, which are the same in all partitions, but for CloudWatch Logs'
            assert hosts <= PRINCIPALS, (name, hosts - PRINCIPALS)


PRINCIPALS = {
    *(
        f"{s}.amazonaws.com"
        for s in ("lambda", "states", "scheduler", "sagemaker", "events", "logging.s3")
    ),
    "cloudwatch.amazonaws.com",
    "sagemaker.application-autoscaling.amazonaws.com",
}


def test_cloudwatch_logs_has_a_principal_per_region_and_partition(minimal: Any) -> None:
    """CloudWatch Logs User Guide: logs.REGION.amazonaws.com, in China with the suffix .cn."""
    policy = minimal.only_resource("data", "AWS::KMS::Key")["KeyPolicy"]["Statement"]
    (statement,) = (item for item in policy if item.get("Sid") == "EncryptedLogGroups")
    assert statement["Principal"]["Service"] == {
        "Fn::Join": ["", ["logs.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}]]
    }


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "eu-west-1"])
def test_the_images_of_a_region_are_in_the_mapping(minimal: Any, region: str) -> None:
    mapping = minimal.stacks["driftloop-test-model-credit"]["Mappings"]
    (registries,) = (value for key, value in mapping.items() if "Registries" in key)
    assert set(registries[region]) == {"sklearn", "xgboost"}


def test_the_regions_with_images_are_those_of_the_mapping() -> None:
    assert set(registry_accounts()) == IMAGE_REGIONS


def test_the_types_that_a_region_lacks_are_named_by_the_validation(all_types: set[str]) -> None:
    """Of the types of the templates, and of those that the function `registry` makes instead."""
    used = all_types | {"AWS::SageMaker::ModelPackage", "AWS::SageMaker::ModelPackageGroup"}
    used = {name for name in used if name.startswith("AWS::") and name != "AWS::CDK::Metadata"}
    used.discard("AWS::CloudFormation::CustomResource")
    missing = {}
    for path in PROVIDERS.glob("*.json"):
        if path.stem != "sam":
            lacking = used - set(json.loads(path.read_text()))
            if lacking:
                missing[path.stem] = lacking
    assert missing == {region: set(types) for region, types in MISSING_TYPES.items()}


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_templates_pass_cfn_lint_in_other_partitions_but_for_missing_types(
    minimal: Any, maximal: Any, tmp_path: Path, region: str
) -> None:
    for variant, templates in {"minimal": minimal, "maximal": maximal}.items():
        for name, template in templates.stacks.items():
            (tmp_path / f"{variant}-{name}.template.json").write_text(json.dumps(template))
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", region]
    # W3005: as in test_stacks
    command += ["--non-zero-exit-code", "none", "--ignore-checks", "W3005", "--format", "json"]
    result = subprocess.run(
        [*command, "--", *map(str, sorted(tmp_path.glob("*.json")))],
        capture_output=True,
        text=True,
        check=True,
    )
    findings = [finding["Message"] for finding in json.loads(result.stdout or "[]")]
    known = MISSING_TYPES.get(region, ())
    unexpected = [text for text in findings if not any(f"'{name}'" in text for name in known)]
    assert unexpected == []

"""Every resource against CloudFormation's schema and against the APIs that create it.

cfn-lint does not know the value of an intrinsic function, so it checks neither the pattern nor the
length of a joined name or ARN. Here the functions are resolved first.
"""

import copy
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema
import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from rehearsal.request_shapes import python_pattern, request_errors, service_model
from rehearsal.resolved_templates import Account, ResolvedResource, ResolvedStacks
from rehearsal.sagemaker.cloudformation.properties import convert_types
from tests.infra.resource_requests import REQUESTS

PACKAGE = "arn:aws:sagemaker:eu-central-1:123456789012:model-package/driftloop-test-credit/1"
ATTRIBUTES = {"ModelPackageArn": PACKAGE, "Version": "1234"}
"""What the custom resource of the registry returns."""
ACCOUNTS = {
    "aws": Account(),
    "aws-cn": Account(region="cn-north-1", partition="aws-cn", url_suffix="amazonaws.com.cn"),
    "aws-us-gov": Account(region="us-gov-west-1", partition="aws-us-gov"),
}
OTHER_SETTINGS: dict[str, Any] = {
    "monitoring": {"window_hours": 24},
    "retraining": {"schedule_interval_days": 1},
    "serving": {"instance_type": "ml.g4dn.xlarge", "canary_percentage": 10},
}
LONGEST_ENVIRONMENT = "abcdefg1"
LONGEST_MODEL = "a-model-with-the-longest-name1"


def is_number(_: Any, value: Any) -> bool:
    """CloudFormation takes text for a number: values of parameters are text."""
    if isinstance(value, str):
        return value.lstrip("-").replace(".", "", 1).isdigit()
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_boolean(_: Any, value: Any) -> bool:
    return isinstance(value, bool) or value in ("true", "false")


def in_python(schema: Any) -> Any:
    """The schema with its patterns, which are in Java's syntax, in Python's."""
    if isinstance(schema, list):
        return [in_python(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    converted = {key: in_python(value) for key, value in schema.items() if key != "$schema"}
    if isinstance(schema.get("pattern"), str):
        converted["pattern"] = python_pattern(schema["pattern"])
    if "patternProperties" in schema:
        named = converted["patternProperties"].items()
        converted["patternProperties"] = {python_pattern(key): value for key, value in named}
    return converted


@cache
def validator(kind: str, region: str) -> Any:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema
    return Validator(in_python(schema))


Validator = jsonschema.validators.extend(
    jsonschema.Draft7Validator,
    type_checker=jsonschema.Draft7Validator.TYPE_CHECKER.redefine_many(
        {"integer": is_number, "number": is_number, "boolean": is_boolean}
    ),
)


@pytest.fixture(scope="module")
def variants(templates: Any, synthesize: Any, config: Any) -> dict[str, Any]:
    """The suite's two models, and the longest names with other settings."""
    other = copy.deepcopy(config) | {"environment": LONGEST_ENVIRONMENT}
    credit = other["models"].pop("credit")
    other["models"][LONGEST_MODEL] = credit
    for model in other["models"].values():
        for section, settings in OTHER_SETTINGS.items():
            model[section] = {**model.get(section, {}), **settings}
    return {"two models": templates.stacks, "other settings": synthesize(other).stacks}


def resolved(stacks: dict[str, Any], account: Account = ACCOUNTS["aws"]) -> ResolvedStacks:
    """The stacks with an endpoint for each model."""
    parameters = {"InitialModelPackageArn": PACKAGE}
    return ResolvedStacks(stacks, account, parameters, ATTRIBUTES)


def schema_errors(resource: ResolvedResource, region: str) -> Iterator[str]:
    for error in validator(resource.type, region).iter_errors(resource.properties):
        where = ".".join(map(str, error.absolute_path))
        yield f"{resource.stack}/{resource.logical_id} {where}: {error.message[:300]}"


def api_errors(resource: ResolvedResource) -> Iterator[str]:
    for service, operation, request_of in REQUESTS.get(resource.type, ()):
        shape = service_model(service).operation_model(operation).input_shape
        request = convert_types(shape, request_of(resource))
        for error in request_errors(service, operation, request):
            yield f"{resource.stack}/{resource.logical_id} {operation}: {error}"


@pytest.mark.parametrize("variant", ["two models", "other settings"])
@pytest.mark.parametrize("partition", ACCOUNTS)
def test_every_resource_is_valid_for_cloudformations_schema(
    variants: Any, variant: str, partition: str
) -> None:
    account = ACCOUNTS[partition]
    stacks = resolved(variants[variant], account)
    errors = [
        error
        for resource in stacks.resources()
        if not resource.type.startswith("Custom::")
        for error in schema_errors(resource, account.region)
    ]
    assert errors == []


@pytest.mark.parametrize("variant", ["two models", "other settings"])
def test_every_resource_is_valid_for_the_api_that_creates_it(variants: Any, variant: str) -> None:
    resources = list(resolved(variants[variant]).resources())
    assert [error for resource in resources for error in api_errors(resource)] == []
    assert set(REQUESTS) <= {resource.type for resource in resources}


def test_a_joined_name_that_is_too_long_or_has_a_wrong_character_is_found(templates: Any) -> None:
    model = next(resolved(templates.stacks).resources("AWS::SageMaker::Model"))
    wrong = replace(model, properties={**model.properties, "ExecutionRoleArn": "role/endpoint"})
    assert any("ExecutionRoleArn" in error for error in schema_errors(wrong, "eu-central-1"))
    long = replace(model, properties={**model.properties, "ModelName": "a" * 64})
    assert any("'modelName'" in error for error in api_errors(long))

"""The arguments of every pipeline step against the API that runs it, patterns included."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from driftloop.config import load_config
from driftloop.retraining.pipeline_parameters import PARAMETERS
from pipelines.definition import pipeline_definition
from pipelines.placeholders import PLACEHOLDERS, substitute
from rehearsal.request_shapes import request_errors

TEXT = """
models:
  toy:
    problem_type: PROBLEM
    features: {x: numeric, city: categorical}
    target: label
    family: FAMILY
    training_data: toy.csv
    training: {instance_type: INSTANCE, max_runtime_minutes: 15, hyperparameters: {seed: 3}}
"""
VARIANTS = [
    ("sklearn", "binary_classification", "ml.c5.xlarge"),
    ("xgboost", "regression", "ml.m5.large"),
    ("xgboost", "binary_classification", "ml.g4dn.xlarge"),
    ("sklearn", "multiclass_classification", "ml.r5d.large"),
]
VALUES = {
    "RoleArn": "arn:aws:iam::123456789012:role/driftloop/main/pipeline/toy",
    "KmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/6f3a3dbd-2d25-4f8b-a1b5-0d3b3c0f6a51",
    "Image": "492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-scikit-learn:1.9-0",
    "ArtifactsBucket": "driftloop-main-data-artifacts-1a2b3c",
    "CaptureBucket": "driftloop-main-data-capture-1a2b3c",
    "GroundTruthBucket": "driftloop-main-data-groundtruth-1a2b3c",
    "ModelPackageGroup": "driftloop-main-toy",
}
APIS = {
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "Training": ("CreateTrainingJob", "TrainingJobName"),
    "RegisterModel": ("CreateModelPackage", None),
}
"""The API of a step's type, and the name that SageMaker generates for each execution's job."""
URI = "s3://driftloop-main-data-artifacts-1a2b3c/runs/toy/abcdefghijkl/model.tar.gz"


def _placeholder_value(name: str) -> str:
    if name in VALUES:
        return VALUES[name]
    if name.endswith("Name"):
        return "6f3a3dbd.zip"
    if name.endswith("Arn"):
        return (
            "arn:aws:lambda:eu-central-1:123456789012:function:driftloop-main-describe-challenger"
        )
    return f"s3://driftloop-main-data-artifacts-1a2b3c/assets/{name.lower()}"


def _variable_value(get: str) -> str:
    kind, name, *rest = get.split(".")
    if kind == "Parameters":
        return PARAMETERS[name]
    if kind == "Execution":
        return {"PipelineName": "driftloop-main-toy"}.get(name, "abcdefghijkl")
    return "12345678" if "OutputParameters" in rest[0] else URI


def _resolved(node: Any) -> Any:
    if isinstance(node, dict):
        if "Get" in node:
            return _variable_value(node["Get"])
        if "Std:Join" in node:
            join = node["Std:Join"]
            return join["On"].join(str(_resolved(value)) for value in join["Values"])
        if "Std:JsonGet" in node:
            return "0.5"
        return {key: _resolved(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolved(child) for child in node]
    return node


def _steps(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for step in definition["Steps"]:
        yield step
        for branch in ("IfSteps", "ElseSteps"):
            yield from step["Arguments"].get(branch, [])


@pytest.fixture(scope="module", params=VARIANTS, ids=" ".join)
def definition(request: pytest.FixtureRequest) -> dict[str, Any]:
    family, problem, instance_type = request.param
    text = TEXT.replace("FAMILY", family).replace("PROBLEM", problem)
    model = load_config(text.replace("INSTANCE", instance_type)).models["toy"]
    text = pipeline_definition(pipeline_name="driftloop-main-toy", model_name="toy", model=model)
    values = {name: _placeholder_value(name) for name in PLACEHOLDERS}
    loaded: dict[str, Any] = json.loads(substitute(text, values))
    return loaded


def test_the_arguments_of_every_step_are_valid_for_its_api(definition: dict[str, Any]) -> None:
    checked = []
    for step in _steps(definition):
        if step["Type"] not in APIS:
            continue
        operation, generated = APIS[step["Type"]]
        arguments = _resolved(step["Arguments"])
        if generated:
            arguments[generated] = f"pipelines-abcdefghijkl-{step['Name']}-A1b2C3d4E5"
        assert request_errors("sagemaker", operation, arguments) == [], step["Name"]
        checked.append(step["Type"])
    assert set(checked) == set(APIS)


def test_the_definition_is_valid_for_create_pipeline(definition: dict[str, Any]) -> None:
    parameters = {
        "PipelineName": "driftloop-main-toy",
        "PipelineDefinition": json.dumps(definition),
        "ClientRequestToken": "a" * 32,
        "RoleArn": VALUES["RoleArn"],
    }
    assert request_errors("sagemaker", "CreatePipeline", parameters) == []


def test_names_of_parameters_and_steps_are_valid(definition: dict[str, Any]) -> None:
    # StartPipelineExecution gives the pattern of a parameter's name; the definition's JSON schema
    # (aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema) the
    # one of a step's
    parameters = [
        {"Name": each["Name"], "Value": each["DefaultValue"]} for each in definition["Parameters"]
    ]
    request = {
        "PipelineName": "p",
        "ClientRequestToken": "a" * 32,
        "PipelineParameters": parameters,
    }
    assert request_errors("sagemaker", "StartPipelineExecution", request) == []
    for step in _steps(definition):
        assert re.fullmatch(r"[A-Za-z0-9\-_]{1,64}", step["Name"])

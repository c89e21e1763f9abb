"""A SageMaker session without credentials, network access or telemetry, and its URIs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from pipelines.placeholders import URIS, Placeholder, placeholder

_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "offline",
    "AWS_SECRET_ACCESS_KEY": "offline",
    "AWS_EC2_METADATA_DISABLED": "true",
    "SAGEMAKER_VALIDATE_ROLE": "false",
}
"""The SDK creates clients when it is imported; these values stop it from looking for an account.

The region has no effect: the image, which differs by region, is a placeholder.
"""

ROLE = "arn:aws:iam::000000000000:role/placeholder"
"""Used as the jobs' role while the SDK works, because it looks up any role that is not an ARN."""

SCHEME = "s3://"

RUNS = "runs"
"""Prefix of the artifacts bucket below which executions write."""


def uri(name: Placeholder) -> str:
    """The placeholder of an S3 URI, in a form that the SDK does not take for a local file."""
    return SCHEME + placeholder(name)


def run_uri(model_name: str, *parts: str) -> Any:
    """The S3 URI of one pipeline execution's own files in the artifacts bucket."""
    from sagemaker.core.workflow.execution_variables import ExecutionVariables
    from sagemaker.core.workflow.functions import Join

    root = f"{SCHEME}{placeholder('ArtifactsBucket')}/{RUNS}/{model_name}"
    return Join(on="/", values=[root, ExecutionVariables.PIPELINE_EXECUTION_ID, *parts])


def restore_placeholders(text: str) -> str:
    """The SDK's text with plain placeholders again for the values that the SDK required."""
    for name in URIS:
        text = text.replace(uri(name), placeholder(name))
    return text.replace(ROLE, placeholder("RoleArn"))


_CONFIG = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}


@contextmanager
def offline_session() -> Iterator[Any]:
    """A PipelineSession that records requests; restores the environment variables afterwards."""
    previous = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        session = _pipeline_session()
        with _unchecked_configuration(), _one_session(session):
            yield session
    finally:
        for name, value in previous.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@cache
def _pipeline_session() -> Any:
    """The session of all pipelines: it creates clients, which takes longer than a pipeline.

    Each request that it records replaces the one before, so that pipelines don't affect each other.
    """
    import boto3
    from sagemaker.core.workflow.pipeline_context import PipelineSession

    session = PipelineSession(
        boto_session=boto3.Session(region_name="us-east-1"), sagemaker_config=_CONFIG
    )
    # Set in advance, so that the SDK neither looks it up nor creates it; no step uses it.
    session._default_bucket = "unused"
    return session


@contextmanager
def _one_session(session: Any) -> Iterator[None]:
    """Give ``session`` to the client of local mode, of which a step needs a method's name.

    Without it each ProcessingStep creates a session with clients of its own.
    """
    from sagemaker.mlops.workflow import steps

    previous = steps.LocalSagemakerClient
    steps.LocalSagemakerClient = partial(previous, session)
    try:
        yield
    finally:
        steps.LocalSagemakerClient = previous


@contextmanager
def _unchecked_configuration() -> Iterator[None]:
    """Skip the SDK's check of its configuration: about 60 checks, 5 seconds per pipeline."""
    from sagemaker.core.config.config_manager import SageMakerConfig as CheckedConfig

    previous = CheckedConfig.__dict__["validate_sagemaker_config"]
    CheckedConfig.validate_sagemaker_config = staticmethod(lambda _=None: None)
    try:
        yield
    finally:
        CheckedConfig.validate_sagemaker_config = previous

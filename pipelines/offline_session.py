"""A SageMaker session that never looks outside: no credentials, no network, no telemetry."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipelines.placeholders import URIS, Placeholder, placeholder

_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "offline",
    "AWS_SECRET_ACCESS_KEY": "offline",
    "AWS_EC2_METADATA_DISABLED": "true",
    "SAGEMAKER_VALIDATE_ROLE": "false",
}
"""The SDK makes clients when it is imported; these keep it from searching for an account.

The region decides nothing: the image, which differs by region, is a placeholder.
"""

ROLE = "arn:aws:iam::000000000000:role/placeholder"
"""Stands for the jobs' role while the SDK works, since it looks up whatever is no ARN."""

SCHEME = "s3://"


def uri(name: Placeholder) -> str:
    """An S3 URI's placeholder in a form that the SDK takes for one, and not for a local file."""
    return SCHEME + placeholder(name)


def restore_placeholders(text: str) -> str:
    """The SDK's text with plain placeholders for what stood in while it worked."""
    for name in URIS:
        text = text.replace(uri(name), placeholder(name))
    return text.replace(ROLE, placeholder("RoleArn"))


_CONFIG = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}


@contextmanager
def offline_session() -> Iterator[Any]:
    """A PipelineSession that records requests; the environment is put back afterwards."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        import boto3
        from sagemaker.core.workflow.pipeline_context import PipelineSession

        session = PipelineSession(
            boto_session=boto3.Session(region_name="us-east-1"), sagemaker_config=_CONFIG
        )
        # Known from the start, it is not looked up or made; no step uses it.
        session._default_bucket = "unused"
        with _unchecked_configuration():
            yield session
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _unchecked_configuration() -> Iterator[None]:
    """The SDK checks its own, here constant, configuration some sixty times a pipeline: 5 s."""
    from sagemaker.core.config.config_manager import SageMakerConfig as Checked

    before = Checked.__dict__["validate_sagemaker_config"]
    Checked.validate_sagemaker_config = staticmethod(lambda _=None: None)
    try:
        yield
    finally:
        Checked.validate_sagemaker_config = before

"""A SageMaker session that never looks outside: no credentials, no network, no telemetry."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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

_CONFIG = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}


@contextmanager
def offline_session() -> Iterator[Any]:
    """A PipelineSession that records requests; the environment is put back afterwards."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        import boto3
        from sagemaker.core.workflow.pipeline_context import PipelineSession

        yield PipelineSession(
            boto_session=boto3.Session(region_name="us-east-1"),
            default_bucket="unused",
            sagemaker_config=_CONFIG,
        )
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

"""Compares driftloop.yaml with an AWS account: deployed stacks and quotas. It only reads."""

from typing import Any

from driftloop.config import Config
from driftloop.config.quotas import required_quotas
from driftloop.contract.resource_names import ResourceNames, delete_stack_command
from driftloop.errors import InputError

DEPLOYED = (
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "DELETE_FAILED",
    "UPDATE_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_FAILED",
)
"""Statuses of stacks that exist and are not being created or deleted."""


def check_account(config: Config, region: str | None) -> list[str]:
    """Warnings about stacks without a model, and about quotas that are too low.

    Args:
        config: The configuration.
        region: The region of the fleet; None for the region of the AWS profile.
    Raises:
        InputError: There are no credentials or no region, or a request was refused.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise InputError(
            'boto3 is needed for --account and is not installed: pip install "driftloop[aws]"'
        ) from error
    try:
        session = boto3.Session(region_name=region)
        stacks = _deployed_stacks(session.client("cloudformation"))
        quotas = _quotas(session.client("service-quotas"))
    except (BotoCoreError, ClientError) as error:
        raise InputError(f"--account: {error}") from error
    return [*stacks_without_model(config, stacks), *low_quotas(config, quotas)]


def stacks_without_model(config: Config, deployed: list[str]) -> list[str]:
    """One sentence per deployed stack of a model that is not in the configuration."""
    names = ResourceNames(config.environment)
    return [
        f"the stack {stack} is deployed and its model is not in the configuration: its endpoint"
        f" still costs money; delete it with `{delete_stack_command(stack)}`"
        for stack in names.stacks_without_model(deployed, config.models)
    ]


def low_quotas(config: Config, quotas: dict[str, float]) -> list[str]:
    """One sentence per quota, by its name, that is lower than what the configuration needs."""
    notes = []
    for quota in required_quotas(config):
        value = quotas.get(quota.name)
        if value is not None and value < quota.maximum:
            consequence = (
                "a deployment, a retraining or a release fails"
                if value < quota.minimum
                else "autoscaling, or retrainings and releases at the same time, can fail"
            )
            notes.append(
                f"the quota {quota.name!r} is {value:g}; {quota.minimum} is needed, and up to"
                f" {quota.maximum} at once: {consequence}; request more in Service Quotas"
            )
    return notes


def _deployed_stacks(client: Any) -> list[str]:
    pages = client.get_paginator("list_stacks").paginate(StackStatusFilter=list(DEPLOYED))
    return [stack["StackName"] for page in pages for stack in page["StackSummaries"]]


def _quotas(client: Any) -> dict[str, float]:
    pages = client.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    return {quota["QuotaName"]: quota["Value"] for page in pages for quota in page["Quotas"]}
